"""Writes events/*.json: one sample event per function and case, signed with the local stack's secrets.

`sam local invoke -e` and the tests read the same files. Run it after a change: python3 -m local.sample_events
"""

import json

from .samples import (
    asked,
    call_lists,
    calls,
    capture,
    directory,
    elevenlabs,
    inbound,
    livekit,
    publishing,
    signalwire,
    workers,
)
from .settings import ROOT

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
    publishing,
)


def main() -> None:
    """Writes every file."""
    for area in AREAS:
        for name, event in area.EVENTS.items():
            (ROOT / "events" / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n")


if __name__ == "__main__":
    main()
