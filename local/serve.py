"""`make run`: one call played through the stack, which then serves until Ctrl-C.

What it started it stops; a stack that `make up` had started stays.
"""

import queue
import signal
from contextlib import suppress

from project import state
from project.progress import Failure, say
from project.settings import CLOUD_LOG, ROOT

from . import processes, up
from .demo import Demonstration, describe

NEXT = """
The console shows this call: {console}

The stack serves on. In another terminal:
   make logs    what the functions logged (FUNCTION=call-completed for one)
   make up      builds and deploys what you changed
   make test    tests it, against this stack
"""
STOPS = "Ctrl-C stops everything. VERBOSE=1 make run shows every answer whole."
STAYS = "Ctrl-C ends the demonstration and leaves the stack, which make up had started; make down stops it."


def serve() -> None:
    """Ends with KeyboardInterrupt (Ctrl-C, SIGTERM) or a Failure."""
    started = up.up()
    demonstration = None
    try:
        demonstration = Demonstration()
        demonstration.play()
        say(NEXT.format(console=demonstration.console) + (STOPS if started else STAYS))
        _wait(demonstration)
    finally:
        # A second Ctrl-C must not leave half of it behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if started:
            say("\n· stopping")
            up.down()
        elif demonstration:
            demonstration.end()
            say("\nThe stack stays up; make down stops it.")


def _wait(demonstration: Demonstration) -> None:
    while (running := state.load()) and processes.is_running(running.pid):
        with suppress(queue.Empty):
            say("   " + describe(demonstration.customer.deliveries.get(timeout=1)))
    raise Failure(
        f"The local cloud is gone: make down stopped it, or it crashed; its log is {CLOUD_LOG.relative_to(ROOT)}."
    )
