"""Questions for what was received and sent, and the request to send something once more."""

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


def about_delivery(method: str, action: str = "") -> dict[str, Any]:
    """A request about one delivery."""
    row = row_id(DELIVERY, SENT_AT)
    return request(method, f"{EVENTS_PATH}/{{id}}{action}", as_admin(), pathParameters={"id": row})


EVENTS = {
    "webhook-events": request(
        "GET",
        EVENTS_PATH,
        as_admin(),
        query="direction=outbound&status=failed&fromDate=2026-01-02&toDate=2026-01-02&limit=10",
    ),
    "webhook-events-one": about_delivery("GET"),
    "webhook-event-retry": about_delivery("POST", "/retry"),
}
