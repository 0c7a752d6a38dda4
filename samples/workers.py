"""What the workers get: the log's stream and the queues."""

import base64
from typing import Any

from project.settings import TENANT

from .livekit import DOCUMENTED
from .shapes import FAR_FUTURE, compact, queue_message, zstd_frame

# No row of the history has it: the function finds the delivery expired.
DOCUMENTED_DELIVERY = 42_843_991_552_000


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


EVENTS = {
    "fan-out": {"Records": [stream_record(DOCUMENTED)]},
    "deliver": {
        "Records": [
            queue_message(
                "deliveries",
                {"version": "1", "tenantId": TENANT, "id": DOCUMENTED_DELIVERY, "subscriptionId": 1, "attempt": 1},
            )
        ]
    },
    "fan-out-retry": {
        "Records": [queue_message("fan-out-retry", {"version": "1", "eventKey": f"livekit:{DOCUMENTED['id']}"})]
    },
}
