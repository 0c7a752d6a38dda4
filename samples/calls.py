"""Questions about calls."""

from typing import Any

from project.settings import USER

from .shapes import as_admin, request

DOCUMENTED_CALL = "75decced-4c31-5f3c-9d47-8892e71acc6e"  # UUIDv5 of the room's sid


def outcome() -> dict[str, Any]:
    """The question for the documented call's outcome."""
    return request(
        "GET",
        f"/api/calls/{DOCUMENTED_CALL}/outcome",
        as_admin(),
        route="/api/calls/{id}/outcome",
        query=f"user_id={USER}",
        queryStringParameters={"user_id": USER},
        pathParameters={"id": DOCUMENTED_CALL},
    )


EVENTS = {
    "call-outcome": outcome(),
}
