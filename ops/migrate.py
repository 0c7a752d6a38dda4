"""`make migrate STAGE=dev`: brings what an earlier version stored into the layout of this one.

Until 0.1 a campaign's key was its id alone, and whoever came first had it; now the key has the tenant in it. The new
item is put beside the old one, which the earlier version goes on reading: run it before the deployment, and once more
with REMOVE=1 after it. What numbers, agents and campaigns belong to is listed, for whoever came first has them still.

The secrets of a webhook configuration stood among all the rest; now they have an attribute of their own, which few
functions may read. The earlier version reads them in the old place alone: REMOVE=1 moves them.
"""

import argparse
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from project.progress import say

from . import stage

OWNED = ("number", "agent", "campaign")
CAMPAIGN = "campaign"


@dataclass(frozen=True)
class Owned:
    """An entry of the directory, and whose it is."""

    item: dict[str, Any]
    kind: str
    id: str
    tenant: str

    @property
    def key(self) -> str:
        """Its key in the present layout."""
        if self.kind != CAMPAIGN:
            return f"{self.kind}#{self.id}"
        return f"{CAMPAIGN}#{len(self.tenant.encode())}:{self.tenant}#{self.id}"

    @property
    def is_old(self) -> bool:
        """Whether it is in the earlier layout."""
        return self.item["key"]["S"] != self.key


def run(arguments: list[str]) -> int:
    """The exit code: 0 when everything is in the present layout."""
    parser = argparse.ArgumentParser(prog="make migrate", description=__doc__)
    parser.add_argument("stage", choices=stage.STAGES)
    parser.add_argument("--remove", action="store_true", help="remove the items of the earlier layout")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    chosen = parser.parse_args(arguments)
    cloudformation, dynamodb = stage.clients(chosen.stage, "cloudformation", "dynamodb")
    if chosen.remove and not _move_secrets(dynamodb, _table(cloudformation, chosen.stage, "WebhookConfigs"), chosen):
        return 1
    table = _table(cloudformation, chosen.stage, "Directory")
    entries = list(_entries(dynamodb, table))
    for entry in sorted(entries, key=lambda entry: entry.key):
        say(f"  {entry.kind:<9} {entry.id:<40} {entry.tenant}{'  (earlier layout)' if entry.is_old else ''}")
    old = [entry for entry in entries if entry.is_old]
    say(f"{len(entries):,} numbers, agents and campaigns, {len(old):,} in the earlier layout.")
    if not old:
        return 0
    if not chosen.yes and not stage.agreed("Move them" if chosen.remove else "Copy them"):
        say("Nothing was changed.")
        return 1
    for entry in old:
        _move(dynamodb, table, entry, remove=chosen.remove)
    say(f"{len(old):,} {'moved' if chosen.remove else 'copied; after the deployment repeat it with REMOVE=1'}.")
    return 0


def _table(cloudformation: Any, chosen_stage: str, name: str) -> str:
    stack = f"ringpost-{chosen_stage}"
    resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=name)
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


def _move_secrets(dynamodb: Any, table: str, chosen: argparse.Namespace) -> bool:
    """Whether every configuration has its secrets in their own attribute now."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    old = [item for page in pages for item in page["Items"] if "config" in item and "secrets" not in item]
    say(f"{len(old):,} webhook configurations with their secrets in the earlier place.")
    if old and not chosen.yes and not stage.agreed("Move them"):
        say("Nothing was changed.")
        return False
    for item in old:
        config = json.loads(item["config"]["S"])
        secrets = {name: config.pop(name) for name in ("secret", "retiredSecret") if name in config}
        new = item | {"config": {"S": json.dumps(config)}, "secrets": {"S": json.dumps(secrets)}}
        # Its owner may change it at this moment, which moves it as well.
        with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(
                TableName=table,
                Item=new,
                ConditionExpression="version = :read",
                ExpressionAttributeValues={":read": item["version"]},
            )
    return True


def _entries(dynamodb: Any, table: str) -> Iterator[Owned]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            kind = item["key"]["S"].partition("#")[0]
            if kind in OWNED:
                entry = json.loads(item["entry"]["S"])
                names = {"number": "number", "agent": "agentId", CAMPAIGN: "id"}
                yield Owned(item, kind, entry[names[kind]], entry["tenantId"])


def _move(dynamodb: Any, table: str, entry: Owned, *, remove: bool) -> None:
    """What the tenant has put in the present layout meanwhile stays."""
    new = entry.item | {"key": {"S": entry.key}}
    try:
        dynamodb.put_item(
            TableName=table,
            Item=new,
            ConditionExpression="attribute_not_exists(#key)",
            ExpressionAttributeNames={"#key": "key"},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        say(f"· {entry.id} of {entry.tenant} is there already")
    if remove:
        dynamodb.delete_item(TableName=table, Key={"key": entry.item["key"]})
