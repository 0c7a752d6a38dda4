"""Plays one call through the running stack: webhook in, outcome, signed delivery out, history."""

import copy
import hashlib
import hmac
import json
import queue
import secrets
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from project.progress import Failure, say
from project.settings import HOME, ROOT
from samples.livekit import DOCUMENTED

from . import stack_env
from .api import Api
from .customer import Customer, Delivery
from .settings import VERBOSE

DEMO_WEBHOOK = HOME / "demo-webhook.json"
WEBHOOK = "/api/webhooks/call_completed"
CONFIGS = "/api/webhooks/config"
HISTORY = "/api/webhooks/events"
BEARER = '-H "Authorization: Bearer $RINGPOST_TOKEN"'
JSON = "-H 'Content-Type: application/json'"
# The stream, the queue, the post, and the second attempt; the emulator takes a tenth of a second for each.
DELIVERY_SECONDS = 30
NAME = "make run"
# What matters of a call that has ended.
SHOWN = ("callId", "status", "outcome", "duration", "agentConfigId", "recordingUrl")


class Demonstration:
    """One customer and one call. The customer keeps listening until `end`."""

    def __init__(self) -> None:
        self.env = stack_env.read()
        self.customer = Customer()
        self.api = Api(self.env["RINGPOST_URL"], self.env["RINGPOST_TOKEN"])

    def play(self) -> None:
        """Prints each step in a line, the curl line that does the same, and what matters of the answer."""
        say(f"\nOne call, in and out. To repeat a line in another terminal: . {stack_env.PATH.relative_to(ROOT)}")
        self._subscribe()
        call = self._report()
        self._ask(call)
        self._await_delivery(call)
        self._look_back(call)

    @property
    def console(self) -> str:
        """The console's address, which signs in."""
        return stack_env.console(self.env)

    def end(self) -> None:
        """Withdraws the customer's subscription: its endpoint ends with this process."""
        with suppress(Failure):
            self._withdraw()

    def _subscribe(self) -> None:
        # An earlier demonstration's customer listens no more.
        self._withdraw()
        config = {
            "name": NAME,
            "url": self.customer.url,
            "eventTypes": ["call.completed"],
            "retryConfig": {"initialDelay": 1},
        }
        say("\n1. A customer subscribes to calls that have ended.")
        say(f'   curl "$RINGPOST_URL{CONFIGS}" {BEARER} \\')
        say(f"     {JSON} \\\n     -d '{json.dumps(config)}'")
        made = self.api.send("POST", CONFIGS, config)
        webhook = made["webhook"]
        self.customer.secret = webhook["secret"]
        _show_answer(HTTPStatus.CREATED, made, f"subscription {webhook['id']}, signing secret {webhook['secret']}")

    def _report(self) -> str:
        sample = _fresh_sample()
        self.customer.unwell_at = sample["room"]["name"]
        body = json.dumps(sample, indent=2).encode()
        DEMO_WEBHOOK.write_bytes(body)
        signature = hmac.digest(self.env["LIVEKIT_WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hex()
        say("\n2. LiveKit reports that the agent has left the call, and reports it twice, as providers do.")
        say(f'   curl "$RINGPOST_URL{WEBHOOK}" --data-binary @{DEMO_WEBHOOK.relative_to(ROOT)} \\')
        say(f"     {JSON} -H 'X-LiveKit-Signature: {signature}'")
        answers = [self.api.send_bytes("POST", WEBHOOK, {"X-LiveKit-Signature": signature}, body) for _ in range(2)]
        for answer in answers:
            _show_answer(HTTPStatus.OK, answer, answer["message"])
        return answers[0]["call_id"]

    def _ask(self, call: str) -> None:
        path = f"/api/calls/{call}/outcome?user_id="
        say("\n3. A frontend asks for the call's outcome.")
        say(f'   curl "$RINGPOST_URL{path}$RINGPOST_USER" {BEARER}')
        found = self.api.send("GET", path + self.env["RINGPOST_USER"])
        _show_answer(
            HTTPStatus.OK,
            found,
            f"outcome {found['outcome']}, {found['duration']} s, {found['direction']}, {found['phoneNumber']}",
            f"recording {found['recordingUrl']}",
        )

    def _await_delivery(self, call: str) -> None:
        say(f"\n4. Ringpost posts call.completed to {self.customer.url}, which is not well at first.")
        deadline = time.monotonic() + DELIVERY_SECONDS
        while True:
            try:
                delivery = self.customer.deliveries.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                message = f"No delivery came within {DELIVERY_SECONDS} s; make logs FUNCTION=deliver shows why."
                raise Failure(message) from None
            if delivery.body is None or call not in json.dumps(delivery.body):
                continue
            if delivery.answer == HTTPStatus.OK:
                break
            say(f"   → {delivery.answer:d}  so it comes again a second later, under the same webhook-id:")
        for name, value in delivery.headers.items():
            say(f"   {name}: {value}")
        _show(delivery.body if VERBOSE else _shortened(delivery.body))
        say(f"   → {delivery.answer:d}  ✓ the official standardwebhooks library verified its signature")

    def _look_back(self, call: str) -> None:
        path = f"{HISTORY}?callId={call}"
        say("\n5. The history has what came in and what went out.")
        say(f'   curl "$RINGPOST_URL{path}" {BEARER}')
        found = self.api.send("GET", path)
        lines = [
            f"{event['direction']:<8} {event['eventType']:<17} {event['status']}"
            + (f" at attempt {event['attempts']}" if "attempts" in event else f", from {event['source']}")
            for event in sorted(found["events"], key=lambda event: event["direction"])
        ]
        _show_answer(HTTPStatus.OK, found, *lines)

    def _withdraw(self) -> None:
        for earlier in self.api.send("GET", CONFIGS)["webhooks"]:
            if earlier["name"] == NAME:
                self.api.send("DELETE", f"{CONFIGS}/{earlier['id']}")


def describe(delivery: Delivery) -> str:
    """One line about a delivery that came while the stack serves."""
    if delivery.body is None:
        return (
            "A post that the subscription's secret did not sign: answered 401. "
            "Another sender posted it, or the secret was changed."
        )
    message = delivery.headers["webhook-id"]
    return f"{delivery.body.get('type')} {message}: signature verified, answered {delivery.answer:d}."


def _show_answer(status: HTTPStatus, answer: dict[str, Any], *lines: str) -> None:
    """What matters of an answer; all of it if that is wanted."""
    first, *more = lines
    say(f"   → {status:d}  {first}")
    for line in more:
        say(f"          {line}")
    if VERBOSE:
        _show(answer)


def _show(answer: dict[str, Any]) -> None:
    say("\n".join(f"   {line}" for line in json.dumps(answer, indent=2, ensure_ascii=False).splitlines()))


def _shortened(body: dict[str, Any]) -> dict[str, Any]:
    data = {name: body["data"][name] for name in SHOWN if name in body["data"]}
    return body | {"data": data | {"…": f"{len(body['data']) - len(data)} more"}}


def _fresh_sample() -> dict[str, Any]:
    """The document's payload; fresh ids make it a new call each time."""
    fresh = secrets.token_hex(6)
    sample = copy.deepcopy(DOCUMENTED)
    sample["id"] = f"evt_{fresh}"
    sample["room"] |= {"name": f"sip-7678189426__1730217045__{fresh}", "sid": f"RM_{fresh}"}
    sample["egressInfo"] |= {"egressId": f"EG_{fresh}", "roomId": f"RM_{fresh}"}
    return sample
