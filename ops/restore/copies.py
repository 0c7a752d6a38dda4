"""Copies the items of one table back into another: in parallel, resumable, over newer items only with `overwrite`.

Both have the same keys. Each page that is read is compared with what the other table has; what is missing there is put
on the condition that it is still missing.
"""

import datetime
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from project.progress import Failure
from project.state import write_private

from .. import segments
from ..items import Item
from ..store import READ_BATCH, until_processed

WRITERS = 32
DONE = "done"
# How every page is read; a page is a megabyte.
SCAN: dict[str, Any] = {"ConsistentRead": True}


@dataclass(frozen=True)
class Copying:
    """What is copied where. `adapt` returns the item to write; None leaves it out. `prepare` precedes each write."""

    source: str
    target: str
    keys: tuple[str, ...]
    adapt: Callable[[Item], Item | None] = lambda item: item
    kind: Callable[[Item], str] = lambda _: ""
    prepare: Callable[[list[Item]], None] = lambda _: None
    # Whether items that the target has are put back into the state that the source has.
    overwrite: bool = False


@dataclass
class Counts:
    """What was found and done so far, counted by several threads."""

    read: int = 0
    same: int = 0
    # The target has another state of them.
    differ: int = 0
    # Expired, or not to be copied.
    left_out: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    written: int = 0
    # They came to the target while this ran.
    overtaken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.missing.items()) if kind)
        return (
            f"{self.read:,} read: {self.same:,} are there, {self.missing.total():,} are missing"
            f"{f' ({kinds})' if kinds else ''}, {self.differ:,} differ, {self.left_out:,} are left out"
        )

    def progress(self) -> str:
        """How far a comparison or a copy is."""
        return f"{self}{f', {self.written:,} written' if self.written else ''}"


class Progress:
    """How far each segment is, kept in a file so that a later run goes on there."""

    def __init__(self, path: Path, copying: Copying) -> None:
        """Goes on where a run of the same copying was interrupted."""
        self._path, self._lock = path, threading.Lock()
        self._header = {"source": copying.source, "target": copying.target, "overwrite": copying.overwrite}
        stored = json.loads(path.read_text()) if path.exists() else {}
        same = {name: stored.get(name) for name in self._header} == self._header
        self._segments: dict[str, Any] = stored["segments"] if same else {}

    @property
    def is_begun(self) -> bool:
        return bool(self._segments)

    def start(self, segment: int) -> Any:
        """The key after which a segment goes on: None from its beginning, DONE where nothing is left."""
        return self._segments.get(str(segment))

    def reached(self, segment: int, key: Any) -> None:
        with self._lock:
            self._segments[str(segment)] = key or DONE
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._path, json.dumps(self._header | {"segments": self._segments}))

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


def not_expired(item: Item) -> bool:
    """Whether DynamoDB would not delete it anyway."""
    expires = item.get("expiresAt", {}).get("N")
    return not expires or int(expires) > datetime.datetime.now(datetime.UTC).timestamp()


class Copier:
    """Compares and copies."""

    def __init__(self, dynamodb: Any, copying: Copying) -> None:
        self._dynamodb, self._copying = dynamodb, copying

    def compare(self) -> Counts:
        counts = Counts()
        self._run(counts, None, None)
        return counts

    def copy(self, progress: Progress) -> Counts:
        """Copies what is missing, and what differs if it is to be overwritten."""
        counts = Counts()
        with ThreadPoolExecutor(max_workers=WRITERS) as writers:
            self._run(counts, progress, writers)
        progress.forget()
        return counts

    def _run(self, counts: Counts, progress: Progress | None, writers: ThreadPoolExecutor | None) -> None:
        def segment(number: int, stopped: threading.Event) -> None:
            self._segment(number, stopped, counts, progress, writers)

        broken = segments.each(segment, counts.progress)
        if broken:
            raise Failure(f"A part was not read to its end: {broken[0]}. Repeat the command; it goes on where it was.")

    def _segment(
        self,
        segment: int,
        stopped: threading.Event,
        counts: Counts,
        progress: Progress | None,
        writers: ThreadPoolExecutor | None,
    ) -> None:
        start = progress.start(segment) if progress else None
        while start != DONE and not stopped.is_set():
            after = {"ExclusiveStartKey": start} if start else {}
            page = self._dynamodb.scan(
                TableName=self._copying.source, Segment=segment, TotalSegments=segments.SEGMENTS, **SCAN, **after
            )
            todo = self._compared(page["Items"], counts)
            if writers:
                self._copying.prepare(todo)
                written = list(writers.map(self._put, todo))
                with counts.lock:
                    counts.written += written.count(True)
                    counts.overtaken += written.count(False)
            start = page.get("LastEvaluatedKey", DONE)
            if progress:
                progress.reached(segment, start)

    def _compared(self, items: list[Item], counts: Counts) -> list[Item]:
        """The items of a page that are to be put."""
        adapted = [self._copying.adapt(item) if not_expired(item) else None for item in items]
        # Two may become one by what is made of them.
        wanted = list({self._place(item): item for item in adapted if item}.values())
        present = self._present(wanted)
        todo = []
        with counts.lock:
            counts.read += len(items)
            counts.left_out += len(items) - len(wanted)
            for item in wanted:
                there = present.get(self._place(item))
                if there is None:
                    counts.missing[self._copying.kind(item)] += 1
                elif there == item:
                    counts.same += 1
                else:
                    counts.differ += 1
                if there is None or (self._copying.overwrite and there != item):
                    todo.append(item)
        return todo

    def _present(self, items: list[Item]) -> dict[tuple[str, ...], Item]:
        """What the target has under the keys of these."""
        keys = [self._key(item) for item in items]
        present = {}
        for start in range(0, len(keys), READ_BATCH):
            request = {self._copying.target: {"Keys": keys[start : start + READ_BATCH], "ConsistentRead": True}}
            for answer in until_processed(self._dynamodb.batch_get_item, request):
                present |= {self._place(item): item for item in answer["Responses"].get(self._copying.target, [])}
        return present

    def _put(self, item: Item) -> bool:
        """False when the item came meanwhile."""
        request: dict[str, Any] = {"TableName": self._copying.target, "Item": item}
        if not self._copying.overwrite:
            request |= {
                "ConditionExpression": "attribute_not_exists(#key)",
                "ExpressionAttributeNames": {"#key": self._copying.keys[0]},
            }
        try:
            self._dynamodb.put_item(**request)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _key(self, item: Item) -> Item:
        return {name: item[name] for name in self._copying.keys}

    def _place(self, item: Item) -> tuple[str, ...]:
        return tuple(str(next(iter(item[name].values()))) for name in self._copying.keys)
