"""Runs the verbs of a package in the environment `cloud`, and turns what stops them into a message and an exit code."""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from . import environment
from .progress import Failure, fail
from .settings import CLOUD_LOG, ROOT

INTERRUPTED = 130


def main(module: str, verbs: str, prepare: Callable[[list[str]], None] | None = None) -> int:
    """The exit code of `python -m module`, for which the module `verbs` has `run`. Standard library only until then.

    `prepare` gets the arguments before the environment is installed.
    """
    try:
        if prepare:
            prepare(sys.argv[1:])
        python = environment.ensure("cloud")
        if Path(sys.prefix) != python.parent.parent:
            os.execv(python, [str(python), "-m", module, *sys.argv[1:]])
        return run(importlib.import_module(verbs).run, sys.argv[1:])
    except Failure as failure:
        return fail(failure)


def run(verb: Callable[[list[str]], int], arguments: list[str]) -> int:
    """The exit code. What AWS refuses becomes a Failure."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - a package of the environment

    # So that a SIGTERM undoes what was begun, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return verb(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BotoCoreError, ClientError) as error:
        raise Failure(
            f"AWS, or the local cloud in its place, refused: {error}\n"
            f"The local cloud's log is {CLOUD_LOG.relative_to(ROOT)}; make down and make up start it afresh."
        ) from error
