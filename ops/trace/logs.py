"""What the functions and the API logged about some ids, found by Logs Insights."""

import datetime
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from project.progress import Failure

# A query has 10,000 characters.
QUERY_CHARACTERS = 8_000
MAX_LINES = 10_000
PRICE_PER_GB = 0.005  # $
WAIT_SECONDS = 120
BEFORE, AFTER = 60_000, 15 * 60_000  # around a time, ms
ACCESS = "api"
# Lambda's own lines.
PLATFORM = re.compile(r'START RequestId|END RequestId|REPORT RequestId|INIT_START|\{"time":"[^"]*","type":"platform\.')


@dataclass(frozen=True)
class Line:
    """A line of a log, its span's fields beside its own."""

    at: int
    function: str
    fields: dict[str, Any] = field(hash=False)

    def field(self, name: str) -> str:
        """A field as text; empty where the line has none."""
        value = self.fields.get(name)
        return "" if value is None else str(value)


Window = tuple[int, int]


class Logs:
    """The two log groups of a stage."""

    def __init__(self, client: Any, stage: str) -> None:
        """No query is sent yet."""
        self._client = client
        self._functions = f"/ringpost/{stage}/functions"
        self._access = f"/aws/vendedlogs/ringpost/{stage}/api"
        self.bytes = 0.0
        self.is_cut = False
        self.refusals: set[str] = set()

    def lines(self, texts: Iterable[str], windows: Iterable[Window], functions: Iterable[str] = ()) -> list[Line]:
        """The lines that have any of the texts, of these functions or of all, each once, in the order of time."""
        names = "|".join(re.escape(f'"function":"{name}"') for name in functions)
        return self._select(texts, windows, self._functions, f"| filter @message like /{names}/ " if names else "")

    def requests(self, ids: Iterable[str], windows: Iterable[Window]) -> list[Line]:
        """The lines of the API's access log about these invocations of functions."""
        return self._select(ids, windows, self._access)

    def _select(self, texts: Iterable[str], windows: Iterable[Window], group: str, also: str = "") -> list[Line]:
        found: dict[tuple[int, str, str], Line] = {}
        for alternatives in _alternatives(texts):
            for window in windows:
                found |= self._run(alternatives, window, group, also)
        return [found[key] for key in sorted(found)]

    @property
    def cost(self) -> str:
        return f"{self.bytes / 1e6:,.1f} MB of logs (${self.bytes / 1e9 * PRICE_PER_GB:,.2f})"

    def _run(self, alternatives: str, window: Window, group: str, also: str) -> dict[tuple[int, str, str], Line]:
        query = (
            f"fields @timestamp, @message, @log | filter @message like /{alternatives}/ {also}"
            f"| sort @timestamp asc | limit {MAX_LINES}"
        )
        try:
            started = self._client.start_query(
                logGroupNames=[group],
                startTime=window[0] // 1_000,
                endTime=window[1] // 1_000 + 1,
                queryString=query,
                limit=MAX_LINES,
            )
        except ClientError as error:
            # Of a time before the group was made, or before its retention, nothing can be queried.
            if error.response["Error"]["Code"] != "MalformedQueryException":
                raise
            self.refusals.add(error.response["Error"]["Message"])
            return {}
        answer = self._await(started["queryId"])
        self.bytes += answer.get("statistics", {}).get("bytesScanned", 0)
        rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
        self.is_cut |= len(rows) >= MAX_LINES
        return {key: line for row in rows if (read := _read(row)) for key, line in (read,)}

    def _await(self, query: str) -> dict[str, Any]:
        deadline, pause = time.monotonic() + WAIT_SECONDS, 0.1
        while True:
            answer = self._client.get_query_results(queryId=query)
            if answer["status"] == "Complete":
                return answer
            if answer["status"] not in ("Running", "Scheduled") or time.monotonic() > deadline:
                raise Failure(f"Logs Insights did not answer: the query is {answer['status']}. Repeat the command.")
            time.sleep(pause)
            pause = min(pause * 2, 2)


def around(times: Iterable[int], now: int) -> list[Window]:
    """Windows around these times; windows that touch are one."""
    windows: list[Window] = []
    for at in sorted(times):
        start, end = at - BEFORE, min(at + AFTER, now + BEFORE)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
        elif start < end:
            windows.append((start, end))
    return windows


def _alternatives(texts: Iterable[str]) -> Iterator[str]:
    """Regular expressions that find any of the texts as JSON has them, each short enough for a query."""
    escaped = [
        re.escape(json.dumps(text, ensure_ascii=False)[1:-1]).replace("/", r"\/") for text in dict.fromkeys(texts)
    ]
    part, length = [], 0
    for one in escaped:
        if part and length + len(one) > QUERY_CHARACTERS:
            yield "|".join(part)
            part, length = [], 0
        part.append(one)
        length += len(one) + 1
    if part:
        yield "|".join(part)


def _read(row: dict[str, str]) -> tuple[tuple[int, str, str], Line] | None:
    message = row["@message"].strip()
    if PLATFORM.match(message):
        return None
    at = _millis(row["@timestamp"])
    try:
        fields = json.loads(message)
    except ValueError:
        fields = {"message": message}
    span = fields.pop("span", None) if isinstance(fields, dict) else None
    fields = (span if isinstance(span, dict) else {}) | (fields if isinstance(fields, dict) else {"message": message})
    # A line of the API names no function: its log group ends in `api`.
    function = fields.get("function") or row["@log"].rpartition("/")[2]
    return (at, function, message), Line(at, function, fields)


def _millis(shown: str) -> int:
    at = datetime.datetime.fromisoformat(shown).replace(tzinfo=datetime.UTC)
    return round(at.timestamp() * 1_000)
