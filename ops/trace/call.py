"""The record of a call as it is stored (lib/src/store/calls.rs). What its facts amount to is computed elsewhere: the
functions alone know the rules of who ends a call, and what was posted to customers has the outcome.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..items import Item, text
from . import identities

COMPLETED = "call.completed"


@dataclass(frozen=True)
class Announcement:
    """What an event announced; `at` is unknown where only the event's own time says it."""

    event_type: str
    by: str
    at: int | None
    about: tuple[str, ...] = ()
    # What had been announced before otherwise.
    changed: tuple[str, ...] = ()

    def message(self, tenant: str) -> str:
        return identities.announced_id(tenant, self.by, self.event_type, self.about)


@dataclass
class Call:
    """A call, or a record that was found to be the same call as an older one."""

    id: str
    created_at: int
    updated_at: int
    version: int
    facts: dict[str, Any]
    owner: dict[str, Any]
    announcements: list[Announcement]
    # The events that changed what filters look at.
    rematched: list[str]
    waiting: list[str]
    absorbed: dict[str, dict[str, Any]]
    seen: tuple[int, int]
    into: str = ""
    by: str = ""
    names: list[tuple[str, str]] = field(default_factory=list)

    @property
    def tenant(self) -> str:
        """The tenant that owns it; empty while none does."""
        return self.owner.get("tenantId", "")

    @property
    def ids(self) -> list[str]:
        """Its own id and those of the records that it absorbed."""
        return [self.id, *self.absorbed]

    @property
    def is_over(self) -> bool:
        return any(one.event_type == COMPLETED for one in self.announcements)

    @property
    def follow_up(self) -> identities.Due | None:
        """When `call.follow_up_due` is to be announced, if it is."""
        follow_up = _claimed(self.facts, "again")
        if not follow_up or not follow_up.get("automatic"):
            return None
        return identities.Due(int(follow_up["dueAt"]), "follow-up", self.id)

    def numbers(self) -> Iterator[tuple[str, str]]:
        """The phone numbers that its events have, and whose each is."""
        for whose, name, of_leg in (("the other side", "phone", "n"), ("our line", "line", "o")):
            legs = [number for leg in self.facts.get("legs", {}).values() for number in leg.get(of_leg, ())]
            known = _claimed(self.facts, name)
            reports = [_claimed(report, of_leg) for report in self.facts.get("sids", {}).values()]
            for number in dict.fromkeys(number for number in (known, *legs, *reports) if number):
                yield whose, number


def read(item: Item) -> Call:
    """A call or an absorbed record; an item with `to` is a pointer and none of these."""
    facts, absorbed = _json(item, "facts"), _json(item, "absorbed")
    created_at = int(text(item, "createdAt"))
    announcements, rematched = _announced(_json(item, "announced"), created_at)
    announcements += [
        Announcement("call.merged", record["by"], None, (id_,))
        for id_, record in absorbed.items()
        if record["bothEnded"]
    ]
    return Call(
        id=text(item, "id"),
        created_at=created_at,
        updated_at=int(text(item, "updatedAt")),
        version=int(text(item, "version")),
        facts=facts,
        owner=_json(item, "owner"),
        announcements=announcements,
        rematched=rematched,
        waiting=list(_json(item, "waiting")),
        absorbed=absorbed,
        seen=(int(text(item, "seenFrom")), int(text(item, "seenTo"))),
        into=text(item, "into"),
        by=text(item, "by"),
        names=list(dict.fromkeys(_names(facts))),
    )


def _announced(stored: dict[str, list[Any]], created_at: int) -> tuple[list[Announcement], list[str]]:
    """What `announced` holds (lib/src/store/calls/announced.rs)."""
    announcements, rematched = [], []
    for by, marks in stored.items():
        at = created_at
        for mark in marks:
            if isinstance(mark, int):
                at = created_at + mark
            elif isinstance(mark, dict):
                announcements.append(Announcement("call.updated", by, None, changed=tuple(mark)))
            elif mark == "*":
                rematched.append(by)
            else:
                announcements.append(_mark(mark, by, at))
    return announcements, rematched


def _mark(mark: str, by: str, at: int) -> Announcement:
    name, _, about = mark.partition("#")
    if name.startswith("transfer."):
        return Announcement(name, by, at, (about,))
    if about:
        # A recording is named in the message, which its event and type name already.
        return Announcement(f"recording.{name}", by, at)
    return Announcement(name if "." in name else f"call.{name}", by, at)


def _names(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of the call that its facts have, of each its kind and text."""
    yield from (("room-sid", sid) for sid in facts.get("rooms", {}))
    for kind, name in (("room-sid", "room"), ("sip-call", "sip"), ("call-sid", "sid"), ("conversation", "conv")):
        if known := _claimed(facts, name):
            yield kind, known
    for leg in facts.get("legs", {}).values():
        yield from (("sip-call", name) for name in leg.get("s", ()))
        yield from (("call-sid", name) for name in leg.get("c", ()))
    yield from (("call-sid", sid) for sid in facts.get("sids", {}))
    yield from (("conversation", id_) for id_ in facts.get("talks", {}))
    if known := _claimed(facts, "name"):
        yield "room-name", known


def _claimed(facts: dict[str, Any], name: str) -> Any:
    """The value of a fact that is stored as `[rank, at, value]` (lib/src/domain/call/claims.rs)."""
    claim = facts.get(name)
    return claim[2] if claim else None


def _json(item: Item, name: str) -> Any:
    return json.loads(text(item, name) or "{}")
