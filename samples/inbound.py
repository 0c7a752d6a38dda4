"""Inbound calls: LiveKit asks for an agent and reports rooms; what could not be recorded comes later."""

import base64
import hashlib
from typing import Any

from .livekit import LIVEKIT, from_livekit, from_relay
from .shapes import SENT_AT, as_admin, compact, queue_message, request

QUESTION = {
    "call_id": "unique-call-id",
    "trunk_id": "ST_YOUR_INBOUND_TRUNK_ID",
    "trunk_phone_number": "+18588796658",
    "from_number": "+15551234567",
    "to_number": "+18588796658",
    "room_name": "sip-room-abc123",
}
ROOM_FINISHED = {
    "event": "room.finished",
    "room": {"sid": LIVEKIT["room"]["sid"], "name": LIVEKIT["room"]["name"]},
    "id": "EV_aR7mFini00007",
    "createdAt": str(SENT_AT + 20),
}
TEST = {"to_number": "+18588796658", "from_number": "+15551234567"}


def deferred(payload: dict[str, Any]) -> dict[str, Any]:
    """The question of a call that was answered while the log failed."""
    body = compact(payload)
    digest = hashlib.sha256(body).hexdigest()[:32]
    message = {
        "version": "1",
        "eventKey": f"livekit-sip-inbound:{payload['call_id']}:{digest}",
        "source": "livekit-sip-inbound",
        "eventType": "sip_inbound",
        "occurredAt": SENT_AT * 1000,
        "receivedAt": SENT_AT * 1000,
        "payload": base64.b64encode(body).decode(),
    }
    return {"Records": [queue_message("deferred-events", message)]}


EVENTS = {
    "sip-inbound": from_relay(QUESTION, "/api/v1/webhooks/livekit/sip-inbound"),
    "livekit-events": from_livekit(ROOM_FINISHED, "/api/v1/webhooks/livekit/events"),
    "webhooks-health": request("GET", "/api/v1/webhooks/health", {}),
    # With the token that stages other than the local one want.
    "webhooks-test": request(
        "POST",
        "/api/v1/webhooks/test",
        {"content-type": "application/json", **as_admin()},
        body=compact(TEST).decode(),
    ),
    "deferred-events": deferred(QUESTION),
}
