"""`make migrate STAGE=dev`: brings what an earlier version stored into the layout of this one.

Until 0.1 a campaign's key was its id alone, and the first tenant to use an id had it; now the key has the tenant in it.
The new item is put beside the old one, which the earlier version goes on reading: run it before the deployment, and
once more with REMOVE=1 after it. Numbers, agents and campaigns are listed with their owners, which keep them.

The secrets of a webhook configuration stood among all the rest; now they have an attribute of their own, which few
functions may read. The earlier version reads them in the old place alone: REMOVE=1 moves them.
"""

import argparse
import json
from dataclasses import dataclass

from project.progress import say

from . import stage
from .items import Item, text
from .store import Store

CAMPAIGN = "campaign"
# What a tenant owns in the directory, and the field of the entry that has its id.
ID_FIELDS = {"number": "number", "agent": "agentId", CAMPAIGN: "id"}


@dataclass(frozen=True)
class Entry:
    """An entry of the directory, and its owner."""

    item: Item
    kind: str
    id: str
    tenant: str

    @property
    def key(self) -> str:
        if self.kind != CAMPAIGN:
            return f"{self.kind}#{self.id}"
        return f"{CAMPAIGN}#{len(self.tenant.encode())}:{self.tenant}#{self.id}"

    @property
    def is_old(self) -> bool:
        return text(self.item, "key") != self.key


def run(arguments: list[str]) -> int:
    """The exit code: 0 when everything is in the present layout."""
    parser = stage.parser("migrate", __doc__)
    parser.add_argument("--remove", action="store_true", help="remove the items of the earlier layout")
    chosen = parser.parse_args(arguments)
    store = Store(*stage.clients(chosen.stage, "cloudformation", "dynamodb"), stage.stack(chosen.stage))
    if chosen.remove and not _move_secrets(store, chosen):
        return 1
    entries = [_entry(item) for item in store.items("Directory") if _kind(item) in ID_FIELDS]
    for entry in sorted(entries, key=lambda entry: entry.key):
        say(f"  {entry.kind:<9} {entry.id:<40} {entry.tenant}{'  (earlier layout)' if entry.is_old else ''}")
    old = [entry for entry in entries if entry.is_old]
    say(f"{len(entries):,} numbers, agents and campaigns, {len(old):,} in the earlier layout.")
    if not old:
        return 0
    if not stage.confirmed("Move them" if chosen.remove else "Copy them", yes=chosen.yes):
        return 1
    for entry in old:
        # What the tenant has put in the present layout meanwhile stays.
        new = entry.item | {"key": {"S": entry.key}}
        if not store.put("Directory", new, "attribute_not_exists(#key)", ExpressionAttributeNames={"#key": "key"}):
            say(f"· {entry.id} of {entry.tenant} is there already")
        if chosen.remove:
            store.delete("Directory", [store.key("Directory", entry.item)])
    say(f"{len(old):,} {'moved' if chosen.remove else 'copied; after the deployment repeat it with REMOVE=1'}.")
    return 0


def _move_secrets(store: Store, chosen: argparse.Namespace) -> bool:
    """Whether every configuration has its secrets in their own attribute now."""
    old = [item for item in store.items("WebhookConfigs") if "config" in item and "secrets" not in item]
    say(f"{len(old):,} webhook configurations with their secrets in the earlier place.")
    if old and not stage.confirmed("Move them", yes=chosen.yes):
        return False
    for item in old:
        config = json.loads(text(item, "config"))
        secrets = {name: config.pop(name) for name in ("secret", "retiredSecret") if name in config}
        new = item | {"config": {"S": json.dumps(config)}, "secrets": {"S": json.dumps(secrets)}}
        # Where the condition fails, its owner has changed it meanwhile, which moves it as well.
        values = {":read": item["version"]}
        store.put("WebhookConfigs", new, "version = :read", ExpressionAttributeValues=values)
    return True


def _kind(item: Item) -> str:
    return text(item, "key").partition("#")[0]


def _entry(item: Item) -> Entry:
    kind, entry = _kind(item), json.loads(text(item, "entry"))
    return Entry(item, kind, entry[ID_FIELDS[kind]], entry["tenantId"])
