"""Counts what a webhook leaves behind: `python3 -m bench.footprint [folder of the binaries]`.

The real binaries take webhooks in, fold them and deliver, against a stand-in for AWS that bills as DynamoDB does
(tables.py) and a customer that takes everything. bench/footprint.json then holds the write and read units of each
table, the items, the requests, and the log lines: what bench/cost.py puts a price on. Durations are not measured
here; a debug build counts the same. By default the binaries are those of `make bench`, in target/release.
"""

import json
import sys
from pathlib import Path
from typing import Any

from samples.shapes import compact, queue_message

from .binaries import FOLDER, ROOT
from .items import entry, subscription
from .stand_in import Aws, Customer, Function
from .webhooks import first_of_a_call, record, signed, whole_call

RESULT = ROOT / "bench" / "footprint.json"
FUNCTIONS = ("call-completed", "fan-out", "fan-out-retry", "deliver")
# Who works on what is sent to a queue, by the end of its URL.
WORKERS = {"retry": "fan-out-retry", "deliveries": "deliver"}
BATCH = 10
# The event types of the second scenario's customer.
LIFECYCLE = ["call.created", "call.answered", "call.completed"]
NEVER = ["webhook.disabled"]
Json = dict[str, Any]


def play(folder: Path, calls: list[list[Json]], wanted: list[str], batch: int) -> Json:
    """What `calls` leave behind when fan-out and deliver get this number of records at once."""
    aws, customer = Aws(), Customer()
    for number in ("+17678189426", "+18588796658"):
        line = entry("number", {"number": number, "tenantId": "demo", "userId": "user_demo"})
        aws.tables.put("directory", line | {"key": {"S": f"number#{number}"}})
    subscribed = subscription(f"{customer.url}/webhooks")
    config = json.loads(subscribed["config"]["S"]) | {"eventTypes": wanted}
    aws.tables.put("webhook-configs", subscribed | {"config": {"S": json.dumps(config)}})
    before = aws.tables.stored()
    functions = {name: Function(folder, name, aws) for name in FUNCTIONS}
    counted = {name: {"invocations": 0} for name in FUNCTIONS}
    answers: list[int] = []
    for function in functions.values():
        function.is_ready.wait(timeout=60)
    # What a cold start reads is not a webhook's.
    aws.tables.reset()
    try:
        # The first events of all calls, then their second ones: a batch holds events of different calls.
        for webhooks in zip(*calls, strict=True):
            known = set(aws.tables.items["events"])
            for webhook in webhooks:
                answers.append(len(json.dumps(run(functions, counted, aws, "call-completed", signed(webhook))["body"])))
            records = [record(item) for key, item in aws.tables.items["events"].items() if key not in known]
            for some in chunks(records, batch):
                run(functions, counted, aws, "fan-out", {"Records": some})
            for queue_name, worker in WORKERS.items():
                messages = [queue_message(queue_name, json.loads(body)) for body in aws.sent[queue_name]]
                counted[worker]["messages"] = counted[worker].get("messages", 0) + len(messages)
                aws.sent[queue_name].clear()
                for some in chunks(messages, batch):
                    numbered = [message | {"messageId": str(place)} for place, message in enumerate(some)]
                    run(functions, counted, aws, worker, {"Records": numbered})
        for name, function in functions.items():
            lines = function.lines()
            counted[name] |= {"log_lines": len(lines), "log_bytes": sum(len(line.encode()) for line in lines)}
        sample = {name: max(function.lines(), key=len, default="") for name, function in functions.items()}
    finally:
        for function in functions.values():
            function.end()
    after = aws.tables.stored()
    empty = {"items": 0, "bytes": 0}
    return {
        "webhooks": sum(map(len, calls)),
        "calls": len(calls),
        "deliveries": len(customer.bytes),
        "batch": batch,
        "webhook_bytes": sum(len(compact(webhook)) for call in calls for webhook in call),
        "answer_bytes": sum(answers),
        "delivery_bytes": sum(customer.bytes),
        "functions": counted,
        "stored": {
            table: {what: found[what] - before.get(table, empty)[what] for what in found}
            for table, found in sorted(after.items())
            if found != before.get(table, empty)
        },
        "log_samples": sample,
    }


def run(functions: dict[str, Function], counted: Json, aws: Aws, name: str, event: Json) -> Json:
    """Invokes a function and adds what that cost to what it has cost."""
    answer = functions[name].invoke(event)
    cost, tables = counted[name], aws.tables
    cost["invocations"] += 1
    for what in ("requests", "writes", "index_writes", "reads"):
        for key, count in getattr(tables, what).items():
            cost.setdefault(what, {})[key] = cost.setdefault(what, {}).get(key, 0) + count
    tables.reset()
    return answer


def chunks(items: list[Any], length: int) -> list[list[Any]]:
    """The items in parts of this length."""
    return [items[start : start + length] for start in range(0, len(items), length)]


def main() -> int:
    """Plays every scenario with single records and with full batches."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    scenarios = {
        "a call's first webhook": (first_of_a_call, ["call.completed"]),
        "a whole call": (whole_call, LIFECYCLE),
        "a whole call without a subscription": (whole_call, NEVER),
    }
    found = {}
    for name, (make, wanted) in scenarios.items():
        calls = [make(call) for call in range(1, BATCH + 1)]
        found[name] = {f"batches of {batch}": play(folder, calls, wanted, batch) for batch in (1, BATCH)}
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{RESULT.relative_to(ROOT)} holds the counts.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
