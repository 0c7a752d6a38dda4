"""What an operator asks for, and what was found of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..items import Item, text
from . import identities
from .call import Call
from .logs import Line


@dataclass(frozen=True)
class Query:
    """What an operator names, and what else he knows of it."""

    id: str
    tenant: str = ""
    call: str = ""
    at: int | None = None
    agrees: bool = False


@dataclass
class Result:
    """All that belongs to it."""

    query: Query
    what: str = ""
    call: Call | None = None
    united: list[Call] = field(default_factory=list)
    # What lies under the id of each of the call's names.
    leads: list[tuple[str, str, str]] = field(default_factory=list)
    events: dict[str, Item] = field(default_factory=dict)
    # Keys of events that are named somewhere and are not in the log.
    gone: set[str] = field(default_factory=set)
    rows: dict[int, Item] = field(default_factory=dict)
    tenant: str = ""
    attempts: dict[int, dict[int, Item]] = field(default_factory=dict)
    posted: dict[str, object] = field(default_factory=dict)
    subscriptions: dict[int, tuple[Item | None, Item | None]] = field(default_factory=dict)
    waits: dict[int, str] = field(default_factory=dict)
    follow_up_waits: bool = False
    sweep_at: int | None = None
    lines: list[Line] = field(default_factory=list)
    # The ids that the operator's stands for.
    marked: set[str] = field(default_factory=set)
    hints: list[str] = field(default_factory=list)

    @property
    def outbound(self) -> list[Item]:
        """The deliveries, in the order in which they were announced."""
        rows = (row for row in self.rows.values() if text(row, "direction") == "outbound")
        return sorted(rows, key=lambda row: (int(text(row, "createdAt")), text(row, "eventType"), _subscription(row)))

    @property
    def inbound(self) -> dict[str, Item]:
        return {text(row, "eventKey"): row for row in self.rows.values() if text(row, "direction") == "inbound"}

    @property
    def call_ids(self) -> list[str]:
        return self.call.ids if self.call else []

    def announcer(self, row: Item) -> str:
        """The event that announced what a delivery posts; empty if no known one did."""
        message, event_type = text(row, "messageId"), text(row, "eventType")
        for one in self.call.announcements if self.call else ():
            if one.message(self.tenant) == message:
                return one.by
        keys = [*self.events, *self.inbound]
        return next((key for key in keys if identities.announced_id(self.tenant, key, event_type) == message), "")

    def timestamps(self) -> Iterator[int]:
        for event in self.events.values():
            yield int(text(event, "receivedAt"))
        for row in self.rows.values():
            yield int(text(row, "createdAt"))
            if "updatedAt" in row:
                yield int(text(row, "updatedAt"))
        if self.call:
            yield self.call.created_at
            yield self.call.updated_at
        yield from (line.at for line in self.lines)


def _subscription(row: Item) -> int:
    return int(text(row, "webhookConfigId"))
