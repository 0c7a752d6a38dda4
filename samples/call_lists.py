"""Questions for many calls, for what was reported of one, and for counts."""

from typing import Any

from .calls import DOCUMENTED_CALL
from .shapes import as_admin, request


def call_list() -> dict[str, Any]:
    """The question for the tenant's completed calls since a day."""
    return request(
        "GET",
        "/api/calls",
        as_admin(),
        query="status=completed&direction=inbound&from=2025-10-29&limit=10",
        queryStringParameters={
            "status": "completed",
            "direction": "inbound",
            "from": "2025-10-29",
            "limit": "10",
        },
    )


def timeline() -> dict[str, Any]:
    """The question for what was reported of the documented call."""
    return request(
        "GET",
        f"/api/calls/{DOCUMENTED_CALL}/timeline",
        as_admin(),
        route="/api/calls/{id}/timeline",
        pathParameters={"id": DOCUMENTED_CALL},
    )


def stats() -> dict[str, Any]:
    """The question how the calls since a day ended."""
    return request(
        "GET",
        "/api/calls/stats",
        as_admin(),
        query="from=2025-10-27&to=2100-01-01",
        queryStringParameters={"from": "2025-10-27", "to": "2100-01-01"},
    )


EVENTS = {
    "call-list": call_list(),
    "call-timeline": timeline(),
    "call-stats": stats(),
}
