"""What the stack has stored, read past the proxy, once nothing changes any more."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import zstandard
from boto3.dynamodb.types import Binary, TypeDeserializer

from project.aws import client

from .stack import Stack

Item = dict[str, Any]
LAST_HOP = 16


def scan(stack: Stack, table: str) -> Iterator[Item]:
    """Every item of a table, by its logical id."""
    read = TypeDeserializer().deserialize
    pages = client("dynamodb", stack.port).get_paginator("scan").paginate(TableName=stack.names[table])
    for page in pages:
        for item in page["Items"]:
            yield {name: _plain(read(value)) for name, value in item.items()}


def unpacked(payload: bytes) -> bytes:
    """A stored payload as it was."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(payload)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Binary) else value


@dataclass(frozen=True)
class Stored:
    """Everything that the checks are about."""

    # The keys of the log under which a body was accepted.
    keys_of: dict[bytes, list[str]]
    # How often an event is in the history, and the call that its row names.
    rows: Counter[str]
    call_of: dict[str, str]
    calls: dict[str, Item]
    deliveries: list[Item]
    # The bodies that deliveries share, by the message's id.
    shared: dict[str, bytes]

    def bodies(self, subscription: int) -> dict[str, bytes | None]:
        """The body of each message to a subscription, by its webhook-id."""
        return {
            row["messageId"]: unpacked(row["payload"]) if "payload" in row else self.shared.get(row["messageId"])
            for row in self.deliveries
            if row["webhookConfigId"] == subscription
        }

    def final(self, call: str) -> str:
        """The id of the record that an id leads to."""
        for _ in range(LAST_HOP):
            item = self.calls.get(call, {})
            further = item.get("to") or item.get("into")
            if not further:
                return call
            call = further
        return call


def read(stack: Stack) -> Stored:
    """All of it."""
    keys_of: dict[bytes, list[str]] = defaultdict(list)
    for event in scan(stack, "Events"):
        keys_of[unpacked(event["payload"])].append(event["key"])
    rows: Counter[str] = Counter()
    call_of, deliveries, shared = {}, [], {}
    for row in scan(stack, "History"):
        match row.get("direction"):
            case "inbound":
                rows[row["eventKey"]] += 1
                call_of[row["eventKey"]] = row.get("callId", "")
            case "outbound":
                deliveries.append(row)
            case _ if "payload" in row:
                # Under the tenant and the message's id.
                shared[row["tenantShard"].partition("#")[2]] = unpacked(row["payload"])
    calls = {item["id"]: item for item in scan(stack, "Calls")}
    return Stored(dict(keys_of), rows, call_of, calls, deliveries, shared)


def facts(item: Item) -> dict[str, Any]:
    """What a call's record holds about it."""
    return {name: json.loads(item[name]) for name in ("facts", "owner", "waiting") if name in item}
