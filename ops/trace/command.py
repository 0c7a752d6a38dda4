"""`make trace STAGE=dev ID=…`: prints the whole way of one thing, from the webhook to its deliveries.

ID is an event's key or a provider's id of it, a call's id or any name that a provider gives the call, a webhook-id that
a customer quotes, or an id of the history (then with TENANT). It changes nothing. No output has a
body, a secret or a whole number.
"""

import argparse
import os
import sys

from project.progress import Failure, say

from .. import stage, times
from ..phone_number import E164
from ..store import Store
from .logs import Logs
from .report import Report
from .result import Query
from .search import Search


def run(arguments: list[str]) -> int:
    """The exit code: 0 when something was found."""
    parser = stage.parser("trace", __doc__)
    parser.add_argument("--id", required=True, type=_id, help="what to trace")
    parser.add_argument("--tenant", default="", help="whose it is")
    parser.add_argument("--call", default="", help="any name of the call that a webhook-id is about")
    parser.add_argument("--at", metavar="TIME", type=times.argument, help="about when, like 2026-11-01T14:00Z")
    chosen = parser.parse_args(arguments)
    cloudformation, dynamodb, logs = stage.clients(chosen.stage, "cloudformation", "dynamodb", "logs")
    store = Store(cloudformation, dynamodb, stage.stack(chosen.stage))
    lines = Logs(logs, chosen.stage)
    query = Query(chosen.id, chosen.tenant, chosen.call, chosen.at, chosen.yes)
    result = Search(store, lines, query).run()
    try:
        Report(result, times.now()).print()
        say(f"\n{store.requests} requests to DynamoDB, {lines.cost} read.")
        if lines.is_cut:
            say("! The logs have more lines about it than were read.")
        for refusal in sorted(lines.refusals):
            say(f"! Some logs cannot be read: {refusal}")
    except BrokenPipeError:
        # A pager was closed. What is left in the buffer must not fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _id(text: str) -> str:
    text = text.strip()
    if not text:
        raise argparse.ArgumentTypeError("must be what to trace: ID=…")
    if E164.fullmatch(text):
        raise Failure("A phone number is the name of no call. GET /api/calls lists a tenant's calls; trace one's id.")
    return text
