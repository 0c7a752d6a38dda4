"""Write and read units of an invocation, as DynamoDB bills them: by the stand-in that keeps items (tables.py)."""

import json
from collections.abc import Iterator

from samples.workers import stream_record

from .binaries import FOLDER
from .cases import ONE, TEN_IN, Customer, binary, event_text
from .items import api_key, delivery, entry, stored_call, subscription
from .point import costs
from .stand_in import Aws, Function, Json
from .webhooks import first_of_a_call, sign

# The last of these counts: a function reads its secrets and its root certificates in the first.
INVOCATIONS = 3


def units(case: str) -> dict[str, float] | None:
    """Of an invocation that finds what it asks for; `None` if the stand-in does not know one of its requests."""
    aws = Aws()
    fill(case, aws)
    function = Function(FOLDER, binary(case), aws)
    try:
        *_, last = costs(function, aws, _events(case, aws))
    except SystemExit:
        return None
    finally:
        function.end()
    return None if aws.unknown else {"write": last.write_units, "read": last.read_units}


def _events(case: str, aws: Aws) -> Iterator[Json]:
    """Different events, each of which finds the tables as the first one did."""
    for number in range(INVOCATIONS):
        fill(case, aws)
        event = json.loads(event_text(case).replace("{i}", str(number)))
        if "x-livekit-signature" in event.get("headers", {}):
            sign(event)
        if case in (binary(ONE), ONE):
            event["Records"] = [stream_record(webhook) for webhook in first_of_a_call(number)]
        yield event


def fill(case: str, aws: Aws) -> None:
    """Puts into the tables what the invocation asks for."""
    for kind, key, content in (
        ("number", "+17678189426", {"number": "+17678189426", "tenantId": "demo"}),
        ("api-key", api_key()["sha256"], api_key()),
    ):
        item = entry(kind, content) | {"key": {"S": f"{kind}#{key}"}}
        aws.tables.put("directory", item)
    aws.tables.put("calls", stored_call())
    # Under the id 1, which `webhook-config` gives to what it creates.
    if case in (ONE, TEN_IN) or (case.startswith("webhook-") and case != "webhook-config"):
        aws.tables.put("webhook-configs", subscription("https://customer.example"))
    if binary(case) == "deliver":
        for message in json.loads(event_text(case))["Records"]:
            aws.tables.put("history", delivery(json.loads(message["body"])["id"]))
        aws.tables.put("webhook-configs", subscription(Customer().url))
