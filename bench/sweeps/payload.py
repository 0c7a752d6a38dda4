"""A webhook of n bytes: it is verified, compressed and stored, and read again by fan-out."""

import json
import random
from pathlib import Path

from ..point import costs, median
from ..stand_in import Function, Json
from ..webhooks import first_of_a_call, record, signed
from .lines import COMPLETED, stage, subscribe
from .sweep import Points, Sweep

SIZES = (1_000, 8_000, 64_000, 600_000, 1_000_000, 2_000_000, 5_000_000)
WARM_UP = 3


def _measure(folder: Path) -> dict[str, Points]:
    aws = stage()
    subscribe(aws, 1, COMPLETED)
    names = ("call-completed", "fan-out")
    functions = {name: Function(folder, name, aws) for name in names}
    found: dict[str, Points] = {name: [] for name in names}
    call = 0
    for size in SIZES:
        webhooks = []
        for _ in range(WARM_UP + max(8, min(60, 8_000_000 // size))):
            call += 1
            webhooks.append(_padded(call, size))
        ingested = list(costs(functions["call-completed"], aws, map(signed, webhooks)))
        items = [aws.tables.items["events"][(f"livekit:{webhook['id']}",)] for webhook in webhooks]
        fanned_out = list(costs(functions["fan-out"], aws, ({"Records": [record(item)]} for item in items)))
        for name, measured in zip(names, (ingested, fanned_out), strict=True):
            found[name].append({"n": size, **median(measured[WARM_UP:])})
    for function in functions.values():
        function.end()
    return found


def _padded(call: int, size: int) -> Json:
    """The documented webhook of a call, whose room's metadata make it this large: words, drawn by the call's number."""
    [webhook] = first_of_a_call(call)
    missing = size - len(json.dumps(webhook))
    draw = random.Random(call)  # noqa: S311
    words = [f"{draw.getrandbits(20):x}" for _ in range(4_096)]
    text = " ".join(draw.choices(words, k=max(0, missing) // 4))[: max(0, missing)]
    webhook["room"]["metadata"] = text
    return webhook


SWEEP = Sweep(
    title="Bytes of a webhook",
    quantity="bytes of the body",
    functions=("call-completed", "fan-out"),
    measure=_measure,
)
