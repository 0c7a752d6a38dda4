"""Writes events/*.json: one sample event per function and case, signed with the local stack's secrets.

`sam local invoke -e` and the tests read the same files. Run it after a change: python3 -m local.sample_events
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from . import tokens
from .known_secrets import SECRETS
from .settings import ROOT, TENANT, USER

FAR_FUTURE = 4_102_444_800  # 2100-01-01: a sample event does not go stale
SENT_AT = 1_767_312_000  # 2026-01-02T00:00:00Z

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
DOCUMENTED_CALL = "75decced-4c31-5f3c-9d47-8892e71acc6e"  # UUIDv5 of the room's sid

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


def compact(value: dict[str, Any]) -> bytes:
    """JSON as providers send it."""
    return json.dumps(value, separators=(",", ":")).encode()


def request(method: str, path: str, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {more.pop('route', path)}",
        "rawPath": path,
        "rawQueryString": more.pop("query", ""),
        "headers": {"host": "127.0.0.1", "x-forwarded-proto": "https", **headers},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", "sample"),
            },
            "requestId": "sample",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "02/Jan/2026:00:00:00 +0000",
            "timeEpoch": SENT_AT * 1000,
        },
        "isBase64Encoded": False,
        **more,
    }


def from_relay(payload: dict[str, Any]) -> dict[str, Any]:
    """As the Call Outcomes document has it: JSON text and a hex HMAC."""
    body = compact(payload)
    secret = SECRETS["LIVEKIT_WEBHOOK_SECRET"].encode()
    headers = {
        "content-type": "application/json",
        "x-livekit-signature": hmac.digest(secret, body, hashlib.sha256).hex(),
    }
    return request("POST", "/api/webhooks/call_completed", headers, body=body.decode())


def from_livekit(payload: dict[str, Any]) -> dict[str, Any]:
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
    path = "/api/webhooks/call_completed"
    return request("POST", path, headers, body=encoded) | {"isBase64Encoded": True}


def outcome() -> dict[str, Any]:
    """The question for the documented call's outcome."""
    claims = {"sub": USER, "tenant_id": TENANT, "role": "admin", "iat": SENT_AT, "exp": FAR_FUTURE}
    headers = {"authorization": f"Bearer {tokens.sign(SECRETS['RINGPOST_JWT_SECRET'], claims)}"}
    return request(
        "GET",
        f"/api/calls/{DOCUMENTED_CALL}/outcome",
        headers,
        route="/api/calls/{id}/outcome",
        query=f"user_id={USER}",
        queryStringParameters={"user_id": USER},
        pathParameters={"id": DOCUMENTED_CALL},
    )


def zstd_frame(raw: bytes) -> bytes:
    """A zstd frame (RFC 8878) of one raw block: valid, and made without a library."""
    header = (0xFD2FB528).to_bytes(4, "little") + bytes([0xA0]) + len(raw).to_bytes(4, "little")
    return header + (len(raw) << 3 | 1).to_bytes(3, "little") + raw


def stream_record(payload: dict[str, Any]) -> dict[str, Any]:
    """The insertion of an event into the log, as the table's stream reports it."""
    key = {"key": {"S": f"livekit:{payload['id']}"}}
    image = key | {
        "v": {"N": "1"},
        "nonce": {"S": "0" * 32},
        "source": {"S": "livekit"},
        "eventType": {"S": payload["event"]},
        "occurredAt": {"N": "1761751845123"},
        "receivedAt": {"N": "1761751845500"},
        "payload": {"B": base64.b64encode(zstd_frame(compact(payload))).decode()},
        "expiresAt": {"N": str(FAR_FUTURE)},
    }
    return {
        "eventID": "00000000000000000000000000000001",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1761751845,
            "Keys": key,
            "NewImage": image,
            "SequenceNumber": "100000000000000000001",
            "SizeBytes": 1024,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/events/stream/2026-01-02T00:00:00.000",
    }


def queue_message(event_key: str) -> dict[str, Any]:
    """A message of the retry queue, as Lambda delivers it."""
    body = json.dumps({"version": "1", "eventKey": event_key})
    return {
        "messageId": "00000000-0000-4000-8000-000000000001",
        "receiptHandle": "sample",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:fan-out-retry",
        "awsRegion": "us-east-1",
    }


EVENTS = {
    "call-completed": from_relay(DOCUMENTED),
    "call-completed-livekit": from_livekit(LIVEKIT),
    "call-completed-ignored": from_livekit(IGNORED),
    "call-completed-health": request("GET", "/api/webhooks/call_completed/health", {}),
    "call-outcome": outcome(),
    "fan-out": {"Records": [stream_record(DOCUMENTED)]},
    "fan-out-retry": {"Records": [queue_message(f"livekit:{DOCUMENTED['id']}")]},
}


def main() -> None:
    """Writes every file."""
    for name, event in EVENTS.items():
        (ROOT / "events" / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n")


if __name__ == "__main__":
    main()
