"""One command at a time: tests in several processes may all ask for the stack to be up."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from project.progress import say
from project.settings import HOME

LOCK = HOME / "lock"


@contextmanager
def exclusive() -> Iterator[None]:
    """Waits for other commands of this checkout; the lock goes with the process, however it ends."""
    HOME.mkdir(exist_ok=True)
    with LOCK.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("· waiting for another command on this stack")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
