"""Plays one call through the running stack: webhook in, outcome, signed delivery out, history."""

import copy
import hashlib
import hmac
import json
import queue
import secrets
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

from . import stack_env
from .api import Api
from .customer import Customer, Delivery
from .progress import Failure, say
from .samples.livekit import DOCUMENTED
from .settings import DEMO_WEBHOOK, ROOT

WEBHOOK = "/api/webhooks/call_completed"


CONFIGS = "/api/webhooks/config"
HISTORY = "/api/webhooks/events"
# The stream, the queue and the post; the emulator takes a tenth of a second for each.
DELIVERY_SECONDS = 30
NAME = "make run"


def play() -> Customer:
    """Prints each step, its curl line and what came of it. The customer keeps listening."""
    env = stack_env.read()
    customer = Customer()
    _subscribe(env, customer)

    body = json.dumps(_fresh_sample(), indent=2).encode()
    DEMO_WEBHOOK.write_bytes(body)
    file = DEMO_WEBHOOK.relative_to(ROOT)
    signature = hmac.digest(env["LIVEKIT_WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hex()

    say(f"\n2. LiveKit says that a call has ended ({file}):\n")
    say(f'curl "$RINGPOST_URL{WEBHOOK}" --data-binary @{file} \\')
    say(f"  -H 'Content-Type: application/json' -H 'X-LiveKit-Signature: {signature}'")
    headers = {"Content-Type": "application/json", "X-LiveKit-Signature": signature}
    call_id = _request(env["RINGPOST_URL"] + WEBHOOK, headers, body).get("call_id")
    if not call_id:
        raise Failure("The webhook's answer names no call; make logs shows why.")

    outcome = f"/api/calls/{call_id}/outcome?user_id="
    say("\n3. A user asks for its outcome:\n")
    say(f'curl "$RINGPOST_URL{outcome}$RINGPOST_USER" -H "Authorization: Bearer $RINGPOST_TOKEN"')
    token = {"Authorization": f"Bearer {env['RINGPOST_TOKEN']}"}
    _request(env["RINGPOST_URL"] + outcome + env["RINGPOST_USER"], token, None)

    say(f"\n4. The customer's endpoint {customer.url} gets call.completed:\n")
    try:
        show(customer.deliveries.get(timeout=DELIVERY_SECONDS))
    except queue.Empty:
        raise Failure(f"No delivery came within {DELIVERY_SECONDS} s; make logs FUNCTION=deliver shows why.") from None

    say("\n5. The history has both, what came in and what went out:\n")
    history = f"{HISTORY}?callId={call_id}"
    say(f'curl "$RINGPOST_URL{history}" -H "Authorization: Bearer $RINGPOST_TOKEN"')
    _request(env["RINGPOST_URL"] + history, token, None)
    return customer


def show(delivery: Delivery) -> None:
    """Prints a delivery."""
    for name, value in delivery.headers.items():
        say(f"{name}: {value}")
    say(json.dumps(delivery.body, indent=2))
    if not delivery.verified:
        raise Failure("Its signature is not that of the subscription's secret.")
    say("✓ the official standardwebhooks library verified its signature")


def _subscribe(env: stack_env.Values, customer: Customer) -> None:
    """Subscribes the customer, instead of the one of an earlier demonstration, which listens no more."""
    api = Api(env["RINGPOST_URL"], env["RINGPOST_TOKEN"])
    for earlier in api.send("GET", CONFIGS)["webhooks"]:
        if earlier["name"] == NAME:
            api.send("DELETE", f"{CONFIGS}/{earlier['id']}")
    config = {"name": NAME, "url": customer.url, "eventTypes": ["call.completed"]}
    say("\n1. A customer subscribes to calls that have ended:\n")
    say(f'curl "$RINGPOST_URL{CONFIGS}" -H "Authorization: Bearer $RINGPOST_TOKEN" \\')
    say(f"  -H 'Content-Type: application/json' -d '{json.dumps(config)}'")
    made = api.send("POST", CONFIGS, config)
    customer.secret = made["webhook"]["secret"]
    say(f"\n201\n{json.dumps(made, indent=2)}")


def _request(url: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            status, text = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except urllib.error.URLError as error:
        raise Failure(f"{url} does not answer: {error.reason}. make down and make up start afresh.") from error
    try:
        answer = json.loads(text)
    except ValueError:
        raise Failure(f"{url} answered {status} without JSON: {text[:200]!r}. make logs shows why.") from None
    say(f"\n{status}\n{json.dumps(answer, indent=2)}")
    if status != HTTPStatus.OK:
        raise Failure(f"{url} answered {status}; make logs shows why.")
    return answer


def _fresh_sample() -> dict[str, Any]:
    """The document's payload; fresh ids make it a new call each time."""
    fresh = secrets.token_hex(6)
    sample = copy.deepcopy(DOCUMENTED)
    sample["id"] = f"evt_{fresh}"
    sample["room"] |= {"name": f"sip-7678189426__1730217045__{fresh}", "sid": f"RM_{fresh}"}
    sample["egressInfo"] |= {"egressId": f"EG_{fresh}", "roomId": f"RM_{fresh}"}
    return sample
