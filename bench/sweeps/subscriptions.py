"""One event of a tenant with n subscriptions, up to 100: as many as the product accepts of a tenant."""

from pathlib import Path

from ..point import costs, median
from ..stand_in import Function
from ..webhooks import first_of_a_call, record, signed
from .lines import COMPLETED, NEVER, stage, subscribe
from .sweep import Points, Sweep

NUMBERS = (1, 3, 10, 30, 100)
WARM_UP = 5


def _measure(folder: Path) -> dict[str, Points]:
    return {
        "fan-out, all match": [_point(folder, n, COMPLETED) for n in NUMBERS],
        "fan-out, none match": [_point(folder, n, NEVER) for n in NUMBERS],
    }


def _point(folder: Path, n: int, event_type: str) -> dict[str, float]:
    aws = stage()
    subscribe(aws, n, event_type)
    ingest, fan_out = (Function(folder, name, aws) for name in ("call-completed", "fan-out"))
    batches = []
    for call in range(WARM_UP + max(30, min(60, 1_500 // n))):
        [webhook] = first_of_a_call(call)
        ingest.invoke(signed(webhook))
        item = aws.tables.items["events"][(f"livekit:{webhook['id']}",)]
        batches.append({"Records": [record(item)]})
    measured = list(costs(fan_out, aws, batches))[WARM_UP:]
    for function in (ingest, fan_out):
        function.end()
    return {"n": n, **median(measured)}


SWEEP = Sweep(
    title="Subscriptions of a tenant",
    quantity="subscriptions",
    functions=("call-completed", "fan-out"),
    measure=_measure,
)
