"""What the directory knows in every sweep, and who subscribes."""

import json

from ..items import entry, subscription
from ..stand_in import Aws

NUMBERS = ("+17678189426", "+18588796658")
COMPLETED, NEVER = "call.completed", "webhook.disabled"


def stage() -> Aws:
    """A stage whose numbers belong to the tenant `demo`."""
    aws = Aws()
    for number in NUMBERS:
        line = entry("number", {"number": number, "tenantId": "demo", "userId": "user_demo"})
        aws.tables.put("directory", line | {"key": {"S": f"number#{number}"}})
    return aws


def subscribe(aws: Aws, how_many: int, event_type: str) -> None:
    """Gives the tenant this many subscriptions to a type of event."""
    stored = subscription("https://customer.example/webhooks")
    config = json.loads(stored["config"]["S"]) | {"eventTypes": [event_type]}
    for number in range(1, how_many + 1):
        item = stored | {"id": {"N": str(number)}, "config": {"S": json.dumps(config | {"id": number})}}
        aws.tables.put("webhook-configs", item)
