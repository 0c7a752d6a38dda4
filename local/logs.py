"""Prints what the functions logged, oldest first."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

from ops import stage
from project import template as templates
from project.progress import Failure, say
from project.settings import STAGE

GROUP = f"/ringpost/{STAGE}/functions"
# Lambda's own lines; what a function says is easier to find without them.
PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId")
# Of a line that is no JSON, such as a panic's.
UNKNOWN = "?"


def show(functions: list[str]) -> None:
    """The logs of these functions (named like their binaries), or of all."""
    [logs] = stage.clients(STAGE, "logs")
    known = sorted(templates.binaries(templates.load()).values())
    if unknown := set(functions) - set(known):
        raise Failure(f"No such function: {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
    lines = sorted(line for line in _lines(logs) if not functions or line[1] in functions)
    for at, function, message in lines:
        clock = datetime.datetime.fromtimestamp(at / 1000).strftime("%H:%M:%S.%f")[:-3]
        say(f"{clock} {function}: {message}")
    if not lines:
        say(f"Nothing logged yet by {', '.join(functions or known)}.")


def every(logs: Any) -> Iterator[tuple[str, str]]:
    """Each line of each function, with its function."""
    return ((function, line) for _, function, line in _lines(logs))


def _lines(logs: Any) -> Iterator[tuple[int, str, str]]:
    """The time, the function and the text of each line."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP)
    for event in (event for page in pages for event in page["events"]):
        if not event["message"].startswith(PLATFORM):
            yield event["timestamp"], _function_of(event["message"]), event["message"].rstrip()


def _function_of(line: str) -> str:
    """The function that a line begins with."""
    try:
        fields = json.loads(line)
    except ValueError:
        return UNKNOWN
    return fields.get("function", UNKNOWN) if isinstance(fields, dict) else UNKNOWN
