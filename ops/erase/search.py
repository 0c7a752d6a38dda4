"""What of a stage's store is about one phone number: found by reading all of it.

A call belongs to the number if its record names it, and with the call everything that was reported, sent and planned
about it. Everything else belongs if it holds the number itself. What tenants configured is theirs: it is listed, and
stays.
"""

import json
from collections import Counter
from dataclasses import dataclass, field

from ..counts import PREFIX
from ..items import Item, text
from ..phone_number import PhoneNumber
from ..store import Key, Store, UnreadableError, decompressed, texts

ATTEMPTS = "failed attempt"
BODY = "body that deliveries share"
# They are emptied in this order: a call's record, which leads to all the rest, goes last.
ORDER = ("Due", "Events", "Chunks", "History", "Directory", "Calls")


@dataclass
class Findings:
    """What was found; `stays` and `unreadable` count by table and kind."""

    # By table: the key of each item and what it is, in the order in which they were found.
    items: dict[str, dict[Key, str]] = field(default_factory=lambda: {table: {} for table in ORDER})
    calls: set[str] = field(default_factory=set)
    # Those of the items that are calls: counts that are kept include them.
    records: list[Item] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    deliveries: set[Key] = field(default_factory=set)
    stays: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self) -> int:
        return sum(len(items) for items in self.items.values())


