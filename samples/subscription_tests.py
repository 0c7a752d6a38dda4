"""The Webhook API document's test of a webhook configuration."""

from .subscriptions import send

EVENTS = {
    "webhook-test": send(
        "POST",
        1,
        "/test",
        {
            "eventType": "call.completed",
            "testPayload": {"callId": "test-call-123", "duration": 120, "outcome": "appointment_set"},
        },
    ),
}
