"""Prints what was found: the call, its deliveries, their endpoints, and everything in the order of time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from project.progress import say

from .. import times
from ..items import Item, text
from . import identities, masking
from .logs import ACCESS, Line
from .result import Result

FAILURES_THAT_OPEN = 5  # lib/src/domain/delivery/endpoint_health.rs
MARK = "»"
SHOWN_NAMES = 20
# What every line has, or what is said already.
LEFT_OUT = ("timestamp", "level", "message", "function", "name", "request_id", "requestId", "time", "lambdaRequestId")


@dataclass(frozen=True)
class Step:
    """Something that happened; where several happen at once, in this order."""

    at: int
    order: int
    where: str
    what: str
    more: list[str] = field(default_factory=list, compare=False)
    is_marked: bool = False


class Report:
    """The report of a search."""

    def __init__(self, result: Result, now: int) -> None:
        self._result, self._now = result, now
        self._marked = result.marked | set(self._related_to_query())

    def print(self) -> None:
        result = self._result
        id_ = (
            result.query.id
            if result.query.id.isdecimal() and int(result.query.id) in result.rows
            else masking.name(result.query.id)
        )
        say(f"{id_}: {masking.name(result.what)}{self._announced()}.")
        for title, lines in (
            (f"Call {result.call.id}" if result.call else "", self._call()),
            ("Deliveries", self._deliveries()),
            ("Subscriptions", self._subscriptions()),
            ("In the order of time, UTC", self._steps()),
            ("To look at", self._hints()),
        ):
            if title and (shown := list(lines)):
                say(f"\n{title}")
                for line in shown:
                    say(line)

    def _announced(self) -> str:
        rows = [row for row in self._result.outbound if text(row, "messageId") == self._result.query.id]
        if not rows:
            return ""
        by = self._result.announcer(rows[0])
        return f" of {text(rows[0], 'eventType')}" + (f", announced by {masking.name(by)}" if by else "")

    def _related_to_query(self) -> Iterator[str]:
        """What belongs together: an event, the messages that it announced, their deliveries."""
        for row in self._result.outbound:
            names = {text(row, "messageId"), text(row, "id"), self._result.announcer(row)} - {""}
            if names & self._result.marked:
                yield from names

    # The call.

    def _call(self) -> Iterator[str]:
        call = self._result.call
        if not call:
            return
        yield f"  status       {self._status()}"
        owner = [call.tenant or "none yet: its events wait for an owner"]
        for name, words in (("userId", "user"), ("campaignId", "campaign"), ("agentConfigId", "agent configuration")):
            owner += [f"{words} {masking.words(str(call.owner[name]))}"] if call.owner.get(name) else []
        yield f"  owner        {', '.join(owner)}"
        made, changed = times.exact(call.created_at), times.exact(call.updated_at)
        yield f"  record       made {made}, last changed {changed}, version {call.version}"
        numbers = [f"{whose} {masking.number(number)}" for whose, number in call.numbers()]
        if numbers:
            yield f"  numbers      {', '.join(dict.fromkeys(numbers))}"
        for place, (kind, name, lead) in enumerate(self._result.leads[:SHOWN_NAMES]):
            title = "" if place else "found by"
            yield f"  {title:<12} {identities.KINDS[kind]} {masking.name(name)}: {lead}"
        if len(self._result.leads) > SHOWN_NAMES:
            yield f"  {'':<12} and {len(self._result.leads) - SHOWN_NAMES} more"
        for place, (id_, record) in enumerate(call.absorbed.items()):
            both = ", both had announced their end" if record["bothEnded"] else ""
            yield f"  {'' if place else 'united with':<12} {id_}, by {masking.name(record['by'])}{both}"
        if call.waiting:
            yield f"  waiting      {len(call.waiting)} events, for an owner"
        if call.follow_up:
            where = "waits in due" if self._result.follow_up_waits else "is not in due: it was announced or withdrawn"
            yield f"  follow-up    {times.exact(call.follow_up.at)}, {where}"

    def _status(self) -> str:
        call, posted = self._result.call, self._result.posted
        if not call:
            return ""
        if not call.is_over:
            return "active: its end was not announced"
        if not posted:
            return "ended; no delivery had the outcome: GET /api/calls/{id}/outcome computes it from the facts"
        parts = [f"outcome {posted['outcome']}"] if "outcome" in posted else ["no outcome"]
        parts += [f"{posted['duration']} s"] if "duration" in posted else []
        over = "ended" if posted.get("status") == "completed" else f"{posted.get('status')} again"
        return f"{over}; {', '.join(parts)}, as {posted['as']} says it"

    # Deliveries.

    def _deliveries(self) -> Iterator[str]:
        for row in self._result.outbound:
            id_, subscription = int(text(row, "id")), int(text(row, "webhookConfigId"))
            message = text(row, "messageId")
            mark = MARK if {message, str(id_)} & self._marked else " "
            count = int(text(row, "attempts"))
            state = f"{text(row, 'status')} after {count} attempt{'' if count == 1 else 's'}"
            yield f"{mark} {text(row, 'eventType')} to {self._name(subscription)}: {state}"
            yield f"    webhook-id {message}, row {id_} of {self._result.tenant}"
            if text(row, "status") == "pending":
                yield f"    {self._wait(row)}"
            if int(text(row, "earlier") or 0):
                yield f"    retried after attempt {text(row, 'earlier')}" + _by_recovery(row)

    def _wait(self, row: Item) -> str:
        at = int(text(row, "nextAt") or 0)
        when = "at once" if not at else times.exact(at) + self._distance(at)
        where = self._result.waits.get(int(text(row, "id")), "")
        if where == "parked":
            return "next attempt: parked until the endpoint takes a probe or its configuration changes"
        if where != "due":
            return f"next attempt: {when}, in the queue of deliveries"
        late = ""
        if self._result.sweep_at and at < self._now - 2 * identities.MINUTE:
            late = f"; sweep has come to {times.exact(self._result.sweep_at)}"
        return f"next attempt: {when}, in due{late}"

    def _distance(self, at: int) -> str:
        return f" (in {times.span(at - self._now)})" if at > self._now else f" ({times.span(self._now - at)} ago)"

    def _name(self, subscription: int) -> str:
        item, _ = self._result.subscriptions.get(subscription, (None, None))
        name = f" ({masking.words(_config(item)['name'])})" if item else ""
        return f"subscription {subscription}{name}"

    # Subscriptions.

    def _subscriptions(self) -> Iterator[str]:
        for id_, (item, health) in self._result.subscriptions.items():
            if not item:
                yield f"  {id_} is deleted"
                continue
            config = _config(item)
            state = config["status"]
            if disabled := config.get("disabled"):
                state += f" ({disabled['reason']}, since {times.exact(disabled['at'])})"
            yield f"  {id_} ({masking.words(config['name'])}) to {masking.host(config['url'])}, {state}"
            yield from (f"      {line}" for line in self._health(health or {}))

    def _health(self, health: Item) -> Iterator[str]:
        failures = int(text(health, "failures") or 0)
        if since := text(health, "failingSince"):
            last = times.exact(int(text(health, "lastFailureAt")))
            row = "1 failure" if failures == 1 else f"{failures} failures in a row"
            yield f"{row} since {times.exact(int(since))}, the last {last}"
        if failures >= FAILURES_THAT_OPEN:
            probe = int(text(health, "probeAt") or text(health, "failingSince"))
            yield f"its breaker is open: one delivery a minute is tried, the next not before {times.exact(probe)}"
        for name, words in (("pausedUntil", "asked for a pause until"), ("slowUntil", "is slow, until")):
            if (until := int(text(health, name) or 0)) > self._now:
                yield f"{words} {times.exact(until)}"
        if not health.get("failingSince"):
            yield "has not failed since it last took a delivery"

    # Steps.

    def _steps(self) -> Iterator[str]:
        steps = sorted([*self._events(), *self._announcements(), *self._attempts(), *self._lines()], key=_place)
        day, last = "", None
        for one in steps:
            if times.day(one.at) != day:
                day = times.day(one.at)
                yield f"  {day}"
            passed = "" if last is None else f"+{times.span(one.at - last)}"
            mark = MARK if one.is_marked else " "
            yield f"{mark} {times.clock(one.at)} {passed:>12}  {one.where:<15} {one.what}"
            yield from (f"{'':<46}{line}" for line in one.more)
            last = one.at
        if steps:
            took = times.span(steps[-1].at - steps[0].at)
            yield f"  {took} from the first to the last; it is {times.exact(self._now)} now"

    def _events(self) -> Iterator[Step]:
        result = self._result
        rows = result.inbound
        # An event that expired in the log may still be in the history.
        for key in dict.fromkeys([*result.events, *rows]):
            event, row = result.events.get(key), rows.get(key)
            about = event or row or {}
            at = int(text(about, "receivedAt") or text(about, "createdAt"))
            happened = int(text(about, "occurredAt"))
            what = f"received {masking.name(key)}: {text(about, 'eventType')} from {text(about, 'source')}"
            history = f"row {text(row, 'id')}" if row else "no row in the history"
            log = "" if event else ", not in the log any more"
            more = [f"happened {_ago(at - happened)}; {history}{log}"]
            yield Step(at, 0, "event", what, more, key in self._marked)

    def _announcements(self) -> Iterator[Step]:
        result = self._result
        by_message: dict[str, list[Item]] = {}
        for row in result.outbound:
            by_message.setdefault(text(row, "messageId"), []).append(row)
        call = result.call
        for one in call.announcements if call and call.tenant else ():
            event = result.events.get(one.by)
            at = one.at if one.at is not None else int(text(event, "receivedAt")) if event else call.updated_at
            message = one.message(call.tenant)
            changed = f" ({', '.join(one.changed)})" if one.changed else ""
            yield self._announcement(at, one.event_type + changed, one.by, message, by_message.pop(message, []))
        for message, rows in by_message.items():
            by = result.announcer(rows[0])
            yield self._announcement(int(text(rows[0], "createdAt")), text(rows[0], "eventType"), by, message, rows)

    def _announcement(self, at: int, event_type: str, by: str, message: str, rows: list[Item]) -> Step:
        subscriptions = ", ".join(text(row, "webhookConfigId") for row in rows)
        to = f"to subscription {subscriptions}" if rows else "to nobody: no subscription wanted it"
        what = f"announced {event_type} {to}"
        more = [f"as {message}" + (f" by {masking.name(by)}" if by else "")]
        return Step(at, 1, "announcement", what, more, message in self._marked)

    def _attempts(self) -> Iterator[Step]:
        for row in self._result.outbound:
            id_, count = int(text(row, "id")), int(text(row, "attempts"))
            kept = self._result.attempts.get(id_, {})
            answers = {number: json.loads(text(item, "response")) for number, item in kept.items()}
            name, event_type = self._name(int(text(row, "webhookConfigId"))), text(row, "eventType")
            marked = bool({text(row, "messageId"), str(id_)} & self._marked)
            if "response" in row:
                last = json.loads(text(row, "response"))
                # The row has the last attempt, or why the delivery was ended without one.
                if not count or (count in answers and answers[count]["at"] != last["at"]):
                    what = f"{event_type} to {name} is {text(row, 'status')}: {_answer(last)}"
                    yield Step(last["at"], 2, "delivery", what, [], marked)
                else:
                    answers[count] = last
            for number, answer in sorted(answers.items()):
                what = f"attempt {number} of {event_type} to {name}: {_answer(answer)}"
                yield Step(answer["at"], 2, "delivery", what, [], marked)

    def _lines(self) -> Iterator[Step]:
        for line in self._result.lines:
            said = {str(value) for value in line.fields.values()}
            # Nearly every line names the call.
            marked = bool(said & (self._marked - set(self._result.call_ids)))
            yield Step(line.at, 3, line.function, self._line(line), [], marked)

    def _line(self, line: Line) -> str:
        if line.function == ACCESS:
            return f"{line.field('route')} answered {line.field('status')} in {line.field('latencyMs')} ms"
        level = "" if line.field("level") in ("INFO", "") else f"{line.field('level')} "
        message = masking.name(line.field("message") or "a line without a message")
        known = {"call_id": self._result.call_ids, "tenant_id": [self._result.tenant]}
        fields = [
            f"{name}={_value(value)}"
            for name, value in line.fields.items()
            if name not in LEFT_OUT and value is not None and value not in known.get(name, ())
        ]
        return f"{level}{message}" + (f": {' '.join(fields)}" if fields else "")

    def _hints(self) -> Iterator[str]:
        result = self._result
        yield from (f"  {hint}" for hint in result.hints)
        rows = result.inbound
        lost = [key for key in result.events if key not in rows and result.call and result.call.tenant]
        if lost:
            yield f"  {len(lost)} events of the log are not in the history. To process one again, see Replay events:"
            yield from (f"    {masking.name(key)}" for key in lost[:SHOWN_NAMES])
        if result.gone:
            yield f"  {len(result.gone)} events are not in the log any more: it keeps them for RetentionDays."
        if result.call and result.call.tenant and not result.rows:
            yield "  The history has no rows of this call any more: it keeps them for RetentionDays."


def _place(one: Step) -> tuple[int, int]:
    return one.at, one.order


def _config(item: Item | None) -> dict[str, Any]:
    return json.loads(text(item or {}, "config") or "{}")


def _by_recovery(row: Item) -> str:
    return f", by the recovery {text(row, 'recovery')}" if "recovery" in row else ", by hand"


def _ago(millis: int) -> str:
    if millis == 0:
        return "at that moment"
    return f"{times.span(millis)} before" if millis > 0 else f"{times.span(-millis)} after, by its sender's clock"


def _answer(answer: dict[str, Any]) -> str:
    """What an endpoint answered, without its body and headers."""
    result = str(answer.get("statusCode", "")) or masking.words(answer.get("error", "no answer"))
    if "statusCode" in answer and "error" in answer:
        result += f" ({masking.words(answer['error'])})"
    took = f" in {times.span(answer['timing'])}" if answer.get("timing") else ""
    pause = f", asks for {answer['retryAfter']} s" if "retryAfter" in answer else ""
    return result + took + pause


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value) if isinstance(value, int) else masking.name(str(value))
