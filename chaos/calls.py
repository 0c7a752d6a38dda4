"""Whole calls as their providers report them, each played twice: a twin without faults, and one under faults.

They are the sequences of docs/who-ends-a-call.md, the call that three providers report, and calls that only a carrier,
ElevenLabs or a dialer knows.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from samples.known_secrets import SECRETS
from samples.shapes import compact

from .plan import Plan
from .report import LINE, Ids, Provider, Report, carrier, conversation, question, status, transcription
from .room import Room, agent, web

# Calls started so long ago that all that is reported about them has happened.
SECONDS_AGO = 3_600


@dataclass(frozen=True)
class Call:
    """One call; `sequence` names what happens in it."""

    sequence: str
    ids: Ids
    reports: list[Report]


def inbound(ids: Ids) -> list[Report]:
    """A caller talks to the agent, and is recorded."""
    room = Room(ids)
    room.joined(2, room.caller("A"))
    room.joined(3, agent())
    room.left(60, room.caller("A"))
    room.left(61, agent())
    room.finished(80)
    room.recorded(90)
    return room.reports


def colleague_declines(ids: Ids) -> list[Report]:
    """The agent calls a colleague, who declines."""
    room = Room(ids)
    room.joined(1, room.caller("A"))
    room.joined(30, room.dialled("B", "dialing"))
    room.left(40, room.dialled("B", "ringing"), "USER_REJECTED")
    room.left(240, room.caller("A"))
    room.finished(250)
    return room.reports


def agent_dials_again(ids: Ids) -> list[Report]:
    """A first number is busy, and the agent dials a second one."""
    room = Room(ids)
    room.joined(1, agent())
    room.joined(2, room.dialled("A", "dialing"))
    room.left(20, room.dialled("A", "ringing"), "USER_REJECTED")
    room.joined(25, room.dialled("B", "active"))
    room.left(125, room.dialled("B", "hangup"))
    room.left(126, agent())
    room.finished(130)
    return room.reports


def second_number_answers(ids: Ids) -> list[Report]:
    """The same without an agent in the room: the call is over in between."""
    room = Room(ids)
    room.joined(2, room.dialled("A", "dialing"))
    room.left(20, room.dialled("A", "ringing"), "USER_REJECTED")
    room.joined(25, room.dialled("B", "active"))
    room.left(125, room.dialled("B", "hangup"))
    room.finished(130)
    return room.reports


def nobody_answers(ids: Ids) -> list[Report]:
    """Nobody answers."""
    room = Room(ids)
    room.joined(1, agent())
    room.joined(2, room.dialled("A", "dialing"))
    room.left(32, room.dialled("A", "ringing"), "USER_UNAVAILABLE")
    room.left(33, agent())
    room.finished(40)
    return room.reports


def web_reload(ids: Ids) -> list[Report]:
    """A person in a browser reloads the page."""
    room = Room(ids)
    room.aborted(2, web("user"), "JOIN_FAILURE")
    room.joined(4, web("user"))
    room.joined(5, agent())
    room.left(60, web("user"), "DUPLICATE_IDENTITY")
    room.left(604, web("user"))
    room.left(605, agent())
    room.finished(620)
    return room.reports


def two_callers(ids: Ids) -> list[Report]:
    """Two callers are in one room."""
    room = Room(ids)
    room.joined(1, room.caller("A"))
    room.joined(10, room.caller("B"))
    room.left(60, room.caller("A"))
    room.left(90, room.caller("B"))
    room.finished(100)
    return room.reports


def three_providers(ids: Ids) -> list[Report]:
    """LiveKit, the carrier and ElevenLabs report one call."""
    room = Room(ids)
    phone = room.caller("A")
    phone["attributes"] |= {"sip.callID": f"SCL_{ids.unique}", "sip.twilio.callSid": ids.sid}
    room.joined(2, phone)
    room.left(60, phone)
    room.finished(80)
    started, joined, left, finished = room.reports
    return [
        carrier(ids, 0, "ringing", 0),
        question(ids, f"n-RM_{ids.unique}_1"),
        started,
        status(ids, "call.initiated", "initiated", 0),
        joined,
        carrier(ids, 1, "in-progress", 2),
        status(ids, "call.answered", "answered", 3),
        left,
        carrier(ids, 2, "completed", 60, CallDuration="58"),
        status(ids, "call.completed", "completed", 61),
        finished,
        transcription(ids, 55, 80),
    ]


def hand_over(ids: Ids) -> list[Report]:
    """The conversation ends long before the leg of its carrier."""
    return [
        carrier(ids, 0, "ringing", 0),
        carrier(ids, 1, "in-progress", 2),
        transcription(ids, 62, 70),
        carrier(ids, 2, "completed", 600, CallDuration="598"),
    ]


def carrier_alone(ids: Ids) -> list[Report]:
    """Only the carrier reports it."""
    recorded = {"RecordingUrl": f"https://recordings.example.com/{ids.sid}.mp3"}
    return [
        carrier(ids, 0, "ringing", 0),
        carrier(ids, 1, "in-progress", 5),
        carrier(ids, 2, "completed", 95, CallDuration="90", **recorded),
    ]


def carrier_busy(ids: Ids) -> list[Report]:
    """Only the carrier reports it, and the number is busy."""
    out = {"Direction": "outbound-api", "From": LINE, "To": ids.number}
    return [carrier(ids, 0, "initiated", 0, **out), carrier(ids, 1, "busy", 8, **out)]


def agent_alone(ids: Ids) -> list[Report]:
    """Nobody posts its transcript: it is fetched."""
    return [
        status(ids, "call.initiated", "initiated", 0),
        status(ids, "call.answered", "answered", 3),
        status(ids, "call.completed", "completed", 65),
    ]


def dialer(ids: Ids) -> list[Report]:
    """A dialer submits it."""
    submitted = {
        "company_id": SECRETS["CALL_CAPTURE_COMPANY_ID"],
        "outcome": "completed",
        "call_date": ids.time(0),
        "caller_number": LINE,
        "recipient_number": ids.number,
        "duration_seconds": 320,
        "call_status": "completed",
        "start_time": ids.time(0),
        "end_time": ids.time(320),
        "external_call_id": f"CALL-{ids.unique}",
        "external_system": "Dialer",
        "call_details": {"campaign_id": "demo-campaign"},
    }
    return [Report(Provider.DIALER, compact(submitted))]


SEQUENCES: tuple[Callable[[Ids], list[Report]], ...] = (
    inbound,
    colleague_declines,
    agent_dials_again,
    second_number_answers,
    nobody_answers,
    web_reload,
    two_callers,
    three_providers,
    hand_over,
    carrier_alone,
    carrier_busy,
    agent_alone,
    dialer,
)


def pairs(plan: Plan, events: int) -> list[tuple[Call, Call]]:
    """Twins and their calls under faults, of which these have at least this number of events."""
    start = int(time.time()) - SECONDS_AGO
    made: list[tuple[Call, Call]] = []
    count = 0
    while count < events:
        number = len(made)
        sequence = SEQUENCES[number % len(SEQUENCES)]
        twin, call = (_call(plan, sequence, side, number, start) for side in "tf")
        count += len(call.reports)
        made.append((twin, call))
    return made


def conversations(calls: list[Call]) -> dict[str, object]:
    """What ElevenLabs' API answers, by the conversation's id: the transcripts that are not posted.

    It would be chance which came first, and which of the two the record names.
    """
    fetched = (call for call in calls if call.sequence == agent_alone.__name__)
    return {call.ids.conversation: conversation(call.ids, 62) for call in fetched}


def _call(plan: Plan, sequence: Callable[[Ids], list[Report]], side: str, number: int, start: int) -> Call:
    dice = plan.dice("call", side, number)
    phone = f"+1510{dice.randrange(2_000_000, 9_999_999)}"
    ids = Ids(f"{side}{number:04}{dice.randrange(16**6):06x}", phone, start)
    return Call(sequence.__name__, ids, sequence(ids))
