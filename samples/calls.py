"""Questions about calls."""

from .elevenlabs import STATUS
from .shapes import as_admin, request, with_json
from .tenant import USER

CALL = "75decced-4c31-5f3c-9d47-8892e71acc6e"  # UUIDv5 of the documented room's sid

EVENTS = {
    "call-outcome": request(
        "GET",
        "/api/calls/{id}/outcome",
        as_admin(),
        query=f"user_id={USER}",
        pathParameters={"id": CALL},
    ),
    "call-list": request(
        "GET", "/api/calls", as_admin(), query="status=completed&direction=inbound&from=2025-10-29&limit=10"
    ),
    "call-timeline": request("GET", "/api/calls/{id}/timeline", as_admin(), pathParameters={"id": CALL}),
    "call-explanation": request("GET", "/api/calls/{id}/explanation", as_admin(), pathParameters={"id": CALL}),
    "call-stats": request("GET", "/api/calls/stats", as_admin(), query="from=2025-10-27&to=2100-01-01"),
    # This one asks ElevenLabs.
    "agent-call-status": with_json(
        "POST",
        "/api/agent-calls/status",
        {"conversation_id": STATUS["conversation_id"], "callSid": STATUS["call_id"]},
    ),
}
