"""What asks ElevenLabs: the status query, and the queue of transcripts."""

import json

from .elevenlabs import STATUS
from .shapes import as_admin, queue_message, request

# UUIDv5 of the documented call's conversation, ElevenLabs' surest name of it.
DOCUMENTED_CALL = "d507d3c7-21a6-5105-a915-6edfc22f024d"
QUESTION = {"conversation_id": STATUS["conversation_id"], "callSid": STATUS["call_id"]}

EVENTS = {
    "agent-call-status": request(
        "POST",
        "/api/agent-calls/status",
        {"content-type": "application/json", **as_admin()},
        body=json.dumps(QUESTION),
    ),
    "fetch-transcript": {
        "Records": [
            queue_message(
                "transcripts",
                {"version": "1", "callId": DOCUMENTED_CALL, "conversationId": STATUS["conversation_id"]},
            )
        ]
    },
}
