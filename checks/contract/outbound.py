"""Holds what is posted to customers to docs/openapi.yaml: the payload of every delivery in a tenant's history."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.api import Api

from .. import openapi

# Tests have a payload of the customer's own choice.
OF_A_TEST = "evt_test_"
ENOUGH = 2_000


def check(api: Api) -> int:
    """Prints every payload that its schema does not describe; the exit code says whether there is one."""
    document = openapi.load()
    schemas = {name: schema["properties"]["data"] for name, schema in openapi.outbound(document).items()}
    validators = {name: openapi.validator(document, schema) for name, schema in schemas.items()}
    seen, problems = Counter(), set()
    for event in _deliveries(api):
        name = event["eventType"]
        seen[name] += 1
        problems |= {
            f"{name}: {error.json_path} {error.message}" for error in validators[name].iter_errors(event["payload"])
        }
    for problem in sorted(problems):
        print(f"docs/openapi.yaml does not describe what is posted: {problem}", file=sys.stderr)
    print(f"held {seen.total()} deliveries to it, of {len(seen)} of {len(schemas)} types: {', '.join(sorted(seen))}")
    return 1 if problems else 0


def _deliveries(api: Api) -> Iterator[dict[str, Any]]:
    looked_at, cursor = 0, ""
    while looked_at < ENOUGH:
        page = api.send("GET", f"/api/webhooks/events?direction=outbound&limit=100&cursor={cursor}")
        looked_at += page["count"]
        for event in page["events"]:
            if not event["messageId"].startswith(OF_A_TEST) and not event.get("payloadTruncated"):
                yield event
        if "nextCursor" not in page:
            return
        cursor = page["nextCursor"]
