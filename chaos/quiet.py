"""Waits until nothing is on its way any more: no message in a queue, no delivery pending, and no new row."""

import math
import time
from collections import Counter
from collections.abc import Callable

from project.aws import client
from project.progress import Failure, say
from project.settings import ROOT

from .settings import LOG
from .stack import Stack
from .tables import scan

LOOK_SECONDS, SHOW_SECONDS = 3, 15
# How long nothing may change: a batch of the stream that failed comes again within that time. If events are missing or
# deliveries pending, it takes some minutes of the schedule until they count as lost.
STEADY_SECONDS, STEADY_SECONDS_FOR_MISSING = 12, 150
COUNTS = tuple(f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed"))


def wait(stack: Stack, events: int, longest_seconds: int) -> float:
    """How many seconds it took until nothing changed any more, at best with this number of events in the history."""
    started = shown = changed = time.monotonic()
    last = _look(stack)
    while (now := time.monotonic()) - changed < _steady_seconds(last, events):
        if now - started > longest_seconds:
            raise Failure(f"Not quiet after {longest_seconds} s: {_text(last)}. {LOG.relative_to(ROOT)} has the log.")
        if now - shown > SHOW_SECONDS:
            shown = now
            say(f"  {now - started:.0f} s: {_text(last)}")
        time.sleep(LOOK_SECONDS)
        if (look := _look(stack)) != last:
            last, changed = look, time.monotonic()
    return changed - started


def _steady_seconds(look: Counter[str], events: int) -> float:
    if look["in queues"]:
        return math.inf
    complete = look["in the history"] >= events and not look["pending"]
    return STEADY_SECONDS if complete else STEADY_SECONDS_FOR_MISSING


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
