"""Items as the functions write them, to be put into the tables before a measurement."""

import base64
import hashlib
import json
import time

from samples.known_secrets import SECRETS
from samples.shapes import zstd_frame


def entry(kind: str, content: dict[str, object]) -> dict[str, dict[str, str]]:
    """An item of the directory."""
    return {
        "key": {"S": f"{kind}#bench"},
        "v": {"N": "1"},
        "tenantKind": {"S": f"{kind}#demo"},
        "entry": {"S": json.dumps(content)},
    }


def api_key() -> dict[str, object]:
    """The entry of an API key for captured calls."""
    key = SECRETS["CALL_CAPTURE_API_KEY"]
    return {
        "id": "3f0c1a52-6f0b-4f6e-9d2b-5b1d6a7c8e90",
        "sha256": hashlib.sha256(key.encode()).hexdigest(),
        "tenantId": "demo",
        "companyId": SECRETS["CALL_CAPTURE_COMPANY_ID"],
        "name": "bench",
        "createdAt": 1761751800000,
    }


def subscription(url: str) -> dict[str, dict[str, str]]:
    """An active subscription to `call.completed`."""
    at = 1761751800000
    config = {
        "tenantId": "demo",
        "id": 1,
        "name": "bench",
        "url": url,
        "eventTypes": ["call.completed"],
        "status": "active",
        "createdAt": at,
        "updatedAt": at,
    }
    return {
        "tenantId": {"S": "demo"},
        "id": {"N": "1"},
        "v": {"N": "1"},
        "version": {"N": "1"},
        "config": {"S": json.dumps(config)},
        "secrets": {"S": json.dumps({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})},
    }


def watermark() -> dict[str, dict[str, str]]:
    """What the sweep of a minute ago recorded: the last five minutes stay open."""
    minute = int(time.time()) // 60 - 6
    return {"slot": {"S": "watermark"}, "id": {"S": "watermark"}, "minute": {"N": str(minute)}}


def delivery(row_id: int) -> dict[str, dict[str, str]]:
    """A delivery of the document's example that waits for its first attempt."""
    data = {
        "callId": "CA123456789abcdef",
        "direction": "outbound",
        "from": "+18005551234",
        "to": "+18005557890",
        "status": "completed",
        "duration": 125,
        "startTime": "2023-07-29T10:15:00Z",
        "endTime": "2023-07-29T10:17:05Z",
        "campaignId": "campaign-123",
        "contactId": 42,
        "outcomes": {"appointmentSet": True, "leadQualified": True},
    }
    body = json.dumps({"type": "call.completed", "timestamp": "2023-07-29T10:17:05Z", "data": data}).encode()
    return {
        "tenantShard": {"S": f"demo#{row_id % 4}"},
        "id": {"N": str(row_id)},
        "v": {"N": "1"},
        "eventKey": {"S": "evt_0123456789abcdef0123456789abcdef#1"},
        "messageId": {"S": "evt_0123456789abcdef0123456789abcdef"},
        "direction": {"S": "outbound"},
        "source": {"S": "11wire"},
        "eventType": {"S": "call.completed"},
        "status": {"S": "pending"},
        "webhookConfigId": {"N": "1"},
        "attempts": {"N": "0"},
        "payload": {"B": base64.b64encode(zstd_frame(body)).decode()},
        "occurredAt": {"N": "1690625825000"},
        "createdAt": {"N": "1690625830000"},
        "expiresAt": {"N": "4102444800"},
    }


def stored_call() -> dict[str, dict[str, str]]:
    """The record of a call that has ended."""
    at = 1761751800000
    ended = [0, at + 45123, {"reason": "CLIENT_INITIATED", "identity": "agent", "connected": True}]
    facts = {
        "name": [0, at, "sip-7678189426__1730217045__abc123"],
        "room": [0, at, "RM_xyz789abc123"],
        "phone": [0, at, "+17678189426"],
        "made": at,
        "left": ended,
    }
    owner = {"tenantId": "demo", "userId": "user_demo"}
    return {
        "id": {"S": "75decced-4c31-5f3c-9d47-8892e71acc6e"},
        "v": {"N": "1"},
        "version": {"N": "1"},
        "createdAt": {"N": str(at)},
        "updatedAt": {"N": str(at)},
        "facts": {"S": json.dumps(facts)},
        "announced": {"S": "{}"},
        "seenFrom": {"N": str(at)},
        "seenTo": {"N": str(at)},
        "owner": {"S": json.dumps(owner)},
    }
