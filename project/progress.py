"""What a command prints while it works, and the failure that ends it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Failure(Exception):
    """Ends the command. The message says what happened and what to do next."""


def say(line: str = "") -> None:
    """Prints at once, also into a pipe."""
    print(line, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Prints a step before it starts, and its duration when it took a second or more."""
    say(f"· {title}")
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    if took >= 1:
        # Several may run at once.
        say(f"  {title}: {took:.1f} s")


def fail(failure: Failure) -> int:
    """Prints a failure and gives the exit code for it."""
    print(f"\n✗ {failure}", file=sys.stderr, flush=True)
    return 1
