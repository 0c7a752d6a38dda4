"""What providers post: the body, and who signs it how."""

import datetime
from dataclasses import dataclass
from email.utils import format_datetime
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from samples.shapes import compact
from samples.tenant import PHONE_NUMBERS

LINE = PHONE_NUMBERS[1]


class Provider(Enum):
    """Who posts, by the path of its endpoint."""

    LIVEKIT = "/api/v1/webhooks/livekit/events"
    SIP_INBOUND = "/api/v1/webhooks/livekit/sip-inbound"
    SIGNALWIRE = "/api/webhooks/signalwire"
    ELEVENLABS = "/api/webhooks/elevenlabs"
    CALL_STATUS = "/api/webhooks/elevenlabs/call-status"
    DIALER = "/functions/v1/webhook-call-capture"


@dataclass(frozen=True)
class Ids:
    """What tells a call from another, and when it started, in seconds since 1970."""

    unique: str
    number: str
    start: int

    @property
    def sid(self) -> str:
        return f"CA{self.unique}"

    @property
    def conversation(self) -> str:
        return f"conv_{self.unique}"

    def time(self, second: int) -> str:
        """A second of the call, as JSON has it."""
        return self._at(second).strftime("%Y-%m-%dT%H:%M:%SZ")

    def mail_time(self, second: int) -> str:
        """A second of the call, as SignalWire's forms have it."""
        return format_datetime(self._at(second))

    def _at(self, second: int) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.start + second, datetime.UTC)


@dataclass(frozen=True)
class Report:
    """One webhook."""

    provider: Provider
    body: bytes


def livekit(payload: dict[str, Any]) -> Report:
    """An event of a room."""
    return Report(Provider.LIVEKIT, compact(payload))


def question(ids: Ids, room: str) -> Report:
    """LiveKit asks which agent answers."""
    asked = {
        "call_id": f"SCL_{ids.unique}",
        "trunk_id": "ST_1",
        "from_number": ids.number,
        "to_number": LINE,
        "room_name": room,
    }
    return Report(Provider.SIP_INBOUND, compact(asked))


def carrier(ids: Ids, place: int, status: str, second: int, **more: str) -> Report:
    """SignalWire's callback about a leg."""
    form = {
        "AccountSid": "0e2c",
        "CallSid": ids.sid,
        "CallStatus": status,
        "Direction": "inbound",
        "From": ids.number,
        "To": LINE,
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(place),
        "Timestamp": ids.mail_time(second),
    }
    return Report(Provider.SIGNALWIRE, urlencode(form | more).encode())


def status(ids: Ids, event_type: str, state: str, second: int) -> Report:
    """A call status event."""
    event = {
        "call_id": ids.sid,
        "conversation_id": ids.conversation,
        "event_type": event_type,
        "status": state,
        "timestamp": ids.time(second),
    }
    return Report(Provider.CALL_STATUS, compact(event))


def conversation(ids: Ids, seconds: int) -> dict[str, Any]:
    """A conversation that is over, as ElevenLabs posts it and as its API answers."""
    phone_call = {
        "type": "twilio",
        "direction": "inbound",
        "agent_number": LINE,
        "external_number": ids.number,
        "call_sid": ids.sid,
    }
    criteria = {"appointment_set": {"criteria_id": "appointment_set", "result": "success"}}
    return {
        "agent_id": "agent_1",
        "conversation_id": ids.conversation,
        "status": "done",
        "transcript": [{"role": "user", "message": "Tuesday then.", "time_in_call_secs": 12}],
        "metadata": {
            "start_time_unix_secs": ids.start + 3,
            "call_duration_secs": seconds,
            "phone_call": phone_call,
        },
        "analysis": {"call_successful": "success", "evaluation_criteria_results": criteria},
    }


def transcription(ids: Ids, seconds: int, second: int) -> Report:
    """ElevenLabs' post-call webhook."""
    payload = {
        "type": "post_call_transcription",
        "event_timestamp": ids.start + second,
        "data": conversation(ids, seconds),
    }
    return Report(Provider.ELEVENLABS, compact(payload))
