"""Questions for what was received and sent, and the wish to send something once more."""

import hashlib
from typing import Any

from .shapes import SENT_AT, as_admin, request

EVENTS_PATH = "/api/webhooks/events"
HISTORY_BEGINS = 1_577_836_800  # 2020-01-01T00:00:00Z
DELIVERY = "evt_sample#1"  # the message evt_sample, to the first subscription


def row_id(key: str, at: int) -> str:
    """The id of the row of `key` from that second on: its time, then ten bits of the key's digest."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    return str((at - HISTORY_BEGINS) * 1_000 * 1_024 + digest % 1_024)


def history() -> dict[str, Any]:
    """The question for the tenant's failed deliveries of a day."""
    return request(
        "GET",
        EVENTS_PATH,
        as_admin(),
        query="direction=outbound&status=failed&fromDate=2026-01-02&toDate=2026-01-02&limit=10",
        queryStringParameters={
            "direction": "outbound",
            "status": "failed",
            "fromDate": "2026-01-02",
            "toDate": "2026-01-02",
            "limit": "10",
        },
    )


def one(method: str, action: str = "") -> dict[str, Any]:
    """A request that is about one delivery."""
    row = row_id(DELIVERY, SENT_AT)
    return request(
        method,
        f"{EVENTS_PATH}/{row}{action}",
        as_admin(),
        route=f"{EVENTS_PATH}/{{id}}{action}",
        pathParameters={"id": row},
    )


EVENTS = {
    "webhook-events": history(),
    "webhook-events-one": one("GET"),
    "webhook-event-retry": one("POST", "/retry"),
}
