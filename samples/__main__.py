"""Writes events/*.json: one sample event per function and case, signed with the local stack's secrets.

`sam local invoke -e` and the tests read the same files. Run it after a change: python3 -m samples
"""

import json

from project.settings import ROOT

from . import (
    calls,
    capture,
    directory,
    elevenlabs,
    history,
    inbound,
    livekit,
    publishing,
    reference,
    signalwire,
    subscriptions,
    workers,
)

AREAS = (
    *(livekit, signalwire, elevenlabs, inbound, capture, calls, directory),
    *(subscriptions, history, publishing, reference, workers),
)

for area in AREAS:
    for name, event in area.EVENTS.items():
        (ROOT / "events" / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n")
