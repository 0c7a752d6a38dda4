"""Waits until nothing is on its way any more: no message in a queue, no delivery pending, and no new row."""

import math
import time
from collections import Counter
from collections.abc import Callable

from project.aws import client
from project.progress import Failure, say

from .stack import Stack
from .tables import scan

LOOK_SECONDS, SHOW_SECONDS = 3, 15
# This number of equal looks: a batch of the stream that failed comes again within them. If events are missing or
# deliveries pending, it takes some minutes of the schedule until they count as lost.
LOOKS, LOOKS_FOR_MISSING = 4, 60
COUNTS = tuple(f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed"))


def wait(stack: Stack, events: int, longest_seconds: int) -> float:
    """How many seconds it took until nothing changed any more, at best with this number of events in the history."""
    started = shown = time.monotonic()
    last, equal = _look(stack), 0
    while equal < _looks(last, events):
        time.sleep(LOOK_SECONDS)
        now = _look(stack)
        equal = equal + 1 if now == last else 0
        last = now
        took = time.monotonic() - started
        if took > longest_seconds:
            raise Failure(
                f"Not quiet after {longest_seconds} s: {_text(last)}. The functions' log is .local/chaos.log."
            )
        if time.monotonic() - shown > SHOW_SECONDS:
            shown = time.monotonic()
            say(f"  {took:.0f} s: {_text(last)}")
    return time.monotonic() - started - equal * LOOK_SECONDS


def _looks(look: Counter[str], events: int) -> float:
    if look["in queues"]:
        return math.inf
    complete = look["in the history"] >= events and not look["pending"]
    return LOOKS if complete else LOOKS_FOR_MISSING


def messages(stack: Stack, of: Callable[[str], bool]) -> Counter[str]:
    """How many messages are in the queues of these logical ids, seen or not."""
    sqs, found = client("sqs", stack.port), Counter[str]()
    for logical, name in stack.names.items():
        if of(logical):
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            found[logical] = sum(int(counts[count]) for count in COUNTS)
    return found


def _look(stack: Stack) -> Counter[str]:
    """The queues, and once these are empty the tables, which are dear to read."""
    look = Counter({"in queues": messages(stack, lambda logical: logical.endswith("Queue")).total()})
    if look["in queues"]:
        return look
    rows = Counter(f"{row.get('direction')} {row.get('status')}" for row in scan(stack, "History"))
    look["in the history"], look["delivered"] = rows["inbound processed"], rows["outbound delivered"]
    look["pending"] = rows["outbound pending"]
    return look


def _text(look: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in look.items())
