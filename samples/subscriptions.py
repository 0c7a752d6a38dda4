"""The subscriptions of the Webhook API document, which calls them webhook configurations."""

from typing import Any

from .shapes import as_admin, request, with_json

CONFIG = "/api/webhooks/config"
# No subscription has had it: the sample shows what is answered then.
RECOVERY = "rec_1_1_19b7c3a5400"


def about(method: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
    """A request about the first subscription."""
    return with_json(method, f"{CONFIG}/{{id}}{action}", body, pathParameters={"id": "1"})


# The document's examples.
EVENTS = {
    "webhook-config": with_json(
        "POST",
        CONFIG,
        {
            "name": "Marketing Platform",
            "url": "https://marketing.example.com/webhooks/11wire",
            "secret": "webhooksecret123",
            "eventTypes": ["call.completed", "conversation.completed"],
            "status": "active",
            "headers": {"X-API-Key": "marketing-api-key-456"},
            "retryConfig": {"maxAttempts": 3, "initialDelay": 60, "maxDelay": 1800, "backoffFactor": 2},
            "filters": {"campaigns": ["campaign-789"], "outcomes": ["lead_qualified"]},
            "metadata": {"owner": "marketing-team", "priority": "medium"},
        },
    ),
    "webhook-config-update": about(
        "PUT",
        "",
        {
            "name": "Marketing Platform - Updated",
            "url": "https://new-marketing.example.com/webhooks/11wire",
            "status": "active",
            "eventTypes": ["call.created", "call.completed", "conversation.completed"],
            "filters": {
                "campaigns": ["campaign-789", "campaign-101"],
                "outcomes": ["lead_qualified", "appointment_set"],
            },
        },
    ),
    "webhook-config-health": request("GET", f"{CONFIG}/{{id}}/health", as_admin(), pathParameters={"id": "1"}),
    "webhook-rotate-secret": about("POST", "/rotate-secret", {"overlapSeconds": 3600}),
    "webhook-test": about(
        "POST",
        "/test",
        {
            "eventType": "call.completed",
            "testPayload": {"callId": "test-call-123", "duration": 120, "outcome": "appointment_set"},
        },
    ),
    "webhook-recover": about("POST", "/recover", {"since": "2026-01-01T00:00:00Z", "status": "failed"}),
    "webhook-recover-job": request(
        "GET",
        f"{CONFIG}/{{id}}/recover/{{jobId}}",
        as_admin(),
        pathParameters={"id": "1", "jobId": RECOVERY},
    ),
}
