"""The names of calls, events, rows and messages, computed as the functions compute them. No input or output here.

From one name of a thing follows its key, so that looking it up costs a read and no search. Each part says which file
it follows; checks/trace.py compares them with answers that are known there.
"""

import datetime
import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

# lib/src/domain/key.rs
NAMESPACE = uuid.UUID("6e1f5f0a-52b1-4a53-9a8e-1f0c27d493b6")
KINDS = {
    "room-sid": "room sid",
    "room-name": "room name",
    "sip-call": "SIP call id",
    "call-sid": "call SID",
    "conversation": "conversation",
}
# lib/src/domain/event.rs
SOURCES = (
    "livekit",
    "livekit-sip-inbound",
    "signalwire",
    "elevenlabs",
    "elevenlabs-call-status",
    "elevenlabs-api",
    "call-capture",
    "11wire",
)
# Tenants may have accounts of their own with these.
SOURCES_WITH_ACCOUNTS = SOURCES[:5]
# lib/src/store/history.rs
EPOCH_MILLIS = 1_577_836_800_000
SHARDS = 4
SLOTS = 1_024
MAX_PROBES = 512
# lib/src/domain/call.rs: the end of the span in which a call's events were received may be so much too early.
SLACK_MILLIS = 10 * 60 * 1_000
# lib/src/store/due.rs
DUE_SHARDS = 4
MINUTE = 60_000

MESSAGE = re.compile(r"evt_(?:test_)?[0-9a-f]{32}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ROW = re.compile(r"\d{14,16}")


def call_id(kind: str, name: str) -> str:
    """The id of the item that this name of a call leads to."""
    return _call_id(f"{kind}:{name}")


def owned_by(call: str, tenant: str) -> str:
    """The id of this tenant's own call where the item of the id is another tenant's."""
    return _call_id(f"owned:{tenant}:{call}")


def _call_id(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))


def event_key(source: str, name: str) -> str:
    """The key of the event that the source itself calls so."""
    if _shows_a_number(name):
        return f"{source}:{hashlib.sha256(name.encode()).hexdigest()}"
    return f"{source}:{name}"


def in_account_of(key: str, tenant: str) -> str:
    """The key of the same event in a tenant's own account with the provider."""
    source, _, name = key.partition(":")
    return event_key(source, f"@{len(tenant.encode())}:{tenant}:{name}")


def _shows_a_number(name: str) -> bool:
    digits = re.compile(r"[0-9]{7}")
    return bool(re.fullmatch(r"[0-9]{7,15}", name)) or any(digits.match(part) for part in name.split("+")[1:])


def digest(key: str) -> int:
    """64 bits of an event key's SHA-256."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])


def message_id(names: Iterable[str]) -> str:
    """The `webhook-id` of the message that follows from these names (lib/src/domain/delivery.rs)."""
    text = json.dumps(list(names), ensure_ascii=False, separators=(",", ":"))
    return f"evt_{hashlib.sha256(text.encode()).digest()[:16].hex()}"


def announced_id(tenant: str, by: str, event_type: str, about: Iterable[str] = ()) -> str:
    """The `webhook-id` of what an event of the tenant announces."""
    return message_id([tenant, by, event_type, *about])


def shard(tenant: str, digest_or_id: int) -> str:
    """The partition of a row of the history."""
    return f"{tenant}#{digest_or_id % SHARDS}"


def shards(tenant: str) -> list[str]:
    """Every partition of a tenant's history."""
    return [shard(tenant, number) for number in range(SHARDS)]


def rows_between(start: int, end: int) -> tuple[int, int]:
    """The first and the last id of the rows that were received between two times."""
    return _first_row(start), _first_row(end) + SLOTS - 1 + (MAX_PROBES - 1) * SHARDS


def rows_of(key: str, received_at: int) -> tuple[int, int]:
    """The first and the last id that the row of this very event may have."""
    first = _first_row(received_at) + digest(key) % SLOTS
    return first, first + (MAX_PROBES - 1) * SHARDS


def row_received_at(row: int) -> int:
    """When a row was received, give or take the milliseconds by which its slot moved on."""
    return row // SLOTS + EPOCH_MILLIS


def _first_row(at: int) -> int:
    return max(at - EPOCH_MILLIS, 0) * SLOTS


def attempts_of(tenant: str, row: int) -> str:
    """The partition of a delivery's failed attempts."""
    return f"{shard(tenant, row)}#{row}"


def body_of(tenant: str, message: str) -> str:
    """The partition of a body that several deliveries share."""
    return f"{tenant}#{message}"


@dataclass(frozen=True)
class Due:
    """Something that is due at a time (lib/src/domain/due.rs)."""

    at: int
    kind: str
    reference: str

    @property
    def id(self) -> str:
        """Its key within its slot."""
        return f"{self.at:015}#{self.kind}#{self.reference}"

    def slot(self, minute_of: int) -> str:
        """Where it is filed, if that is the minute of this time."""
        number = hashlib.sha256(self.id.encode()).digest()[0] % DUE_SHARDS
        return f"{minute(minute_of)}#{number}"


def minute(at: int) -> str:
    """`2025-11-27T14:00`, as slots of `due` name it."""
    start = datetime.datetime.fromtimestamp(at // MINUTE * 60, datetime.UTC)
    return start.strftime("%Y-%m-%dT%H:%M")


def next_attempt(tenant: str, row: int, subscription: int, attempt: int) -> str:
    """The message that asks for a delivery's attempt (lib/src/queue/deliveries.rs)."""
    message = {"version": "1", "tenantId": tenant, "id": row, "subscriptionId": subscription, "attempt": attempt}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def parked(tenant: str, subscription: int) -> str:
    """The slot of `due` in which the deliveries of a failing endpoint wait (lib/src/store/endpoints.rs)."""
    place = json.dumps({"tenantId": tenant, "id": subscription}, ensure_ascii=False, separators=(",", ":"))
    return f"parked#{place}"


# The fields by which providers name calls, and what they name; the surest first. Dots and underscores do not matter.
FIELDS = {
    "room.sid": "room-sid",
    "roomid": "room-sid",
    "roomsid": "room-sid",
    "conversationid": "conversation",
    "callid": "sip-call call-sid",
    "callidfull": "sip-call",
    "sipcallid": "sip-call",
    "callsid": "call-sid",
    "room.name": "room-name",
    "roomname": "room-name",
}


def names_in(payload: str) -> list[tuple[str, str]]:
    """The names of calls that a provider's event has: of each its kind and text, the surest first."""
    try:
        fields = list(_fields(json.loads(payload), ""))
    except ValueError:
        fields = parse_qsl(payload)
    found = [(name, value) for name, value in fields if len(value) > 1]
    order = list(FIELDS)
    named = [
        (order.index(field), kind, value)
        for name, value in found
        for field in (_field(name),)
        if field
        for kind in FIELDS[field].split()
    ]
    return list(dict.fromkeys((kind, value) for _, kind, value in sorted(named)))


def _field(name: str) -> str:
    """The entry of FIELDS that a path in a payload ends with."""
    plain = name.lower().replace("_", "")
    for field in FIELDS:
        if plain == field or plain.endswith(f".{field}"):
            return field
    return ""


def _fields(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _fields(member, f"{path}.{name}")
    elif isinstance(value, str):
        yield path, value
