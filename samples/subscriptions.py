"""The subscriptions of the Webhook API document, which calls them webhook configurations."""

import json
from typing import Any

from .shapes import as_admin, request

CONFIG = "/api/webhooks/config"


def send(method: str, subscription: int | None, action: str, body: dict[str, Any]) -> dict[str, Any]:
    """A request about the list, or about a subscription."""
    path, route, parameters = CONFIG, CONFIG, {}
    if subscription is not None:
        path, route = f"{CONFIG}/{subscription}{action}", f"{CONFIG}/{{id}}{action}"
        parameters = {"pathParameters": {"id": str(subscription)}}
    headers = as_admin() | {"content-type": "application/json"}
    return request(method, path, headers, route=route, body=json.dumps(body), **parameters)


# The document's examples.
EVENTS = {
    "webhook-config": send(
        "POST",
        None,
        "",
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
    "webhook-config-update": send(
        "PUT",
        1,
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
    "webhook-rotate-secret": send("POST", 1, "/rotate-secret", {"overlapSeconds": 3600}),
}
