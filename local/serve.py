"""`make run`: the stack in the foreground, with one call played through it; nothing is left when it ends."""

import queue
import signal

from . import demo, processes, state, up
from .customer import Customer
from .progress import Failure, say
from .settings import CLOUD_LOG, ROOT, STACK_ENV

NEXT = f"""
The stack keeps running. In another terminal:

  . {STACK_ENV.relative_to(ROOT)}    sets RINGPOST_URL, RINGPOST_TOKEN and the secrets, for the curl lines above;
                        the webhook, sent again, is answered as a repetition
  make logs             what the functions logged (FUNCTION=call-completed for one)
  make up               builds and deploys what you changed
  make test             runs every test against this stack

Ctrl-C stops everything.
"""


def serve() -> None:
    """Ends with KeyboardInterrupt (Ctrl-C, SIGTERM) or a Failure, and the stack with it."""
    try:
        up.up()
        customer = demo.play()
        say(NEXT)
        _wait(customer)
    finally:
        # A second Ctrl-C must not leave half of it behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say("\n· stopping")
        up.down()


def _wait(customer: Customer) -> None:
    while (running := state.load()) and processes.is_running(running.pid):
        try:
            delivery = customer.deliveries.get(timeout=1)
        except queue.Empty:
            continue
        say("\nAnother delivery:\n")
        demo.show(delivery)
    raise Failure(
        f"The local cloud is gone: make down stopped it, or it crashed; its log is {CLOUD_LOG.relative_to(ROOT)}."
    )
