"""Teaches schemathesis what a schema cannot say: how each request is signed, and which texts have a meaning.

Loaded by schemathesis (SCHEMATHESIS_HOOKS), in the environment `contract`.
"""

import hashlib
import hmac
import os
import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import strategies as st

LIVEKIT = ("/api/webhooks/call_completed", "/api/v1/webhooks/livekit/")
ELEVENLABS = "/api/webhooks/elevenlabs"
SIGNALWIRE = "/api/webhooks/signalwire"
CAPTURE = "/functions/v1/webhook-call-capture"
ASSIGNED = ("/api/directory/phone-numbers", "/api/directory/campaigns", "/api/directory/agents")
QUERIES = ("/api/calls", "/api/leads", "/api/webhooks/events", "/api/agent-calls")
# Parameters of which the first may not be after the second, and the form of a valid time.
WINDOWS = (("from", "to"), ("fromDate", "toDate"))
# Where `from` may lie only some days before `to`; statistics are bounded where they are divided (`by`).
BOUNDED = "/config/{id}/health"
TIME = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?")
# The document's endpoint, and addresses where nothing listens: what is posted there is refused at once.
EXAMPLE = "https://example-crm.com/api/webhooks/11wire"
CLOSED = ("http://127.0.0.1:9/in", "https://localhost:9/in?a=b")
# The longest text that is not ASCII, in bytes.
LONGEST = 256
# A wait that is as good as first as it is as longest, in seconds.
DELAY = 60
# Times before 1970 are none of ours, and the clock of a recovery is that of now.
EARLIEST, LATEST = datetime(1970, 1, 2), datetime(2026, 1, 1)


class Signed(requests.auth.AuthBase):
    """Authorizes each request as its route wants it, over the bytes that are sent."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        path = urlsplit(request.url).path.removeprefix(urlsplit(os.environ["RINGPOST_URL"]).path)
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        name, value = _key(path, str(request.url), body)
        request.headers[name] = value
        return request


def _key(path: str, url: str, body: bytes) -> tuple[str, str]:
    if path.startswith(LIVEKIT):
        return "X-LiveKit-Signature", _hmac("LIVEKIT_WEBHOOK_SECRET", body)
    if path.startswith(ELEVENLABS):
        now = int(time.time())
        return "ElevenLabs-Signature", f"t={now},v0={_hmac('ELEVENLABS_WEBHOOK_SECRET', f'{now}.'.encode() + body)}"
    if path.startswith(SIGNALWIRE):
        return "X-SignalWire-SHA256-Signature", _hmac("SIGNALWIRE_SIGNING_KEY", url.encode() + body)
    if path == CAPTURE:
        return "x-api-key", os.environ["CALL_CAPTURE_API_KEY"]
    return "Authorization", f"Bearer {os.environ[_token(path)]}"


def _token(path: str) -> str:
    """Questions are about the demonstration tenant's calls; what is configured is that of a tenant of its own."""
    if path.startswith(ASSIGNED):
        return "RINGPOST_PLATFORM_TOKEN"
    return "RINGPOST_TOKEN" if path.startswith(QUERIES) else "CONTRACT_TOKEN"


def _hmac(secret: str, message: bytes) -> str:
    return hmac.digest(os.environ[secret].encode(), message, hashlib.sha256).hex()


schemathesis.auth.set_from_requests(Signed())

# Formats of our own. A cursor comes from an answer, along a link; only an empty one can be made up.
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format("phone-number", st.sampled_from(["+17678189426", "(858) 879-6658", "1-858-879-6658"]))
schemathesis.openapi.format("webhook-url", st.sampled_from(CLOSED))
schemathesis.openapi.format("date", st.dates(EARLIEST.date(), LATEST.date()).map(str))
schemathesis.openapi.format("date-time", st.datetimes(EARLIEST, LATEST).map(lambda at: f"{at.isoformat()}Z"))


@schemathesis.hook
def filter_body(_context: Any, body: Any) -> bool:
    """Lengths are counted in bytes, and by a schema in characters: what is long must be ASCII."""
    return _is_within_bytes(body)


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case, _kwargs: Any) -> None:
    """Corrects what no schema can express, so that the request is possible."""
    _correct_query(case.query or {}, is_bounded=case.operation.path.endswith(BOUNDED) or "by" in (case.query or {}))
    body = case.body
    if case.operation.path.startswith(ASSIGNED):
        # The platform names the tenant, in the body or, where there is none, in the query.
        if isinstance(body, dict):
            body["tenantId"] = "contract" if body.get("tenantId") is None else body["tenantId"]
        else:
            case.query = (case.query or {}) | {"tenantId": "contract"}
    if not isinstance(body, dict):
        return
    started, ended = (str(body.get(name)) for name in ("start_time", "end_time"))
    if TIME.fullmatch(started) and TIME.fullmatch(ended) and started > ended:
        body["start_time"], body["end_time"] = ended, started
    if case.operation.path == CAPTURE and _is_uuid(body.get("company_id")):
        # Of any other company it is a 401.
        body["company_id"] = os.environ["CALL_CAPTURE_COMPANY_ID"]
    if body.get("url") == EXAMPLE:
        # Nothing is posted beyond this machine.
        body["url"] = CLOSED[0]
    if isinstance(body.get("headers"), dict):
        # Upper and lower case are the same: a header is there once.
        body["headers"] = dict(_once(body["headers"]))
    schedule, asked_for = body.get("retryConfig"), body.get("eventTypes")
    if isinstance(schedule, dict) and _is_delay(schedule.get("initialDelay")) and _is_delay(schedule.get("maxDelay")):
        schedule["initialDelay"] = schedule["maxDelay"] = DELAY
    types = case.operation.schema.raw_schema["components"]["schemas"]["EventType"]["enum"]
    if isinstance(asked_for, list) and asked_for and all(each in types for each in asked_for):
        # A test must be of a type that its configuration has.
        body["eventTypes"] = types


def _correct_query(query: dict[str, Any], *, is_bounded: bool) -> None:
    for first, last in WINDOWS:
        times = [str(query.get(name, "")) for name in (first, last)]
        if all(TIME.fullmatch(time) for time in times) and times[0] > times[1]:
            query[first], query[last] = times[1], times[0]
    if is_bounded and TIME.fullmatch(str(query.get("from", ""))):
        # Days before `to`, which is now unless it is given: a moment is short enough, and so is the last day.
        if TIME.fullmatch(str(query.get("to", ""))):
            query["from"] = query["to"]
        elif not query.get("to"):
            query.pop("from")
    if query.get("cursor"):
        # A cursor is a place in the list by itself.
        query.pop("page", None)


def _once(headers: dict[str, Any]) -> list[tuple[str, Any]]:
    return list({name.lower(): (name, value) for name, value in headers.items()}.values())


def _is_delay(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and value in range(1, 86_401))


def _is_within_bytes(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_within_bytes(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return all(_is_within_bytes(each) for each in value)
    return not isinstance(value, str) or value.isascii() or len(value.encode(errors="replace")) <= LONGEST


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and len(value) == len("00000000-0000-0000-0000-000000000000")
