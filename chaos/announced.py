"""What a call announced, and under which ids, computed from its record alone: the history is not asked."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from samples.tenant import TENANT

from .tables import Item

REMATCH = "*"
UPDATED = "call.updated"


@dataclass(frozen=True)
class Announcement:
    """A message that customers must have received."""

    id: str
    event_type: str


def of(record: Item) -> Iterator[Announcement]:
    """What the marks of a record say (lib/src/store/calls/announced.rs has the form)."""
    for event_key, marks in json.loads(record["announced"]).items():
        for mark in marks:
            if isinstance(mark, dict):
                yield _made(event_key, UPDATED)
            elif isinstance(mark, str) and mark != REMATCH:
                yield _named(event_key, mark)


def _named(event_key: str, mark: str) -> Announcement:
    name, _, about = mark.partition("#")
    if name.startswith("transfer."):
        return _made(event_key, name, about)
    if about:
        return _made(event_key, f"recording.{name}")
    return _made(event_key, name if "." in name else f"call.{name}")


def _made(event_key: str, event_type: str, *about: str) -> Announcement:
    """As `announced_id` of lib/src/domain/delivery.rs."""
    text = json.dumps([TENANT, event_key, event_type, *about], separators=(",", ":"), ensure_ascii=False)
    return Announcement(f"evt_{hashlib.sha256(text.encode()).hexdigest()[:32]}", event_type)
