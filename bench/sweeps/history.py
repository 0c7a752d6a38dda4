"""A page of a tenant's history and of its calls, of n that are kept. No row is stored: each is made when it is read."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ..binaries import ROOT
from ..items import stored_call
from ..point import costs, median
from ..stand_in import Aws, Function, Json
from ..tables import Item, Key, Made
from .sweep import Points, Sweep

NUMBERS = (100, 1_000, 10_000, 100_000, 1_000_000)
PARTITIONS = 4
FIRST_AT = 1_761_751_845_000
# Rows are a second apart. Ids count milliseconds from 2020 on, with 1,024 ids for each.
FIRST_ID, STEP = (FIRST_AT - 1_577_836_800_000) * 1_024, 1_000 * 1_024
WARM_UP, INVOCATIONS = 5, 30
QUERIES = {
    "events, first page": ("webhook-events", "limit=20"),
    "events, without a count": ("webhook-events", "limit=20&count=false"),
    "events, counted to the end": ("webhook-events", "limit=20&count=all"),
    "calls, first page": ("call-list", "limit=20"),
    "calls, none match": ("call-list", "limit=20&status=failed"),
}


class Places:
    """The places of a partition's items, in order: every fourth row is in it."""

    def __init__(self, partition: int, rows: int, place: Any) -> None:
        """`place` gives the place of a row."""
        self._rows, self._place = range(partition, rows, PARTITIONS), place

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)

    def __getitem__(self, number: int) -> tuple[int | str, ...]:
        """The place of this number."""
        return self._place(self._rows[number])


def _id(row: int) -> int:
    # Its last bits are those of its partition.
    return FIRST_ID + row * STEP + row % PARTITIONS


def _row(key: Key) -> Item | None:
    """A received event, as fan-out records it."""
    row_id = int(key[1])
    at = FIRST_AT + (row_id - FIRST_ID) // STEP * 1_000
    return {
        "tenantShard": {"S": key[0]},
        "id": {"N": key[1]},
        "v": {"N": "1"},
        "direction": {"S": "inbound"},
        "status": {"S": "processed"},
        "eventKey": {"S": f"livekit:EV_{row_id}"},
        "source": {"S": "livekit"},
        "eventType": {"S": "participant_left"},
        "callId": {"S": "75decced-4c31-5f3c-9d47-8892e71acc6e"},
        "userId": {"S": "user_demo"},
        "occurredAt": {"N": str(at)},
        "createdAt": {"N": str(at)},
        "expiresAt": {"N": "4102444800"},
    }


def _call(key: Key) -> Item | None:
    """A call whose id is the number of its row. The table holds other items too, which are not there."""
    if len(key[0]) != len(str(uuid.UUID(int=0))):
        return None
    row = uuid.UUID(key[0]).int
    at = {"N": str(FIRST_AT + row * 1_000)}
    more = {"id": {"S": key[0]}, "createdAt": at, "tenantShard": {"S": f"demo#{row % PARTITIONS}"}}
    return stored_call() | more


def filled(rows: int) -> Aws:
    """A stage in which the tenant has this many events, and as many calls."""
    aws = Aws()
    aws.tables.items["history"] = Made(_row)
    aws.tables.items["calls"] = Made(_call)
    for partition in range(PARTITIONS):
        name = f"demo#{partition}"
        aws.tables.order["history", None][name] = Places(partition, rows, lambda row: (_id(row),))
        calls = Places(partition, rows, lambda row: (FIRST_AT + row * 1_000, str(uuid.UUID(int=row))))
        aws.tables.order["calls", "by-tenant"][name] = calls
    return aws


def _measure(folder: Path) -> dict[str, Points]:
    found: dict[str, Points] = {line: [] for line in QUERIES}
    for n in NUMBERS:
        aws = filled(n)
        functions = {name: Function(folder, name, aws) for name in ("webhook-events", "call-list")}
        for line, (name, query) in QUERIES.items():
            measured = list(costs(functions[name], aws, _requests(name, query)))[WARM_UP:]
            found[line].append({"n": n, **median(measured)})
        for function in functions.values():
            function.end()
    return found


def _requests(name: str, query: str) -> Iterator[Json]:
    event = json.loads((ROOT / "events" / f"{name}.json").read_text())
    event["rawQueryString"], event["queryStringParameters"] = query, dict(parse_qsl(query))
    for _ in range(WARM_UP + INVOCATIONS):
        yield event


SWEEP = Sweep(
    title="What a tenant has kept",
    quantity="rows of the history, and calls",
    functions=("webhook-events", "call-list"),
    measure=_measure,
)