class Search:
    """Reads the whole store once, and of its calls as often as it finds more of them."""

    def __init__(self, store: Store, number: PhoneNumber, known: Findings | None = None) -> None:
        """With `known`, what belongs to the calls and events that were found before belongs as well."""
        self._store, self._number = store, number
        self._found = Findings()
        if known:
            self._found.calls |= known.calls
            self._found.events |= known.events
            self._found.deliveries |= known.deliveries
        # Under these the pieces of the log's large payloads lie.
        self._nonces: set[str] = set()

    def run(self) -> Findings:
        """Everything that belongs to the number."""
        self._find_calls()
        self._find_events()
        self._find_history()
        self._find_reported()
        self._find_orphans()
        self._find_leads()
        self._find_due()
        for table in self._store.tables:
            if table not in ORDER:
                for item in self._store.items(table):
                    if self._has_number(table, item):
                        self._found.stays[table, "configuration"] += 1
        return self._found

    def _add(self, table: str, item: Item, kind: str) -> None:
        self._found.items[table][self._store.key(table, item)] = kind

    def _has_number(self, table: str, item: Item) -> bool:
        try:
            return any(map(self._number.is_in, texts(item)))
        except UnreadableError:
            self._found.unreadable[table, "payload"] += 1
            return False

    def _find_calls(self) -> None:
        """Pointers lead to records, and absorbed records to older ones: both ways, until none is left."""
        calls, before = self._found.calls, -1
        while before != len(calls):
            before = len(calls)
            self._found.records.clear()
            for item in self._store.items("Calls"):
                # What its texts say, a call says, and with the call it goes.
                if text(item, "id").startswith(PREFIX):
                    continue
                leads_to = {text(item, name) for name in ("to", "into")} - {""}
                names = {text(item, "id")} | leads_to
                if calls & names or self._has_number("Calls", item):
                    calls |= names | set(_json(item, "absorbed"))
                    self._found.events |= {*_json(item, "announced"), *_json(item, "waiting"), text(item, "by")} - {""}
                    kind = "pointer" if "to" in item else "absorbed record" if "into" in item else "call"
                    self._add("Calls", item, kind)
                    self._found.records += [] if kind == "pointer" else [item]

    def _find_events(self) -> None:
        for item in self._store.items("Events"):
            if "chunks" in item:
                self._nonces.add(text(item, "nonce"))
            if self._has_number("Events", item) or self._is_in_pieces(self._pieces(item)):
                self._add_event(item)

    def _find_history(self) -> None:
        """Rows first, then what lies beside them: failed attempts and bodies that several share."""
        events, rows = self._found.events, []
        bodies = {text(item, "tenantShard") for item in self._store.items("History") if self._is_body_of_it(item)}
        for item in self._store.items("History"):
            is_row = "direction" in item
            if (
                text(item, "callId") in self._found.calls
                or (is_row and (text(item, "eventKey") in events or _shared_body(item) in bodies))
                or self._has_number("History", item)
            ):
                beside = BODY if "payload" in item else ATTEMPTS
                self._add("History", item, f"{text(item, 'direction')} row" if is_row else beside)
                rows += [item] if is_row else []
        self._found.deliveries |= {(text(row, "tenantShard"), text(row, "id")) for row in rows}
        events |= {text(row, "eventKey") for row in rows if text(row, "direction") == "inbound"}
        for shard, number in self._found.deliveries:
            for item in self._store.partition("History", f"{shard}#{number}"):
                self._add("History", item, ATTEMPTS)
        # The body of a call's message may not hold the number.
        for body in {_shared_body(row) for row in rows} - {""}:
            for item in self._store.partition("History", body):
                self._add("History", item, BODY)

    def _is_body_of_it(self, item: Item) -> bool:
        return "payload" in item and "direction" not in item and self._has_number("History", item)

    def _find_reported(self) -> None:
        """The calls' events, also those that do not hold the number themselves."""
        for key in self._found.events - {key for (key,) in self._found.items["Events"]}:
            if item := self._store.find("Events", key):
                self._add_event(item)

    def _add_event(self, item: Item) -> None:
        self._add("Events", item, "event")
        self._found.events.add(text(item, "key"))
        for piece in self._pieces(item):
            self._add("Chunks", piece, "piece of an event")

    def _pieces(self, event: Item) -> list[Item]:
        """The pieces of a payload: each has a partition of its own, or all share the one that they once did."""
        nonce, pieces = text(event, "nonce"), []
        for index in range(int(text(event, "chunks") or 0)):
            piece = self._store.find("Chunks", f"{nonce}#{index}", str(index))
            piece = piece or self._store.find("Chunks", nonce, str(index))
            pieces += [piece] if piece else []
        return pieces

    def _is_in_pieces(self, pieces: list[Item]) -> bool:
        if not pieces:
            return False
        try:
            return self._number.is_in(decompressed(b"".join(bytes(piece["piece"]["B"]) for piece in pieces)))
        except UnreadableError:
            self._found.unreadable["Chunks", "payload"] += 1
            return False

    def _find_orphans(self) -> None:
        """Pieces of events that never came into the log, for they were duplicates."""
        orphans: dict[str, int] = {}
        for item in self._store.items("Chunks", "of", "index"):
            nonce = text(item, "of").split("#")[0]
            if nonce not in self._nonces:
                orphans[nonce] = max(orphans.get(nonce, 0), int(text(item, "index")) + 1)
        for nonce, count in orphans.items():
            pieces = self._pieces({"nonce": {"S": nonce}, "chunks": {"N": str(count)}})
            if self._is_in_pieces(pieces):
                for piece in pieces:
                    self._add("Chunks", piece, "piece of a duplicate")

    def _find_leads(self) -> None:
        for item in self._store.items("Directory"):
            if self._has_number("Directory", item):
                kind = text(item, "key").split("#")[0]
                if kind == "lead":
                    self._add("Directory", item, kind)
                else:
                    self._found.stays["Directory", kind] += 1

    def _find_due(self) -> None:
        for item in self._store.items("Due"):
            if self._is_due_of_it(text(item, "reference")) or self._has_number("Due", item):
                self._add("Due", item, text(item, "kind"))

    def _is_due_of_it(self, reference: str) -> bool:
        """A reference is a call's id, or the message that asks for a delivery."""
        if reference in self._found.calls:
            return True
        try:
            message = json.loads(reference)
            tenant, number = message["tenantId"], str(message["id"])
        except (ValueError, TypeError, KeyError):
            return False
        return any(shard.rpartition("#")[0] == tenant and row == number for shard, row in self._found.deliveries)


def _shared_body(row: Item) -> str:
    """The partition of the body that a row shares with others; empty if it has its own, or none."""
    if "messageId" not in row or "payload" in row:
        return ""
    return f"{text(row, 'tenantShard').rpartition('#')[0]}#{text(row, 'messageId')}"


def _json(item: Item, name: str) -> list[str]:
    return list(json.loads(text(item, name) or "[]"))
