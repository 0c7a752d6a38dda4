"""What a tenant publishes."""

import json

from .shapes import as_admin, request

EVENTS = {
    "publish-event": request(
        "POST",
        "/api/events",
        as_admin() | {"content-type": "application/json", "idempotency-key": "campaign-789-started"},
        body=json.dumps(
            {
                "eventType": "campaign.started",
                "occurredAt": "2026-01-02T00:00:00Z",
                "payload": {"campaignId": "campaign-789", "name": "Spring", "contacts": 250},
            }
        ),
    ),
}
