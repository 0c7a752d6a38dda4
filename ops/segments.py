"""Reads a table in parallel segments, and prints every few seconds how far it is."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from project.progress import say

SEGMENTS = 8
SECONDS_BETWEEN_LINES = 3


def each(work: Callable[[int, threading.Event], None], progress: Callable[[], str]) -> list[BaseException]:
    """Runs `work` for each segment and returns what broke. The event is set when the operator interrupts."""
    stopped, broken = threading.Event(), []
    with ThreadPoolExecutor(max_workers=SEGMENTS) as pool:
        running = {pool.submit(work, segment, stopped) for segment in range(SEGMENTS)}
        try:
            while running:
                ended, running = wait(running, timeout=SECONDS_BETWEEN_LINES, return_when=FIRST_COMPLETED)
                broken += [error for task in ended if (error := task.exception())]
                if not ended:
                    say(f"  {progress()}")
        except KeyboardInterrupt:
            stopped.set()
            raise
    return broken
