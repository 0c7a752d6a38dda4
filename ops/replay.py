"""`make replay STAGE=dev FROM=… TO=…`: drives again every event of the log that was received in a window.

With the operator's own AWS credentials; the stage `local` means the running local stack. Driving an event again is
always safe: what it did before is found done.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from project.progress import Failure, say

from . import stage, times

SEGMENTS = 8
# SQS takes so many messages at once.
BATCH = 10
TRIES = 5
OUTPUTS = ("EventsTable", "FanOutRetryQueueUrl")
SHOWN_FAILURES = 20
BYTES_PER_READ_UNIT = 8192  # eventually consistent
READ_UNITS_PRICE = 0.125  # $ per million


@dataclass(frozen=True)
class Clients:
    """What a replay talks to."""

    cloudformation: Any
    dynamodb: Any
    sqs: Any


@dataclass(frozen=True)
class Window:
    """A span of time in milliseconds since 1970, its end left out."""

    start: int
    end: int


@dataclass
class Progress:
    """What was done so far, counted by several threads."""

    scanned: int = 0
    matched: int = 0
    queued: int = 0
    refused: list[str] = field(default_factory=list)
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, scanned: int = 0, matched: int = 0, queued: int = 0, refused: Iterable[str] = ()) -> None:
        """Counts on."""
        with self.lock:
            self.scanned += scanned
            self.matched += matched
            self.queued += queued
            self.refused.extend(refused)

    def told(self) -> str:
        """The counts, for a person."""
        return f"scanned {self.scanned:,}, matched {self.matched:,}, queued {self.queued:,}"


def run(arguments: list[str]) -> int:
    """The exit code: 0 when every event of the window is queued."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("stage", choices=stage.STAGES)
    parser.add_argument(
        "--from", dest="start", metavar="TIME", type=times.argument, required=True, help="like 2026-11-01T00:00Z"
    )
    parser.add_argument(
        "--to", dest="end", metavar="TIME", type=times.argument, default=times.now(), help="by default now"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    chosen = parser.parse_args(arguments)
    window = Window(chosen.start, chosen.end)
    if window.start >= window.end:
        raise Failure("The window is empty: FROM must be before TO.")
    clients = Clients(*stage.clients(chosen.stage, "cloudformation", "dynamodb", "sqs"))
    table, queue = _outputs(clients, f"ringpost-{chosen.stage}")
    _announce(clients, chosen.stage, window, table)
    if not chosen.yes and not stage.agreed("Go on"):
        say("Nothing was queued.")
        return 1
    return _replay(clients, window, table, queue)


def _outputs(clients: Clients, stack: str) -> tuple[str, ...]:
    described = clients.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    values = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    if missing := [name for name in OUTPUTS if name not in values]:
        raise Failure(f"The stack {stack} has no output {', '.join(missing)}; deploy this version first.")
    return tuple(values[name] for name in OUTPUTS)


def _announce(clients: Clients, name: str, window: Window, table: str) -> None:
    described = clients.dynamodb.describe_table(TableName=table)["Table"]
    size = described.get("TableSizeBytes", 0)
    price = size / BYTES_PER_READ_UNIT * READ_UNITS_PRICE / 1e6
    start, end = times.shown(window.start), times.shown(window.end)
    say(f"Events of {name}, received from {start} until before {end}, are driven again.")
    say("What an event did before is not done twice; what it should have done and did not, is.")
    say(
        f"To find them the whole log is read: about {described.get('ItemCount', 0):,} events, "
        f"{size / 1e6:,.1f} MB, ${price:,.2f} (as DynamoDB counted within the last six hours)."
    )


def _replay(clients: Clients, window: Window, table: str, queue: str) -> int:
    progress = Progress()
    with ThreadPoolExecutor(max_workers=SEGMENTS) as pool:
        running = {
            pool.submit(_segment, clients, window, (table, queue), number, progress) for number in range(SEGMENTS)
        }
        broken = []
        try:
            while running:
                ended, running = wait(running, timeout=2, return_when=FIRST_COMPLETED)
                broken += [error for task in ended if (error := task.exception())]
                if not ended:
                    say(f"  {progress.told()}")
        except KeyboardInterrupt:
            progress.stopped = True
            raise
    say(f"{progress.told()}.")
    if not broken and not progress.refused:
        say("All are queued. The alarm FanOutDeadAlarm tells of those that cannot be driven.")
        return 0
    for error in broken:
        say(f"✗ a part of the log was not read to its end: {error}")
    if progress.refused:
        say(f"✗ {len(progress.refused):,} events were not queued, among them:")
        for key in progress.refused[:SHOWN_FAILURES]:
            say(f"  {key}")
    say("Repeat the command: what is queued already is not done twice.")
    return 1


def _segment(clients: Clients, window: Window, names: tuple[str, str], number: int, progress: Progress) -> None:
    """Queues a segment's events page by page, so that nothing is kept in memory."""
    table, queue = names
    for page in _pages(clients.dynamodb, window, table, number):
        keys = [item["key"]["S"] for item in page["Items"]]
        progress.add(scanned=page["ScannedCount"], matched=len(keys))
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            refused = _send(clients.sqs, queue, batch)
            progress.add(queued=len(batch) - len(refused), refused=refused)
        if progress.stopped:
            return


def _pages(dynamodb: Any, window: Window, table: str, number: int) -> Iterator[dict[str, Any]]:
    return dynamodb.get_paginator("scan").paginate(
        TableName=table,
        Segment=number,
        TotalSegments=SEGMENTS,
        ProjectionExpression="#key",
        FilterExpression="receivedAt >= :start AND receivedAt < :end",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={":start": {"N": str(window.start)}, ":end": {"N": str(window.end)}},
    )


def _send(sqs: Any, queue: str, keys: list[str]) -> list[str]:
    """The keys that the queue did not take, tried several times."""
    left = keys
    for attempt in range(TRIES):
        if attempt:
            time.sleep(2**attempt / 10)
        entries = [{"Id": str(place), "MessageBody": _message(key)} for place, key in enumerate(left)]
        try:
            answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        except (BotoCoreError, ClientError):
            continue
        left = [left[int(failed["Id"])] for failed in answer.get("Failed", [])]
        if not left:
            return []
    return left


def _message(key: str) -> str:
    return json.dumps({"version": "1", "eventKey": key}, ensure_ascii=False, separators=(",", ":"))
