"""Whether a test killed the process right before and right after every write that a function can make.

The writes are those that the roles in template.yaml allow, and checks/template/ holds the roles to what the functions
need. The kills are in target/crash-points/, where tests/src/crash_points.rs records them. A part of `make test`.
"""

import json
import re
import sys
from collections.abc import Iterator

from project import template as templates
from project.progress import say
from project.settings import CRASH_POINTS

from .template.resources import Resources, as_list, logical, of_type, statements, transformed

Point = tuple[str, str, str, str]
WRITES = re.compile(r"dynamodb:(Put|Update|Delete)Item|dynamodb:BatchWriteItem|sqs:SendMessage")
# The name that tests give a queue. A table has its logical id in lower case.
QUEUES = {
    "FanOutRetryQueue": "retry",
    "TranscriptQueue": "transcripts",
    "DeliveryQueue": "deliveries",
    "SlowDeliveryQueue": "deliveries-slow",
    "RecoveryQueue": "recoveries",
    "DeferredEventsQueue": "deferred",
}
# A count that is lost lets one more request in, and nothing else; the platform itself writes to the dead letters of
# the stream; and what has no name of its own is no table or queue.
NO_CRASH_POINTS = {"Limits", "FanOutDead", ""}
# One conditional write each, on request of a user who repeats it: nothing can be half done.
SINGLE = re.compile(r"directory-.*|webhook-config|webhook-rotate-secret|webhook-test|webhooks-test")
# They run the code of another function, record by record.
SAME_CODE = {"fan-out-retry": "fan-out"}
# Kept counts are dropped before a call changes; the tests of call_counts_kept.rs kill the table's client there.
DROPS_COUNTS = ("UpdateItem", "calls")
# They append events that are too small for chunks: their own, those of a message, and bodies of 128 KB at most.
SMALL = {"deferred-events", "deliver", "publish-event", "sip-inbound", "sweep"}


def main() -> int:
    """The exit code: 0 when no write is without its kills."""
    template = templates.load()
    resources = transformed(template)
    wanted = set(_points(templates.binaries(template), resources))
    killed = set(_record())
    for function, operation, resource, when in sorted(wanted - killed):
        say(f"✗ no test kills {function} right {when} {operation} of {resource}")
    writes = {point[:3] for point in wanted}
    functions = {point[0] for point in wanted}
    missing = len(wanted - killed)
    say(f"crash points: {len(writes)} writes of {len(functions)} functions, before and after each; {missing} missing")
    return 1 if missing else 0


def _points(binary_of: dict[str, str], resources: Resources) -> Iterator[Point]:
    roles = of_type(resources, "AWS::IAM::Role")
    for name, binary in binary_of.items():
        if SINGLE.fullmatch(binary):
            continue
        for statement in statements(roles[f"{name}Role"]):
            targets = {logical(resource) for resource in as_list(statement["Resource"])} - NO_CRASH_POINTS
            for action in filter(WRITES.fullmatch, as_list(statement["Action"])):
                for target in targets - ({"Chunks"} if binary in SMALL else set()):
                    write = action.split(":")[1], QUEUES.get(target, target.lower())
                    if write != DROPS_COUNTS:
                        yield from ((SAME_CODE.get(binary, binary), *write, when) for when in ("before", "after"))


def _record() -> Iterator[Point]:
    for path in CRASH_POINTS.glob("*.jsonl"):
        for line in path.read_text().splitlines():
            kill = json.loads(line)
            operation = kill["operation"].removesuffix("Batch")
            yield kill["function"], operation, kill["resource"], kill["when"]


if __name__ == "__main__":
    sys.exit(main())
