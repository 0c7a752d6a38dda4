"""`make chaos`: plays calls without faults, then under faults, waits until all is quiet, and checks everything."""

import argparse
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from local.api import Api
from project.progress import step

from . import calls, customers, forgeries, quiet, tables
from .elevenlabs import ElevenLabs
from .outcome import Outcome
from .plan import Plan
from .senders import Senders
from .stack import Stack, running

QUIET_SECONDS = 1_200
# How long what was set off by the last events goes on under faults.
LINGER_SECONDS = 20
PAGE = 100
# Of a call's view, what depends on when its events were received.
RECEIPT = ("createdAt", "updatedAt")


def run(arguments: list[str]) -> int:
    """The exit code: 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=200)
    chosen = parser.parse_args(arguments)
    api = ElevenLabs()
    with running(api.url) as stack:
        return _play(stack, api, Plan(chosen.seed), chosen.events)


def _play(stack: Stack, api: ElevenLabs, plan: Plan, events: int) -> int:
    began = int(time.time() * 1_000)
    pairs = calls.pairs(plan, events)
    count = sum(len(call.reports) for _, call in pairs)
    api.conversations = calls.conversations([call for pair in pairs for call in pair])
    subscribed = customers.everyone()
    for customer in subscribed:
        customer.start(Api(stack.values["RINGPOST_URL"], stack.values["RINGPOST_TOKEN"]))
    with step(f"playing {len(pairs)} calls without faults"):
        twins = Senders(stack)
        twins.play(twin for twin, _ in pairs)
        quiet.wait(stack, count, QUIET_SECONDS)
    stack.proxy.plan = api.plan = plan
    for customer in subscribed:
        customer.plan = plan
    senders = Senders(stack)
    with step(f"playing the same calls shuffled, under the faults of seed {plan.seed}"):
        senders.shuffle([call for _, call in pairs], plan)
        time.sleep(LINGER_SECONDS)
    stack.proxy.heal()
    api.plan = None
    for customer in subscribed:
        customer.plan = None
    with step("nothing fails any more; waiting until all is quiet"):
        took = quiet.wait(stack, 2 * count, QUIET_SECONDS)
    evidence = forgeries.Evidence(tables.read(stack), dict(_views(stack)), began, pairs, subscribed)
    findings = evidence.findings()
    findings.unnoticed = forgeries.missed(evidence, findings)
    findings.others += twins.refused + senders.refused + stack.proxy.refused
    dead = quiet.messages(stack, lambda logical: logical.endswith("Dead"))
    findings.others += [f"{queue} has {count} messages" for queue, count in dead.items() if count]
    return Outcome(plan.seed, pairs, senders, subscribed, stack.proxy, took, findings).show()


def _views(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a frontend sees of each call, by its id."""
    api, query = Api(stack.values["RINGPOST_URL"], stack.values["RINGPOST_TOKEN"]), {"limit": str(PAGE)}
    while True:
        page = api.send("GET", f"/api/calls?{urlencode(query)}")
        for view in page["calls"]:
            yield view["id"], {name: value for name, value in view.items() if name not in RECEIPT}
        if not (cursor := page.get("nextCursor")):
            return
        query["cursor"] = cursor
