"""Plays one call through the running stack: the sample webhook of the Call Outcomes API in, its outcome out."""

import copy
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

from . import stack_env
from .progress import Failure, say
from .samples.livekit import DOCUMENTED
from .settings import DEMO_WEBHOOK, ROOT

WEBHOOK = "/api/webhooks/call_completed"


def play() -> None:
    """Prints both answers and the curl lines for them."""
    env = stack_env.read()
    body = json.dumps(_fresh_sample(), indent=2).encode()
    DEMO_WEBHOOK.write_bytes(body)
    file = DEMO_WEBHOOK.relative_to(ROOT)
    signature = hmac.digest(env["LIVEKIT_WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hex()

    say(f"\n1. LiveKit says that a call has ended ({file}):\n")
    say(f'curl "$RINGPOST_URL{WEBHOOK}" --data-binary @{file} \\')
    say(f"  -H 'Content-Type: application/json' -H 'X-LiveKit-Signature: {signature}'")
    headers = {"Content-Type": "application/json", "X-LiveKit-Signature": signature}
    call_id = _request(env["RINGPOST_URL"] + WEBHOOK, headers, body).get("call_id")
    if not call_id:
        raise Failure("The webhook's answer names no call; make logs shows why.")

    outcome = f"/api/calls/{call_id}/outcome?user_id="
    say("\n2. A user asks for its outcome:\n")
    say(f'curl "$RINGPOST_URL{outcome}$RINGPOST_USER" -H "Authorization: Bearer $RINGPOST_TOKEN"')
    url = env["RINGPOST_URL"] + outcome + env["RINGPOST_USER"]
    _request(url, {"Authorization": f"Bearer {env['RINGPOST_TOKEN']}"}, None)


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
