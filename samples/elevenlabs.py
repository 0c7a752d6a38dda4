"""ElevenLabs' post-call webhooks, the Webhook API's events, and the events of the call status document."""

import hashlib
import hmac
from typing import Any

from .known_secrets import SECRETS
from .shapes import FAR_FUTURE, SENT_AT, compact, request

AGENT = "agent_01jx7n5t2se5xv3m8q9b4c6d7e"
DOCUMENTED = {
    "event_type": "voice.completed",
    "timestamp": "2023-07-29T15:05:00Z",
    "voice_id": "voice-123",
    "agent_id": "agent-456",
    "call_id": "CA123456789abcdef",
    "duration": 15.5,
    "metadata": {"campaignId": "campaign-123", "contactId": 42},
}
TRANSCRIPTION = {
    "type": "post_call_transcription",
    "event_timestamp": SENT_AT,
    "data": {
        "agent_id": AGENT,
        "conversation_id": "conv_01jxa3b5c7d9",
        "status": "done",
        "transcript": [
            {"role": "agent", "message": "Hello, how can I help?", "time_in_call_secs": 0},
            {"role": "user", "message": "Où est ma commande 4471?", "time_in_call_secs": 4},
        ],
        "metadata": {
            "start_time_unix_secs": SENT_AT - 70,
            "accepted_time_unix_secs": SENT_AT - 69,
            "call_duration_secs": 62,
            "phone_call": {
                "type": "twilio",
                "direction": "inbound",
                "agent_number": "+18005550199",
                "external_number": "+15105550123",
                "call_result": "answered",
                "call_sid": "CA0123456789abcdef0123456789abcdef",
            },
            "termination_reason": "end_call tool was called",
        },
        "analysis": {
            "evaluation_criteria_results": {"resolved": {"criteria_id": "resolved", "result": "success"}},
            "data_collection_results": {"order_id": {"data_collection_id": "order_id", "value": "4471"}},
            "call_successful": "success",
            "transcript_summary": "Caller asked for order 4471 and was told it shipped.",
        },
    },
}
FAILURE = {
    "type": "call_initiation_failure",
    "event_timestamp": SENT_AT,
    "data": {
        "agent_id": AGENT,
        "conversation_id": "conv_01jxfail0tw",
        "failure_reason": "busy",
        "metadata": {
            "type": "twilio",
            "body": {
                "CallSid": "CA8367245817625817632576245724",
                "CallStatus": "busy",
                "Direction": "outbound-api",
                "From": "+11111111111",
                "To": "+441111111111",
            },
        },
    },
}
STATUS = {
    "call_id": "CAaaf497febbe85ab7ab20ec32b3808caa",
    "conversation_id": "conv_8001kg64z481ege91gcvyrxngwrs",
    "event_type": "call.completed",
    "status": "completed",
    "failure_reason": None,
    "timestamp": "2026-01-30T08:00:00Z",
}
STATUS_FAILURE = STATUS | {
    "event_type": "call.no_answer",
    "status": "failed",
    "failure_reason": "No answer from recipient",
    "error_message": "The recipient did not answer within the timeout period",
}


def post(path: str, payload: dict[str, Any], signed: bool = True) -> dict[str, Any]:
    """A webhook, signed for a time far in the future."""
    body = compact(payload)
    headers = {"content-type": "application/json"}
    if signed:
        message = f"{FAR_FUTURE}.".encode() + body
        digest = hmac.digest(SECRETS["ELEVENLABS_WEBHOOK_SECRET"].encode(), message, hashlib.sha256)
        headers["elevenlabs-signature"] = f"t={FAR_FUTURE},v0={digest.hex()}"
    return request("POST", f"/api/webhooks/{path}", headers, body=body.decode())


EVENTS = {
    "elevenlabs": post("elevenlabs", DOCUMENTED),
    "elevenlabs-transcription": post("elevenlabs", TRANSCRIPTION),
    "elevenlabs-failure": post("elevenlabs", FAILURE),
    # The document's sender does not sign: its address is on the local stage's list.
    "call-status": post("elevenlabs/call-status", STATUS, signed=False),
    "call-status-failure": post("elevenlabs/call-status", STATUS_FAILURE),
}
