"""`make replay STAGE=dev FROM=… TO=…`: processes again every event of the log that was received in a window.

Processing an event again is always safe: what it did before is found done.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from project.progress import Failure, say

from . import segments, stage, times
from .store import size_and_price

# SQS takes at most this many messages at once.
BATCH = 10
TRIES = 5
OUTPUTS = ("EventsTable", "FanOutRetryQueueUrl")
BYTES_PER_READ_UNIT = 8192  # eventually consistent
SHOWN_FAILURES = 20


@dataclass
class Progress:
    """What was done so far, counted by several threads."""

    scanned: int = 0
    matched: int = 0
    queued: int = 0
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        return f"scanned {self.scanned:,}, matched {self.matched:,}, queued {self.queued:,}"


def run(arguments: list[str]) -> int:
    """The exit code: 0 when every event of the window is queued."""
    parser = stage.parser("replay", __doc__)
    parser.add_argument("--from", dest="start", type=times.argument, required=True, help="like 2026-11-01T00:00Z")
    parser.add_argument("--to", dest="end", type=times.argument, default=times.now(), help="by default now")
    chosen = parser.parse_args(arguments)
    if chosen.start >= chosen.end:
        raise Failure("The window is empty: FROM must be before TO.")
    cloudformation, dynamodb, sqs = stage.clients(chosen.stage, "cloudformation", "dynamodb", "sqs")
    table, queue = _outputs(cloudformation, stage.stack(chosen.stage))
    start, end = times.shown(chosen.start), times.shown(chosen.end)
    say(f"Events of {chosen.stage}, received from {start} until before {end}, are processed again.")
    say("What an event did before is not done twice; what it should have done and did not, is.")
    size = size_and_price([dynamodb.describe_table(TableName=table)["Table"]], BYTES_PER_READ_UNIT)
    say(f"To find them the whole log is read: {size} (as DynamoDB counted within the last six hours).")
    if not stage.confirmed("Go on", yes=chosen.yes, otherwise="Nothing was queued."):
        return 1
    progress = Progress()

    def segment(number: int, stopped: threading.Event) -> None:
        for page in _pages(dynamodb, table, number, chosen):
            _queue_page(sqs, queue, page, progress)
            if stopped.is_set():
                return

    return _report(progress, segments.each(segment, progress.__str__))


def _outputs(cloudformation: Any, stack: str) -> tuple[str, ...]:
    outputs = stage.described(cloudformation, stack).get("Outputs", [])
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    if missing := [name for name in OUTPUTS if name not in values]:
        raise Failure(f"The stack {stack} has no output {', '.join(missing)}; deploy this version first.")
    return tuple(values[name] for name in OUTPUTS)


def _pages(dynamodb: Any, table: str, number: int, window: argparse.Namespace) -> Iterator[dict[str, Any]]:
    return dynamodb.get_paginator("scan").paginate(
        TableName=table,
        Segment=number,
        TotalSegments=segments.SEGMENTS,
        ProjectionExpression="#key",
        FilterExpression="receivedAt >= :start AND receivedAt < :end",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={":start": {"N": str(window.start)}, ":end": {"N": str(window.end)}},
    )


def _queue_page(sqs: Any, queue: str, page: dict[str, Any], progress: Progress) -> None:
    keys = [item["key"]["S"] for item in page["Items"]]
    with progress.lock:
        progress.scanned += page["ScannedCount"]
        progress.matched += len(keys)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        refused = _send(sqs, queue, batch)
        with progress.lock:
            progress.queued += len(batch) - len(refused)
            progress.refused += refused


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


def _report(progress: Progress, broken: list[BaseException]) -> int:
    say(f"{progress}.")
    if not broken and not progress.refused:
        say("All are queued. The alarm FanOutDeadAlarm reports those that cannot be processed.")
        return 0
    for error in broken:
        say(f"✗ a part of the log was not read to its end: {error}")
    if progress.refused:
        say(f"✗ {len(progress.refused):,} events were not queued, among them:")
        for key in progress.refused[:SHOWN_FAILURES]:
            say(f"  {key}")
    say("Repeat the command: what is queued already is not done twice.")
    return 1
