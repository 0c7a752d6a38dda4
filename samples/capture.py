"""A dialer's submission, signed with the local stack's known key."""

from .known_secrets import SECRETS
from .shapes import compact, request

# The Call Capture document's complete record; its placeholder ids are replaced.
DOCUMENTED = {
    "company_id": SECRETS["CALL_CAPTURE_COMPANY_ID"],
    "lead_id": "234e5678-e89b-12d3-a456-426614174001",
    "employee_id": "345e6789-e89b-12d3-a456-426614174002",
    "outcome": "follow_up",
    "notes": "Customer interested in premium package. Needs time to discuss with spouse.",
    "call_date": "2025-11-25T10:30:00Z",
    "caller_number": "+919876543210",
    "recipient_number": "+919123456789",
    "duration_seconds": 320,
    "recording_url": "https://your-system.com/recordings/12345.mp3",
    "call_status": "completed",
    "start_time": "2025-11-25T10:30:00Z",
    "end_time": "2025-11-25T10:35:20Z",
    "external_call_id": "CALL-12345",
    "external_system": "YourDialer",
    "next_follow_up": "2025-11-27",
    "next_follow_up_time": "14:00:00",
    "auto_call_followup": True,
    "call_details": {
        "campaign_id": "CAMP-001",
        "agent_name": "John Doe",
        "disposition": "interested",
        "tags": ["premium", "follow-up-needed"],
    },
}


EVENTS = {
    "call-capture": request(
        "POST",
        "/functions/v1/webhook-call-capture",
        {"content-type": "application/json", "x-api-key": SECRETS["CALL_CAPTURE_API_KEY"]},
        body=compact(DOCUMENTED).decode(),
    ),
}
