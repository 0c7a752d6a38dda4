"""SignalWire's webhooks: the Webhook API document's, the Compatibility API's and RELAY's."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

from .known_secrets import SECRETS
from .shapes import SENT_AT, compact, request

PATH = "/api/webhooks/signalwire"
URL = f"https://127.0.0.1{PATH}"  # the domain that the events name
KEY = SECRETS["SIGNALWIRE_SIGNING_KEY"].encode()

DOCUMENTED = {
    "event_type": "call.created",
    "timestamp": "2023-07-29T15:00:00Z",
    "call_id": "CA123456789abcdef",
    "direction": "outbound",
    "from": "+18005551234",
    "to": "+18005557890",
    "state": "created",
    "metadata": {"campaignId": "campaign-123", "contactId": 42},
}

CALL = "b3877c40-da60-4998-90ad-b792e98472ca"
ACCOUNT = "b3877c40-da60-4998-90ad-b792e98472af"
FORM = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "CallSid": CALL,
    "From": "+15105550123",
    "To": "+18588796658",
    "Direction": "inbound",
    "CallbackSource": "call-progress-events",
    "CallStatus": "completed",
    "SequenceNumber": "3",
    "Timestamp": "Fri, 02 Jan 2026 00:00:00 +0000",
    "CallDuration": "94",
    "RecordingUrl": f"https://example.signalwire.com/api/laml/2010-04-01/Accounts/{ACCOUNT}/Recordings/{CALL}",
}

RELAY = {
    "event_type": "calling.call.state",
    "event_channel": "swml:be3811f0-8d2c-4b7e-9f11-b0c2d3e4f5a6",
    "timestamp": SENT_AT + 0.123,
    "project_id": ACCOUNT,
    "params": {
        "call_id": CALL,
        "node_id": "fa3570ae-f8bd-42c2-83f4-9950d906c91b@us-west",
        "segment_id": CALL,
        "direction": "inbound",
        "device": {"type": "phone", "params": {"from_number": "+15105550123", "to_number": "+18588796658"}},
        "call_state": "ended",
        "end_reason": "hangup",
        "start_time": (SENT_AT - 100) * 1000,
        "answer_time": (SENT_AT - 94) * 1000,
        "end_time": SENT_AT * 1000,
    },
}


def as_json(payload: dict[str, Any]) -> dict[str, Any]:
    """JSON text, and a hex HMAC of URL and body."""
    body = compact(payload)
    headers = {
        "content-type": "application/json",
        "x-signalwire-signature": hmac.digest(KEY, URL.encode() + body, hashlib.sha1).hex(),
        "x-signalwire-sha256-signature": hmac.digest(KEY, URL.encode() + body, hashlib.sha256).hex(),
    }
    return request("POST", PATH, headers, body=body.decode())


def as_form(parameters: dict[str, str]) -> dict[str, Any]:
    """A form: its content type makes API Gateway encode it. The HMAC covers the URL and the sorted parameters."""
    signed = URL + "".join(name + parameters[name] for name in sorted(parameters))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-signalwire-signature": base64.b64encode(hmac.digest(KEY, signed.encode(), hashlib.sha1)).decode(),
    }
    encoded = base64.b64encode(urlencode(parameters).encode()).decode()
    return request("POST", PATH, headers, body=encoded) | {"isBase64Encoded": True}


EVENTS = {
    "signalwire": as_json(DOCUMENTED),
    "signalwire-form": as_form(FORM),
    "signalwire-relay": as_json(RELAY),
}
