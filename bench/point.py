"""What one invocation costs at a point of a sweep."""

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from .stand_in import REFUSED, Aws, Function, Json

DONE = 200

# What is measured, with its unit.
FIGURES = {
    "cpu_ms": "CPU, ms",
    "requests": "AWS requests",
    "write_units": "write units",
    "read_units": "read units",
    "bytes": "bytes to and from AWS",
}


@dataclass(frozen=True)
class Cost:
    """Of an invocation."""

    cpu_ms: float
    requests: float
    write_units: float
    read_units: float
    bytes: float


def costs(function: Function, aws: Aws, events: Iterable[Json]) -> Iterator[Cost]:
    """What each of the invocations with these events costs, one after another."""
    for event in events:
        aws.reset()
        before = function.cpu_ms()
        answer = function.invoke(event)
        spent = function.cpu_ms() - before
        if (answer or {}).get("statusCode", DONE) >= REFUSED:
            raise SystemExit(f"An invocation was refused: {answer}")
        tables = aws.tables
        yield Cost(
            cpu_ms=spent,
            requests=tables.requests.total(),
            write_units=tables.writes.total() + tables.index_writes.total(),
            read_units=tables.reads.total(),
            bytes=aws.bytes,
        )


def median(measured: Iterable[Cost]) -> dict[str, float]:
    """The median of each figure: a machine that others use makes single invocations slower."""
    rows = [asdict(cost) for cost in measured]
    return {figure: round(statistics.median(row[figure] for row in rows), 3) for figure in FIGURES}
