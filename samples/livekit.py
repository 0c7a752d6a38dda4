"""LiveKit's webhooks, from LiveKit itself and from the relay of the Call Outcomes document."""

import base64
import hashlib
import hmac
from typing import Any

from . import tokens
from .known_secrets import SECRETS
from .shapes import FAR_FUTURE, SENT_AT, compact, request

DOCUMENTED = {
    "id": "evt_abc123def456",
    "event": "participant_left",
    "createdAt": "2025-10-29T15:30:45.123Z",
    "room": {
        "name": "sip-7678189426__1730217045__abc123",
        "sid": "RM_xyz789abc123",
        "creationTime": "2025-10-29T15:30:00.000Z",
        "metadata": "",
    },
    "participant": {
        "sid": "PA_participant123",
        "identity": "agent",
        "state": "disconnected",
        "metadata": "",
        "joinedAt": "2025-10-29T15:30:02.000Z",
        "name": "",
        "version": 0,
        "permission": {
            "canSubscribe": True,
            "canPublish": True,
            "canPublishData": True,
            "hidden": False,
            "recorder": False,
        },
        "disconnectReason": "CLIENT_INITIATED",
    },
    "egressInfo": {
        "egressId": "EG_recording123",
        "roomId": "RM_xyz789abc123",
        "status": "EGRESS_COMPLETE",
        "startedAt": "2025-10-29T15:30:05.000Z",
        "endedAt": "2025-10-29T15:30:45.123Z",
        "fileResults": [
            {
                "filename": "recording.mp3",
                "duration": 40123,
                "size": 320984,
                "location": "s3://bucket/recordings/recording.mp3",
                "downloadUrl": "https://cdn.example.com/recordings/recording.mp3",
            }
        ],
    },
}

ROOM = {
    "sid": "RM_hycBMAjmt6Ub",
    "name": "call-_+15105550123_Xq7Lw2Zk9TpB",
    "emptyTimeout": 300,
    "departureTimeout": 20,
    "creationTime": "1767311940",
    "creationTimeMs": "1767311940412",
    "metadata": '{"campaign":"retention"}',
}
LIVEKIT = {
    "event": "participant_left",
    "room": ROOM,
    "participant": {
        "sid": "PA_z5Tw8kVxQe3L",
        "identity": "sip_+15105550123",
        "state": "DISCONNECTED",
        "joinedAt": "1767311942",
        "joinedAtMs": "1767311942118",
        "name": "Phone +15105550123",
        "kind": "SIP",
        "attributes": {
            "sip.ruleID": "SDR_9sYw4LbQe7Hd",
            "sip.callID": "SCL_8fP2mQ4sVxTb",
            "sip.callIDFull": "0f3c8d21-9a1b-123e-4b9c-0242ac120002",
            "sip.trunkPhoneNumber": "+18588796658",
            "sip.callStatus": "hangup",
            "sip.phoneNumber": "+15105550123",
            "sip.trunkID": "ST_Kz3vQ8mWn2Rt",
            "sip.twilio.callSid": "CA0123456789abcdef0123456789abcdef",
        },
        "disconnectReason": "CLIENT_INITIATED",
    },
    "id": "EV_aR7mLeft00006",
    "createdAt": str(SENT_AT),
}
IGNORED = {
    "event": "track_published",
    "room": {"sid": ROOM["sid"], "name": ROOM["name"]},
    "participant": {"sid": "PA_z5Tw8kVxQe3L", "identity": "sip_+15105550123"},
    "track": {"sid": "TR_AMx3kQ8mWn2Rt", "source": "MICROPHONE", "mimeType": "audio/red"},
    "id": "EV_aR7mTrPu00004",
    "createdAt": str(SENT_AT),
}


CALL_COMPLETED = "/api/webhooks/call_completed"


def from_relay(payload: dict[str, Any], path: str = CALL_COMPLETED) -> dict[str, Any]:
    """As the Call Outcomes document has it: JSON text and a hex HMAC."""
    body = compact(payload)
    secret = SECRETS["LIVEKIT_WEBHOOK_SECRET"].encode()
    headers = {
        "content-type": "application/json",
        "x-livekit-signature": hmac.digest(secret, body, hashlib.sha256).hex(),
    }
    return request("POST", path, headers, body=body.decode())


def from_livekit(payload: dict[str, Any], path: str = CALL_COMPLETED) -> dict[str, Any]:
    """As LiveKit sends it: its content type makes API Gateway encode the body."""
    body = compact(payload)
    claims = {
        "iss": SECRETS["LIVEKIT_API_KEY"],
        "exp": FAR_FUTURE,
        "nbf": SENT_AT,
        "iat": SENT_AT,
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
    headers = {
        "content-type": "application/webhook+json",
        "user-agent": "LiveKit",
        "authorization": tokens.sign(SECRETS["LIVEKIT_API_SECRET"], claims),
    }
    encoded = base64.b64encode(body).decode()
    return request("POST", path, headers, body=encoded) | {"isBase64Encoded": True}


EVENTS = {
    "call-completed": from_relay(DOCUMENTED),
    "call-completed-livekit": from_livekit(LIVEKIT),
    "call-completed-ignored": from_livekit(IGNORED),
    "call-completed-health": request("GET", f"{CALL_COMPLETED}/health", {}),
}
