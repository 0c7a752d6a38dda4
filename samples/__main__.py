"""Writes events/*.json: one sample event per function and case, signed with the local stack's secrets.

`sam local invoke -e` and the tests read the same files. Run it after a change: python3 -m samples
"""

import json

from project.settings import ROOT

from . import (
    asked,
    call_lists,
    calls,
    capture,
    directory,
    elevenlabs,
    history,
    inbound,
    livekit,
    publishing,
    recovery,
    reference,
    signalwire,
    subscription_tests,
    subscriptions,
    workers,
)

AREAS = (
    livekit,
    signalwire,
    elevenlabs,
    asked,
    calls,
    workers,
    call_lists,
    directory,
    inbound,
    capture,
    subscriptions,
    subscription_tests,
    history,
    recovery,
    reference,
    publishing,
)


def main() -> None:
    """Writes every file."""
    for area in AREAS:
        for name, event in area.EVENTS.items():
            (ROOT / "events" / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n")


if __name__ == "__main__":
    main()
