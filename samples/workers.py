"""What the workers get: the log's stream, the queues and the schedule."""

import base64
from typing import Any

from .elevenlabs import STATUS
from .livekit import DOCUMENTED
from .shapes import FAR_FUTURE, compact, queue_message, zstd_frame
from .subscriptions import RECOVERY
from .tenant import TENANT

# No row of the history has it: the function finds the delivery expired.
DOCUMENTED_DELIVERY = 42_843_991_552_000
# UUIDv5 of the documented call's conversation, ElevenLabs' surest name of it.
CONVERSATION_CALL = "d507d3c7-21a6-5105-a915-6edfc22f024d"


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


def queued(queue: str, **message: Any) -> dict[str, Any]:
    """An invocation with one message of a queue."""
    return {"Records": [queue_message(queue, {"version": "1", **message})]}


EVENTS = {
    "fan-out": {"Records": [stream_record(DOCUMENTED)]},
    "deliver": queued("deliveries", tenantId=TENANT, id=DOCUMENTED_DELIVERY, subscriptionId=1, attempt=1),
    "fan-out-retry": queued("fan-out-retry", eventKey=f"livekit:{DOCUMENTED['id']}"),
    "fetch-transcript": queued("transcripts", callId=CONVERSATION_CALL, conversationId=STATUS["conversation_id"]),
    "recover-deliveries": queued("recoveries", tenantId=TENANT, recoveryId=RECOVERY),
    # What EventBridge sends by the schedule.
    "sweep": {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000002",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-01-02T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"],
        "detail": {},
    },
}
