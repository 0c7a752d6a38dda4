"""The n-th event of one call: its call's record is read, merged and written."""

from collections import defaultdict
from itertools import islice
from pathlib import Path

from ..point import Cost, costs, median
from ..stand_in import Aws, Function
from ..webhooks import long_call, record, signed
from .lines import COMPLETED, stage, subscribe
from .sweep import Points, Sweep

PLACES = (1, 3, 10, 30, 100, 300, 1_000)
CALLS, WARM_UP = 3, 60


def _measure(folder: Path) -> dict[str, Points]:
    aws = stage()
    subscribe(aws, 1, COMPLETED)
    names = ("call-completed", "fan-out")
    functions = {name: Function(folder, name, aws) for name in names}
    found: dict[str, dict[int, list[Cost]]] = {name: defaultdict(list) for name in names}
    _play(functions, aws, call=0, length=WARM_UP)
    for call in range(1, CALLS + 1):
        for place, cost in enumerate(_play(functions, aws, call, _window(PLACES[-1])[-1]), 1):
            for n in PLACES:
                if place in _window(n):
                    for name in names:
                        found[name][n].append(cost[name])
    for function in functions.values():
        function.end()
    return {name: [{"n": n, **median(measured)} for n, measured in points.items()] for name, points in found.items()}


def _window(n: int) -> range:
    """The events that count as the n-th: three kinds take turns, so as many from there on."""
    return range(n, n + max(3, n // 20)) if n > 1 else range(1, 2)


def _play(functions: dict[str, Function], aws: Aws, call: int, length: int) -> list[dict[str, Cost]]:
    """What each event of a call costs."""
    played = []
    for webhook in islice(long_call(call), length):
        [ingest] = costs(functions["call-completed"], aws, [signed(webhook)])
        item = aws.tables.items["events"][(f"livekit:{webhook['id']}",)]
        [fan_out] = costs(functions["fan-out"], aws, [{"Records": [record(item)]}])
        played.append({"call-completed": ingest, "fan-out": fan_out})
    return played


SWEEP = Sweep(
    title="Events of one call",
    quantity="the event's place in its call",
    functions=("call-completed", "fan-out"),
    measure=_measure,
)
