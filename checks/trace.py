"""Checks what `make trace` computes and prints, without a stack: names of calls, events, rows and messages against
answers that the functions' own tests or a running stack gave, and a report of made-up things against what it may show.

Runs in the tools environment: `python -m checks.trace`.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from ops import times
from ops.items import Item
from ops.trace import call as calls
from ops.trace import identities as ids
from ops.trace import logs, masking
from ops.trace.report import Report
from ops.trace.result import Query, Result

from .outcome import report

ROW = 223_117_836_118_417
PUBLISHED = "11wire:demo:published:9c452780b50bab966dc3ddbbdb49e189"
CALL = "75decced-4c31-5f3c-9d47-8892e71acc6e"
EVENT = "livekit:EV_5"
NOW = 1_767_312_600_000
NUMBER = "+15105550123"
# Each may stand in what is read, and none in what is printed.
FORBIDDEN = (NUMBER[1:], "5105550123", "555-0123", "whsec_0123456789abcdef", "private/path", "pass", "the body")


def main() -> int:
    """Prints what is wrong; the exit code says whether anything is."""
    checks = [*_names(), *_places(), *_masks(), *_records(), *_logs(), *_reports()]
    wrong = [f"{what} is {got!r}, not {expected!r}" for what, got, expected in checks if got != expected]
    return report("make trace: ", wrong, f"make trace: {len(checks)} answers are as they should be")


Check = tuple[str, Any, Any]


def _names() -> Iterator[Check]:
    """lib/src/domain/key.rs, lib/src/domain/delivery.rs."""
    yield "the call of a room", ids.call_id("room-sid", "RM_xyz789abc123"), CALL
    yield "another kind's call", ids.call_id("room-name", "same") == ids.call_id("sip-call", "same"), False
    yield "a digest", ids.digest("livekit:EV_1"), 0x2EB3_8B69_DFDA_4691
    for name in ("+15551234567", "15551234567", "sip:+15551234567@example.com", "5551234", "%+15551234567:x"):
        key = ids.event_key("livekit-sip-inbound", name)
        yield f"a number in the key of {name}", "5551234" in key, False
    for name in ("EV_1", "evt_test_123", "CA0123456789abcdef0123456789abcdef", "1234567890123456", "a+1", "123456"):
        yield f"the key of {name}", ids.event_key("livekit", name), f"livekit:{name}"
    yield "an account's key", ids.in_account_of("livekit:EV_1", "acme"), "livekit:@4:acme:EV_1"
    announced = ids.announced_id("demo", PUBLISHED, "campaign.started")
    yield "a webhook-id", announced, "evt_301d15395e3bb99d43235413492aa956"
    announced = ids.announced_id("demo", "livekit:EV_0e1fd2b0c2175", "call.completed")
    yield "a call's webhook-id", announced, "evt_79c6421ce64d6ddc658bbe7657e0462d"
    yield "a webhook-id's form", bool(ids.MESSAGE.fullmatch(announced)), True
    yield "LiveKit's id's form", bool(ids.MESSAGE.fullmatch("evt_abc123def456")), False
    payload = {
        "room": {"sid": "RM_1", "name": "r1"},
        "participant": {"name": "Bob", "attributes": {"sip.callID": "S1"}},
    }
    expected = [("room-sid", "RM_1"), ("call-sid", "S1"), ("sip-call", "S1"), ("room-name", "r1")]
    yield "the names in a payload", ids.names_in(json.dumps(payload)), expected
    yield "the names in a form", ids.names_in("CallSid=CA1&From=%2B15105550123"), [("call-sid", "CA1")]


def _places() -> Iterator[Check]:
    """lib/src/store/history.rs, lib/src/store/due.rs, lib/src/queue/deliveries.rs."""
    first, last = ids.rows_of(PUBLISHED, 1_795_725_311_834)
    yield "the row of an event", first <= ROW <= last, True
    yield "its partition", ids.shard("demo", ids.digest(PUBLISHED)), ids.shard("demo", ROW)
    yield "its time", ids.row_received_at(ROW), 1_795_725_311_834
    message = '{"version":"1","tenantId":"acme","id":7,"subscriptionId":3,"attempt":2}'
    yield "a delivery's message", ids.next_attempt("acme", 7, 3, 2), message
    yield "where parked ones wait", ids.parked("acme", 3), 'parked#{"tenantId":"acme","id":3}'
    yield "a minute", ids.minute(1_764_252_059_999), "2025-11-27T14:00"
    due = ids.Due(1_764_252_000_000, "follow-up", CALL)
    yield "a due entry", due.id, f"001764252000000#follow-up#{CALL}"
    yield (
        "lengths of time",
        [times.span(ms) for ms in (0, 999, 1_500, 61_000, 3_600_000, 180_000_000)],
        [
            "0 ms",
            "999 ms",
            "1.5 s",
            "1 min 1 s",
            "1 h",
            "2 d 2 h",
        ],
    )


def _masks() -> Iterator[Check]:
    key = f"11wire:acme:follow-up:12345678-4c31-5f3c-9d47-123456789012:{NOW}"
    yield "a key without a number", masking.name(key), key
    yield "a room's name", masking.name(f"call-_{NUMBER}_Xq7Lw2Zk9TpB"), "call-_+…23_Xq7Lw2Zk9TpB"
    yield "a line's room", masking.name("sip-7678189426__test"), "sip-+…26__test"
    yield "an encoded number", masking.name("From=%2B15105550123"), "From=+…23"
    yield "a call SID", masking.name("CA0123456789abcdef0123456789abcdef"), "CA0123456789abcdef0123456789abcdef"
    yield "what people write", masking.words("CRM of (510) 555-0123, spring"), "CRM of +…23, spring"
    yield "a secret", masking.name("with whsec_0123456789abcdef"), "with …"
    yield "a host", masking.host("https://user:pass@crm.example.com:8443/private/path?token=1"), "crm.example.com"
    yield "no host", masking.host("https://[broken"), "no host"


def _records() -> Iterator[Check]:
    """lib/src/store/calls/announced.rs."""
    call = calls.read(_call())
    announced = [(one.event_type, one.by, one.at) for one in call.announcements]
    expected = [
        ("call.created", "livekit:EV_1", NOW),
        ("recording.completed", "livekit:EV_1", NOW),
        ("call.completed", EVENT, NOW + 60_000),
        ("transfer.completed", EVENT, NOW + 60_000),
        ("call.updated", "livekit:EV_7", None),
        ("call.merged", EVENT, None),
    ]
    yield "what was announced", announced, expected
    yield "what identifies a transfer", call.announcements[3].about, ("psip_2",)
    yield "what was announced again", call.rematched, [EVENT]
    yield "the names of a call", call.names, [("room-sid", "RM_xyz789abc123"), ("room-name", f"call-_{NUMBER}_x")]
    yield "the numbers of a call", list(call.numbers()), [("the other side", NUMBER)]


def _logs() -> Iterator[Check]:
    client = _Insights()
    lines = logs.Logs(client, "dev").lines(["a/b", EVENT], [(NOW, NOW + 1)], ["deliver", "fan-out"])
    yield "the groups that are queried", client.queried, [["/ringpost/dev/functions"]]
    yield "what is looked for", "/a\\/b|livekit:EV_5/" in client.query, True
    yield "whose lines", '/"function":"deliver"|"function":"fan\\-out"/' in client.query, True
    yield (
        "the lines",
        [(line.at, line.function, line.field("event_key")) for line in lines],
        [
            (NOW, "deliver", EVENT),
        ],
    )
    minute = 60_000
    near, far = logs.around([NOW, NOW + minute, NOW - 60 * minute], NOW + 100 * minute)
    yield "two spans", (near[1] < far[0], far), (True, (NOW - minute, NOW + 16 * minute))


def _reports() -> Iterator[Check]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        Report(_found(), NOW).print()
    said = printed.getvalue()
    for part in (
        f"Call {CALL}",
        "outcome completed, 57 s, as call.completed says it",
        "the other side +…23",
        "room name call-_+…23_x: leads here",
        "call.completed to subscription 1 (CRM of +…23): pending after 2 attempts",
        "attempt 1 of call.completed to subscription 1 (CRM of +…23): 503 in 12 ms, asks for 30 s",
        "attempt 2 of call.completed to subscription 1 (CRM of +…23): timed out in 15.0 s",
        "(in 30 min), in due",
        "1 (CRM of +…23) to crm.example.com, active",
        "7 failures in a row",
        "its breaker is open",
        "announced call.created to nobody",
        f"received {EVENT}: participant_left from livekit",
        "happened 1.0 s before; row 5",
        "WARN not sent: phone=+…23",
        "POST /api/v1/webhooks/livekit/events answered 200 in 12 ms",
    ):
        yield f"{part!r} in the report", part in said, True
    for text in FORBIDDEN:
        yield f"{text!r} in the report", text in said, False


class _Insights:
    """Answers any query with one line."""

    def __init__(self) -> None:
        self.queried: list[list[str]] = []
        self.query = ""

    def start_query(self, **request: Any) -> dict[str, str]:
        self.queried.append(request["logGroupNames"])
        self.query = request["queryString"]
        return {"queryId": request["logGroupNames"][0]}

    def get_query_results(self, queryId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        message = json.dumps({"function": "deliver", "message": "delivery attempted", "span": {"event_key": EVENT}})
        shown = f"{times.day(NOW)} {times.clock(NOW)}"
        cells = {"@timestamp": shown, "@message": message, "@log": f"123456789012:{queryId}"}
        ended = cells | {"@message": 'START RequestId: 1 Version: "2"'}
        rows = [[{"field": name, "value": value} for name, value in row.items()] for row in (cells, ended)]
        return {"status": "Complete", "results": rows}


def _item(**values: str | int) -> Item:
    return {name: {"N" if isinstance(value, int) else "S": str(value)} for name, value in values.items()}


def _call() -> Item:
    facts = {
        "rooms": {"RM_xyz789abc123": {}},
        "name": [0, NOW, f"call-_{NUMBER}_x"],
        "phone": [1, NOW, NUMBER],
    }
    announced = {
        "livekit:EV_1": [0, "created", "completed#EG_1"],
        EVENT: [60_000, "completed", "transfer.completed#psip_2", "*"],
        "livekit:EV_7": [{"outcome": "failed"}],
    }
    texts = {
        "facts": facts,
        "announced": announced,
        "owner": {"tenantId": "acme", "userId": "user_1"},
        "absorbed": {"1a2b3c4d-0000-5000-8000-000000000000": {"by": EVENT, "bothEnded": True}},
    }
    written = {name: json.dumps(value) for name, value in texts.items()}
    times = {"createdAt": NOW, "updatedAt": NOW, "seenFrom": NOW, "seenTo": NOW}
    return _item(id=CALL, version=3, **times, **written)


def _found() -> Result:
    """A call whose end one subscription is still to be notified of."""
    call = calls.read(_call())
    config = {
        "name": "CRM of (510) 555-0123",
        "url": "https://user:pass@crm.example.com/private/path",
        "status": "active",
        "secret": "whsec_0123456789abcdef",
    }
    message = ids.announced_id("acme", EVENT, "call.completed")
    refusal = {"at": NOW, "statusCode": 503, "body": "the body", "timing": 12, "retryAfter": 30}
    failure = {"at": NOW + 60_000, "error": "timed out", "timing": 15_000}
    of_row = {"messageId": message, "webhookConfigId": 1, "eventType": "call.completed", "status": "pending"}
    times = {"createdAt": NOW + 60_000, "occurredAt": NOW, "nextAt": NOW + 1_800_000}
    row = _item(id=9, direction="outbound", attempts=2, response=json.dumps(failure), **of_row, **times)
    event = {"eventType": "participant_left", "source": "livekit", "occurredAt": NOW - 1_000}
    health = _item(failures=7, failingSince=NOW, lastFailureAt=NOW, probeAt=NOW)
    line = {"level": "WARN", "message": "not sent", "phone": NUMBER, "call_id": CALL}
    access = {
        "route": "POST /api/v1/webhooks/livekit/events",
        "status": "200",
        "latencyMs": "12",
        "lambdaRequestId": "1",
    }
    return Result(
        Query(message),
        "a webhook-id",
        call=call,
        leads=[("room-name", f"call-_{NUMBER}_x", "leads here")],
        events={EVENT: _item(key=EVENT, receivedAt=NOW, **event)},
        rows={9: row, 5: _item(id=5, direction="inbound", eventKey=EVENT, createdAt=NOW, **event)},
        tenant="acme",
        attempts={9: {1: _item(id=1, response=json.dumps(refusal)), 2: _item(id=2, response=json.dumps(failure))}},
        posted={"status": "completed", "outcome": "completed", "duration": 57, "as": "call.completed"},
        subscriptions={1: (_item(config=json.dumps(config)), health)},
        waits={9: "due"},
        lines=[logs.Line(NOW, "deliver", line), logs.Line(NOW, logs.ACCESS, access)],
    )


if __name__ == "__main__":
    sys.exit(main())
