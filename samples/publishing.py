"""What a tenant publishes."""

from .shapes import as_admin, with_json

EVENTS = {
    "publish-event": with_json(
        "POST",
        "/api/events",
        {
            "eventType": "campaign.started",
            "occurredAt": "2026-01-02T00:00:00Z",
            "payload": {"campaignId": "campaign-789", "name": "Spring", "contacts": 250},
        },
        as_admin() | {"idempotency-key": "campaign-789-started"},
    ),
}
