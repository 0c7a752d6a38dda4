"""Prints what the functions logged, oldest first."""

import datetime
from collections.abc import Iterator
from typing import Any

from ops import stage
from project.progress import Failure, say
from project.settings import STAGE

PREFIX = f"/ringpost/{STAGE}/"
# Lambda's own lines; what a function says is easier to find without them.
PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId")


def show(functions: list[str]) -> None:
    """The logs of these functions (named like their binaries), or of all."""
    [logs] = stage.clients(STAGE, "logs")
    known = _functions(logs)
    if unknown := set(functions) - set(known):
        raise Failure(f"No such function: {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
    chosen = functions or known
    lines = sorted(line for function in chosen for line in _lines(logs, function))
    for at, function, message in lines:
        clock = datetime.datetime.fromtimestamp(at / 1000).strftime("%H:%M:%S.%f")[:-3]
        say(f"{clock} {function}: {message}")
    if not lines:
        say(f"Nothing logged yet by {', '.join(chosen)}.")


def every(logs: Any) -> Iterator[tuple[str, str]]:
    """Each line of each function, with its function."""
    for name in _functions(logs):
        for _, function, line in _lines(logs, name):
            yield function, line


def _functions(logs: Any) -> list[str]:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX)
    return [group["logGroupName"].removeprefix(PREFIX) for page in pages for group in page["logGroups"]]


def _lines(logs: Any, function: str) -> Iterator[tuple[int, str, str]]:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=PREFIX + function):
        for event in page["events"]:
            if not event["message"].startswith(PLATFORM):
                yield event["timestamp"], function, event["message"].rstrip()
