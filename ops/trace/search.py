"""Finds everything that belongs to what an operator names. Each look-up is a read by key or of a short span of keys;
logs are asked next; a whole table is read last, and only if the operator agrees.
"""

from collections.abc import Callable, Iterable, Iterator

from project.progress import Failure, say, step

from .. import stage, times
from ..items import Item, text
from ..store import Condition, Store, UnreadableError, decompressed
from . import call as calls
from . import identities
from .call import Call
from .gather import EVENT, Gathering
from .logs import Logs, Window, around
from .result import Query, Result

MAX_HOPS = 16
# What is read of a row: all but what is posted.
ROW = (
    *("tenantShard", "id", "direction", "eventKey", "source", "eventType", "callId", "userId", "status", "occurredAt"),
    *("createdAt", "updatedAt", "webhookConfigId", "messageId", "attempts", "earlier", "refused", "nextAt", "response"),
    *("recovery",),
)
# How far back logs are read where nothing says when, and how far around AT, in ms.
RECENT = 24 * 60 * 60_000
NEAR = 15 * 60_000
# DynamoDB compares with at most this many values at once.
MAX_IDS = 100


class Search:
    """One search."""

    def __init__(self, store: Store, logs: Logs, query: Query) -> None:
        self._store, self._logs = store, logs
        self._query = query
        self._result = Result(query, tenant=query.tenant, marked={query.id})
        self._now = times.now()

    def run(self) -> Result:
        """What was found. A failure says that nothing was, and what to try."""
        self._resolve()
        Gathering(self._store, self._logs, self._result, self._now).run()
        return self._result

    # What the id names.

    def _resolve(self) -> None:
        id_ = self._query.id
        source = id_.partition(":")[0]
        if identities.MESSAGE.fullmatch(id_):
            self._by_message(id_)
        elif identities.ROW.fullmatch(id_) or (self._query.tenant and id_.isdecimal()):
            self._by_row(id_)
        elif source in identities.SOURCES and ":" in id_:
            self._by_names([id_], [])
        elif call := _call(id_):
            self._by_names([], [call])
        else:
            self._by_names(*self._candidates(id_))

    def _candidates(self, name: str) -> tuple[list[str], list[str]]:
        """The keys of events and the ids of calls that the name may stand for."""
        keys = [identities.event_key(source, name) for source in identities.SOURCES]
        ids = [identities.call_id(kind, name) for kind in identities.KINDS]
        if tenant := self._query.tenant:
            accounts = [identities.event_key(source, name) for source in identities.SOURCES_WITH_ACCOUNTS]
            keys += [identities.in_account_of(key, tenant) for key in accounts]
            ids += [identities.owned_by(id_, tenant) for id_ in ids]
        return keys, ids

    def _by_names(self, keys: list[str], ids: list[str]) -> None:
        wanted = {"Events": [(key,) for key in keys], "Calls": [(id_,) for id_ in ids]}
        stored = self._store.get({table: keys for table, keys in wanted.items() if keys}, {"Events": EVENT})
        events, items = stored.get("Events", []), stored.get("Calls", [])
        if events:
            [event, *_] = events
            key = text(event, "key")
            self._result.what = "an event of the log" if key == self._query.id else f"the id of the event {key}"
            self._result.events[key] = event
            self._result.marked.add(key)
            self._follow_event(event)
        elif items:
            order = {id_: place for place, id_ in enumerate(ids)}
            item = min(items, key=lambda item: order[text(item, "id")])
            kind = self._kind_of(text(item, "id"))
            self._result.what = f"{kind} of a call" if kind else "the id of a call"
            self._follow_call(item)
        else:
            self._by_logs()

    def _kind_of(self, id_: str) -> str:
        name, tenant = self._query.id, self._query.tenant
        for kind, words in identities.KINDS.items():
            call = identities.call_id(kind, name)
            if id_ == call or (tenant and id_ == identities.owned_by(call, tenant)):
                return f"the {words}"
        return ""

    def _by_logs(self) -> None:
        """Of what is not in the store, the logs may know."""
        windows = self._windows()
        with step(f"looking for it in the logs {_shown(windows)}"):
            lines = self._logs.lines([self._query.id], windows)
        if not lines:
            raise Failure(self._nothing(windows))
        self._result.what = "named by the logs alone; the store has nothing of that name"
        self._result.lines = lines
        if call := next((line.field("call_id") for line in lines if line.field("call_id")), ""):
            self._find_call(call)

    def _nothing(self, windows: list[Window]) -> str:
        tried = "neither an event nor a call has that name"
        return (
            f"Nothing was found: {tried}, and no log names it {_shown(windows)}.\n"
            "What may help:\n"
            "  AT=2026-11-01T14:00Z   looks into the logs of another time, a quarter of an hour around it\n"
            "  TENANT=acme            also tries the names of that tenant's own accounts with providers\n"
            "  STAGE=…                the other stage may have it\n"
            "An event without a provider's id has a longer key: name its call SID, room or conversation instead. "
            "A refused webhook leaves no key: look for message = refused in the log of its function. "
            "Events and history are deleted after RetentionDays."
        )

    # Rows and messages.

    def _by_row(self, id_: str) -> None:
        tenant = self._query.tenant
        if not tenant:
            raise Failure(f"{id_} looks like an id of the history, which counts within a tenant: add TENANT=….")
        row = self._row(tenant, int(id_))
        if not row:
            received = times.exact(identities.row_received_at(int(id_)))
            raise Failure(
                f"The history of {tenant} has no row {id_}. Such a row was received about {received}. "
                "Is it another tenant's, or older than RetentionDays?"
            )
        self._result.what = f"a row of {tenant}'s history"
        self._follow_row(tenant, row)

    def _row(self, tenant: str, id_: int) -> Item | None:
        key = (identities.shard(tenant, id_), str(id_))
        return next(iter(self._store.get({"History": [key]}, {"History": ROW})["History"]), None)

    def _by_message(self, message: str) -> None:
        self._result.what = "a webhook-id"
        ways: tuple[Callable[[str], bool], ...] = (
            self._message_of_call,
            self._message_near,
            self._message_in_logs,
            self._message_in_announcements,
            self._message_of_tenant,
            self._message_anywhere,
        )
        if not any(way(message) for way in ways):
            raise Failure(
                f"No delivery {message} was found. The history keeps its rows for RetentionDays. "
                "Was it quoted whole, and is it of this stage? A message without a subscription has no row."
            )

    def _message_of_call(self, message: str) -> bool:
        """With CALL: what was announced of the call says it without a search."""
        name = self._query.call
        if not name:
            return False
        ids = [id_] if (id_ := _call(name)) else self._candidates(name)[1]
        items = self._store.get({"Calls": [(id_,) for id_ in ids]}, {})["Calls"]
        if not items:
            raise Failure(f"There is no call {name}. Leave CALL out, or name another key of it.")
        self._follow_call(items[0])
        self._result.marked.add(message)
        if not any(text(row, "messageId") == message for row in self._result.outbound):
            self._result.hints.append(f"The call has no delivery {message}.")
        return True

    def _message_near(self, message: str) -> bool:
        """With TENANT and AT: some minutes of the tenant's history."""
        if not (self._query.tenant and self._query.at):
            return False
        [(start, end)] = self._windows()
        return self._message_between(message, identities.rows_between(start, end))

    def _message_in_logs(self, message: str) -> bool:
        """The line of each attempt names the message, the tenant and the row."""
        windows = self._windows()
        with step(f"looking for it in the log of deliver {_shown(windows)}"):
            lines = self._logs.lines([message], windows, ["deliver"])
        for line in lines:
            tenant, row = line.field("tenant_id"), line.field("id")
            if tenant and row and (item := self._row(tenant, int(row))):
                self._follow_row(tenant, item)
                return True
        return False

    def _message_in_announcements(self, message: str) -> bool:
        """What fan-out logs of each event has what it announced, also what had no subscription."""
        windows = self._windows()
        with step(f"comparing it with what fan-out announced {_shown(windows)}"):
            lines = self._logs.lines(["event processed"], windows, ["fan-out", "fan-out-retry"])
        for line in lines:
            key = line.field("event_key")
            # What the platform and tenants publish announces itself.
            types = [*line.field("announced").replace(",", " ").split(), line.field("event_type")]
            for tenant in filter(None, {line.field("tenant_id"), self._query.tenant}):
                if message in {identities.announced_id(tenant, key, event_type) for event_type in types}:
                    self._result.tenant = tenant
                    self._by_names([key], [])
                    self._result.what = f"a webhook-id, announced by {key}"
                    if not any(text(row, "messageId") == message for row in self._result.outbound):
                        self._result.hints.append("No subscription wanted that message: it was posted to nobody.")
                    return True
        return False

    def _message_of_tenant(self, message: str) -> bool:
        """With TENANT alone: the tenant's whole history."""
        tenant = self._query.tenant
        if not tenant:
            return False
        say(f"No log names it {_shown(self._windows())}; AT=… would say where to look.")
        self._ask(f"Read the whole history of {tenant} (of {self._store.size('History')} of all tenants together)")
        return self._message_between(message, (0, 1 << 53))

    def _message_between(self, message: str, rows: tuple[int, int]) -> bool:
        only = ("messageId = :message", {":message": message})
        for shard in identities.shards(self._result.tenant):
            if row := next(self._rows(shard, rows, only), None):
                self._follow_row(self._result.tenant, row)
                return True
        return False

    def _rows(self, shard: str, rows: tuple[int, int], only: Condition) -> Iterator[Item]:
        first, last = ((shard, str(row)) for row in rows)
        return self._store.between("History", first, last, ROW, only)

    def _message_anywhere(self, message: str) -> bool:
        """With nothing but the id: the whole table, if the operator wants that."""
        if self._query.tenant:
            return False
        say(f"No log names it {_shown(self._windows())}. AT=… or TENANT=… or CALL=… would say where to look.")
        self._ask(f"Read the whole history of all tenants ({self._store.size('History')})")
        for item in self._store.items("History", "tenantShard", "id", "messageId"):
            if text(item, "messageId") == message:
                tenant = text(item, "tenantShard").rpartition("#")[0]
                if row := self._row(tenant, int(text(item, "id"))):
                    self._follow_row(tenant, row)
                    return True
        return False

    def _ask(self, question: str) -> None:
        if not stage.confirmed(question, yes=self._query.agrees, otherwise=""):
            raise Failure("Nothing was read. AT=…, TENANT=… or CALL=… make the search a short one.")

    def _follow_row(self, tenant: str, row: Item) -> None:
        result = self._result
        result.tenant = tenant
        result.rows[int(text(row, "id"))] = row
        result.marked.add(text(row, "id"))
        key, message = text(row, "eventKey"), text(row, "messageId")
        # The key of a delivery's row is its message and subscription.
        result.marked.add(message or key)
        if call := text(row, "callId"):
            self._find_call(call)
        else:
            announced = message or identities.announced_id(tenant, key, text(row, "eventType"))
            self._read_rows_of(int(text(row, "createdAt")), announced)

    # Events and calls.

    def _follow_event(self, event: Item) -> None:
        """The call of an event: its row says it, else the names in its payload do, else the logs."""
        key, received = text(event, "key"), int(text(event, "receivedAt"))
        tenant = self._query.tenant or text(event, "tenantId") or self._result.tenant
        if tenant:
            self._result.tenant = tenant
            shard = identities.shard(tenant, identities.digest(key))
            only = ("eventKey = :key", {":key": key})
            if row := next(self._rows(shard, identities.rows_of(key, received), only), None):
                self._follow_row(tenant, row)
                return
        if items := self._calls_named_in(key, tenant):
            self._follow_call(items[0])
            return
        lines = self._logs.lines([key], around([received], self._now))
        if call := next((line.field("call_id") for line in lines if line.field("call_id")), ""):
            self._find_call(call)
        elif tenant:
            self._read_rows_of(received, identities.announced_id(tenant, key, text(event, "eventType")))

    def _calls_named_in(self, key: str, tenant: str) -> list[Item]:
        """What lies under the names of calls that an event has."""
        event = self._store.find("Events", key)
        payload = event.get("payload", {}).get("B") if event else None
        if not payload:
            return []
        try:
            names = identities.names_in(decompressed(bytes(payload)))
        except UnreadableError:
            return []
        ids = [identities.call_id(kind, name) for kind, name in names]
        if tenant:
            ids = [identities.owned_by(id_, tenant) for id_ in ids] + ids
        ids = ids[:MAX_IDS]
        items = self._store.get({"Calls": [(id_,) for id_ in ids]}, {})["Calls"] if ids else []
        return sorted(items, key=lambda item: ids.index(text(item, "id")))

    def _find_call(self, id_: str) -> None:
        if item := self._store.find("Calls", id_):
            self._follow_call(item)
        else:
            self._result.hints.append(f"The record of the call {id_} is not there any more.")

    def _follow_call(self, item: Item) -> None:
        result = self._result
        for _ in range(MAX_HOPS):
            result.marked.add(text(item, "id"))
            if "to" in item:
                following = text(item, "to")
            else:
                record = calls.read(item)
                if not record.into:
                    break
                result.united.append(record)
                following = record.into
            if not (following_item := self._store.find("Calls", following)):
                result.hints.append(f"{text(item, 'id')} leads to the call {following}, whose record is gone.")
                return
            item = following_item
        else:
            raise Failure(f"{self._query.id} leads from record to record without an end: the store is damaged.")
        result.call = record
        result.tenant = record.tenant or result.tenant
        self._read_names(record)
        self._read_rows(record)

    def _read_names(self, call: Call) -> None:
        """Whether the names of the call lead to it, and the records that it absorbed: one request."""
        owned = {id_: identities.owned_by(id_, call.tenant) for id_ in self._ids(call)} if call.tenant else {}
        others = set(call.absorbed) - {record.id for record in self._result.united}
        keys = [(id_,) for id_ in {*self._ids(call), *owned.values(), *others}]
        items = {text(item, "id"): item for item in self._store.get({"Calls": keys}, {})["Calls"]}
        self._result.united += [calls.read(items[id_]) for id_ in others if id_ in items and "to" not in items[id_]]
        for kind, name in call.names:
            id_ = identities.call_id(kind, name)
            places = [items.get(id_), items.get(owned.get(id_, ""))]
            self._result.leads.append((kind, name, _lead(call, places)))

    def _ids(self, call: Call) -> list[str]:
        return [identities.call_id(kind, name) for kind, name in call.names]

    def _read_rows(self, call: Call) -> None:
        """What came in and went out of the call: its rows lie in the span of time in which its events came."""
        if not call.tenant:
            return
        rows = identities.rows_between(call.seen[0], call.seen[1] + identities.SLACK_MILLIS)
        for start in range(0, len(call.ids), MAX_IDS):
            values = {f":call{place}": id_ for place, id_ in enumerate(call.ids[start : start + MAX_IDS])}
            only = (f"callId IN ({', '.join(values)})", values)
            for shard in identities.shards(call.tenant):
                self._take(self._rows(shard, rows, only))

    def _read_rows_of(self, at: int, message: str) -> None:
        """What an event without a call caused, and itself: the ids of all of it have the same time."""
        only = ("messageId = :message OR direction = :in", {":message": message, ":in": "inbound"})
        shards = identities.shards(self._result.tenant)
        at_once = identities.rows_between(at, at)
        rows = [row for shard in shards for row in self._rows(shard, at_once, only)]
        self._take(row for row in rows if text(row, "messageId") == message)
        deliveries = self._result.outbound
        types = {text(row, "eventType") for row in deliveries}
        for row in rows:
            key = text(row, "eventKey")
            announced = {identities.announced_id(self._result.tenant, key, event_type) for event_type in types}
            if text(row, "direction") == "inbound" and (message in announced or key in self._result.events):
                self._take([row])

    def _take(self, rows: Iterable[Item]) -> None:
        self._result.rows |= {int(text(row, "id")): row for row in rows}

    def _windows(self) -> list[Window]:
        """Which logs are read where nothing but AT says when."""
        if self._query.at:
            return [(self._query.at - NEAR, self._query.at + NEAR)]
        return [(self._now - RECENT, self._now + 60_000)]


def _call(name: str) -> str:
    """A call's id as it is stored; empty if the name is none."""
    return name.lower() if identities.UUID.fullmatch(name.lower()) else ""


def _lead(call: Call, places: list[Item | None]) -> str:
    """Where a name leads."""
    for item in (place for place in places if place):
        id_, to = text(item, "id"), text(item, "to") or text(item, "into")
        if id_ == call.id:
            return "this record"
        if to in call.ids or id_ in call.ids:
            return "leads here"
    there = next((place for place in places if place), None)
    if not there:
        return "leads nowhere"
    other = text(there, "to") or text(there, "id")
    room = text(there, "roomSid")
    return f"leads to {other}, the first room of that name ({room})" if room else f"leads to {other}"


def _shown(windows: list[Window]) -> str:
    [(start, end)] = windows
    return f"from {times.shown(start)} to {times.shown(end)}"
