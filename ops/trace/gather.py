"""Completes what was found of something: its lines in the logs, its events, its deliveries and what waits."""

import json

from botocore.exceptions import ClientError

from project.progress import step

from ..items import Item, text
from ..store import Key, Store, UnreadableError, decompressed
from . import call as calls
from . import identities
from .call import Call
from .logs import Line, Logs, around
from .result import Result

EVENT = ("key", "source", "eventType", "occurredAt", "receivedAt", "tenantId")
# Signing secrets are in an attribute of their own.
SUBSCRIPTION = ("tenantId", "id", "config")
HEALTH = (
    *("failures", "failingSince", "lastFailureAt", "probeAt", "learnedMicros", "learnedAt", "pausedUntil"),
    *("slowUntil", "slowMillis"),
)


class Gathering:
    """Reads on from what a search has found."""

    def __init__(self, store: Store, logs: Logs, result: Result, now: int) -> None:
        self._store, self._logs = store, logs
        self._result, self._now = result, now

    def run(self) -> None:
        """Logs first, for they name events that nothing else does."""
        with step("reading its logs"):
            try:
                self._read_lines()
            except ClientError as error:
                self._result.hints.append(f"The logs were not read: {error}")
        self._read_events()
        self._read_deliveries()
        self._read_waits()

    def _read_lines(self) -> None:
        result = self._result
        texts = [result.query.id, *result.events, *result.inbound]
        if result.call:
            texts += [*result.call.ids, *(one.by for one in result.call.announcements), *result.call.waiting]
        for row in result.outbound:
            texts += [text(row, "messageId"), text(row, "id")]
        # Where only the logs know it, they were read already.
        windows = around(result.timestamps(), self._now)
        lines = {(line.at, line.function, repr(line.fields)): line for line in result.lines}
        for line in self._logs.lines(texts, windows):
            lines[line.at, line.function, repr(line.fields)] = line
        requests = [id_ for line in lines.values() if (id_ := line.field("request_id"))]
        for line in self._logs.requests(requests, windows) if requests else ():
            lines[line.at, line.function, repr(line.fields)] = line
        result.lines = sorted(lines.values(), key=lambda line: line.at)

    def _read_events(self) -> None:
        """The entries of the log that anything names."""
        result = self._result
        call = result.call
        keys = dict.fromkeys(result.inbound)
        if call:
            keys |= dict.fromkeys(one.by for one in call.announcements)
            keys |= dict.fromkeys([*call.waiting, *call.rematched])
            keys |= dict.fromkeys(record["by"] for record in call.absorbed.values())
            keys |= {key: None for line in result.lines if (key := line.field("event_key")) and _is_of(line, call)}
        wanted = [(key,) for key in keys if key not in result.events]
        if wanted:
            events = self._store.get({"Events": wanted}, {"Events": EVENT})["Events"]
            result.events |= {text(event, "key"): event for event in events}
        result.gone = set(keys) - set(result.events)

    def _read_deliveries(self) -> None:
        """Attempts, subscriptions and what was posted last."""
        result = self._result
        for row in result.outbound:
            id_, count = int(text(row, "id")), int(text(row, "attempts") or 0)
            # Of one attempt the row itself has everything.
            if count > 1 or (count == 1 and text(row, "status") in ("failed", "cancelled")):
                partition = identities.attempts_of(result.tenant, id_)
                failed = self._store.between("History", (partition, "0"), (partition, str(count)), ("id", "response"))
                result.attempts[id_] = {int(text(item, "id")): item for item in failed}
        ids = sorted({int(text(row, "webhookConfigId")) for row in result.outbound})
        keys: list[Key] = [(result.tenant, str(sign * id_)) for id_ in ids for sign in (1, -1)]
        if keys:
            names = {"WebhookConfigs": (*SUBSCRIPTION, *HEALTH)}
            items = self._store.get({"WebhookConfigs": keys}, names)["WebhookConfigs"]
            by_id = {int(text(item, "id")): item for item in items}
            result.subscriptions = {id_: (by_id.get(id_), by_id.get(-id_)) for id_ in ids}
        self._read_outcome()

    def _read_outcome(self) -> None:
        """What was posted of the call last: the record has no outcome, it is computed from facts."""
        rows = [row for row in self._result.outbound if text(row, "eventType") in (calls.COMPLETED, "call.updated")]
        if not rows or not self._result.call:
            return
        last = max(rows, key=lambda row: (int(text(row, "createdAt")), text(row, "eventType")))
        message = text(last, "messageId")
        keys = [
            (text(last, "tenantShard"), text(last, "id")),
            (identities.body_of(self._result.tenant, message), "0"),
        ]
        items = self._store.get({"History": keys}, {"History": ("payload",)})["History"]
        payload = next((item["payload"]["B"] for item in items if "payload" in item), None)
        try:
            data = json.loads(decompressed(bytes(payload)))["data"] if payload else {}
        except (UnreadableError, ValueError, KeyError):
            return
        self._result.posted = {name: data[name] for name in ("status", "outcome", "duration") if name in data}
        self._result.posted["as"] = text(last, "eventType")

    def _read_waits(self) -> None:
        """Where the next attempts wait. Each has one place, which is computed."""
        result = self._result
        pending = [row for row in result.outbound if text(row, "status") == "pending"]
        due = {int(text(row, "id")): self._due(row) for row in pending}
        keys = {
            id_: (entry.slot(max(entry.at, int(text(result.rows[id_], "updatedAt") or 0))), entry.id)
            for id_, entry in due.items()
            if entry.at > 0
        }
        follow_up = result.call.follow_up if result.call else None
        if follow_up:
            keys[0] = (follow_up.slot(follow_up.at), follow_up.id)
        if keys:
            keys[-1] = ("watermark", "watermark")
            items = self._store.get({"Due": list(keys.values())}, {})["Due"]
            held = {(text(item, "slot"), text(item, "id")): item for item in items}
            result.follow_up_waits = keys.get(0) in held
            mark = held.get(keys[-1])
            result.sweep_at = int(text(mark, "minute")) * identities.MINUTE if mark else None
            result.waits = {id_: "due" for id_ in due if keys.get(id_) in held}
        self._read_parked({id_: entry for id_, entry in due.items() if id_ not in result.waits})

    def _due(self, row: Item) -> identities.Due:
        subscription, attempt = int(text(row, "webhookConfigId")), int(text(row, "attempts")) + 1
        reference = identities.next_attempt(self._result.tenant, int(text(row, "id")), subscription, attempt)
        return identities.Due(int(text(row, "nextAt") or text(row, "createdAt")), "delivery", reference)

    def _read_parked(self, due: dict[int, identities.Due]) -> None:
        """Deliveries of an endpoint that keeps failing lie under the time at which they were due."""
        result = self._result
        slots = {id_: identities.parked(result.tenant, int(text(result.rows[id_], "webhookConfigId"))) for id_ in due}
        if slots:
            items = self._store.get({"Due": [(slots[id_], entry.id) for id_, entry in due.items()]}, {})["Due"]
            held = {(text(item, "slot"), text(item, "id")) for item in items}
            result.waits |= {id_: "parked" for id_, entry in due.items() if (slots[id_], entry.id) in held}


def _is_of(line: Line, call: Call) -> bool:
    return line.field("call_id") in ("", *call.ids)
