"""Webhooks of whole calls, as their senders send them, and the log's stream of them."""

import copy
import hashlib
import hmac
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from samples.known_secrets import SECRETS
from samples.livekit import DOCUMENTED, LIVEKIT, from_relay
from samples.workers import stream_record

from .tables import size

Json = dict[str, Any]


def signed(payload: Json) -> Json:
    """The event of a webhook that the relay has signed."""
    event = from_relay(payload)
    sign(event)
    event["requestContext"]["requestId"] = "JKJaXmPLvHcESHA="
    return event


def sign(event: Json) -> None:
    """Gives an event of the relay the signature of its body."""
    secret = SECRETS["LIVEKIT_WEBHOOK_SECRET"].encode()
    event["headers"]["x-livekit-signature"] = hmac.digest(secret, event["body"].encode(), hashlib.sha256).hex()


def first_of_a_call(call: int) -> list[Json]:
    """The documented webhook, which begins and ends a call."""
    text = json.dumps(DOCUMENTED).replace("abc123def456", f"{call:012}").replace("xyz789abc123", f"{call:012}")
    return [json.loads(text.replace("__abc123", f"__{call:06}"))]


def whole_call(call: int) -> list[Json]:
    """The eight webhooks that a LiveKit server sends of an inbound call, as tests/src/livekit.rs has them."""
    text = json.dumps(LIVEKIT).replace("hycBMAjmt6Ub", f"{call:012}").replace("Xq7Lw2Zk9TpB", f"{call:012}")
    text = text.replace("8fP2mQ4sVxTb", f"{call:012}").replace("0123456789abcdef0123456789abcdef", f"{call:032}")
    text = text.replace("0f3c8d21-9a1b-123e-4b9c-0242ac120002", f"0f3c8d21-9a1b-123e-4b9c-{call:012}")
    left = json.loads(text)
    room, caller = left["room"], left["participant"]
    agent = {"sid": "PA_agent", "identity": "agent-1", "kind": "AGENT"}
    active = copy.deepcopy(caller)
    active["attributes"]["sip.callStatus"] = active["state"] = "active"
    del active["disconnectReason"]
    steps = [
        ("room_started", 0, {}),
        ("participant_joined", 2, {"participant": active}),
        ("participant_joined", 3, {"participant": agent}),
        ("track_published", 3, {"participant": {"identity": "agent-1"}}),
        ("participant_left", 60, {"participant": caller}),
        ("participant_left", 61, {"participant": agent}),
        ("room_finished", 80, {}),
    ]
    start = int(room["creationTime"])
    events = [
        {"event": name, "id": f"EV_{call:08}{number}", "createdAt": str(start + after), "room": room, **more}
        for number, (name, after, more) in enumerate(steps)
    ]
    egress = {
        "egressId": f"EG_{call:012}", "roomId": room["sid"], "status": "EGRESS_COMPLETE",
        "endedAt": f"{start + 85}500000000", "fileResults": [{"location": "https://recordings.example.com/call.ogg"}],
    }  # fmt: skip
    ended = {"event": "egress_ended", "id": f"EV_{call:08}8", "createdAt": str(start + 90), "egressInfo": egress}
    return [*events, ended]


def long_call(call: int) -> Iterator[Json]:
    """The webhooks of a call that does not end: after it began, one person after another comes, speaks and leaves."""
    room_started, caller, *_ = whole_call(call)
    start = int(room_started["createdAt"])
    yield room_started | {"id": f"EV_{call:08}_0"}
    yield caller | {"id": f"EV_{call:08}_1"}
    for number in count(2):
        step = ("participant_joined", "track_published", "participant_left")[(number - 2) % 3]
        name = f"person-{(number - 2) // 3}"
        person = {"sid": f"PA_{call:06}{name}", "identity": name, "kind": "STANDARD"}
        yield {
            "event": step,
            "id": f"EV_{call:08}_{number}",
            "createdAt": str(start + number),
            "room": room_started["room"],
            "participant": person,
        }


def record(item: Json) -> Json:
    """The insertion of an item as the stream reports it."""
    made = stream_record(DOCUMENTED)
    made["dynamodb"] |= {"Keys": {"key": item["key"]}, "NewImage": item, "SizeBytes": size(item)}
    return made
