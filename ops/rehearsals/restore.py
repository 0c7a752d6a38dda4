"""`make restore`: what was lost comes back, what is newer stays, and an interrupted copy goes on.

The emulator's restore makes a table with the present items: it shows how the command deals with one, and
nothing about points in time.
"""

import datetime
from typing import Any
from unittest import mock

import boto3

from .. import times
from ..items import Item
from ..restore import copies
from ..restore.copies import Copier
from . import account

MANY = 60
DAY = 86_400_000
NEWER = {"S": "newer"}


def seconds(days: int) -> dict[str, str]:
    """The time in `days` days."""
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return {"N": str(int(at.timestamp()))}


def minute(minutes: int) -> str:
    """The minute in `minutes` minutes, as the table `due` has it."""
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return at.strftime("%Y-%m-%dT%H:%M")


def contents() -> dict[str, list[Item]]:
    """Some of everything that the tables have."""
    return {
        "Directory": [
            {"key": {"S": "number#+15550001111"}, "tenantKind": {"S": "number#acme"}, "entry": {"S": "{}"}},
            {"key": {"S": "api-key#abc"}, "tenantKind": {"S": "api-key#acme"}, "entry": {"S": "{}"}},
            {"key": {"S": "lead#+15550002222"}, "tenantKind": {"S": "lead#acme"}, "entry": {"S": "{}"}},
        ],
        "WebhookConfigs": [
            {"tenantId": {"S": "acme"}, "id": {"N": "0"}, "given": {"N": "1"}},
            {"tenantId": {"S": "acme"}, "id": {"N": "1"}, "config": {"S": "{}"}, "secrets": {"S": "{}"}},
        ],
        "Chunks": [{"of": {"S": "nonce"}, "index": {"N": str(n)}, "piece": {"B": b"\x28\xb5" * n}} for n in (1, 2)],
        "Calls": [{"id": {"S": f"call-{n}"}, "version": {"N": "3"}} for n in range(MANY)],
        "History": [
            {"tenantShard": {"S": "acme#1"}, "id": {"N": str(9_007_199_254_740_000 + n)}, "expiresAt": seconds(30)}
            for n in range(MANY)
        ],
        "Due": [
            {"slot": {"S": "watermark"}, "id": {"S": "watermark"}, "minute": {"N": "29000000"}},
            {"slot": {"S": "2026-01-01T00:00#2"}, "id": {"S": "000#delivery#1"}, "kind": {"S": "delivery"}},
            {"slot": {"S": f"{minute(90)}#3"}, "id": {"S": "001#delivery#2"}, "kind": {"S": "delivery"}},
            {"slot": {"S": "parked#acme/1"}, "id": {"S": "002#delivery#3"}, "kind": {"S": "delivery"}},
        ],
        "Events": [
            {"key": {"S": "livekit:EV_1"}, "payload": {"B": b"kept"}, "expiresAt": seconds(30)},
            {"key": {"S": "livekit:EV_2"}, "payload": {"B": b"over"}, "expiresAt": seconds(-1)},
        ],
    }


class Restore(account.Rehearsal):
    """Each test has a stack of its own, filled, and what a restore of it is: the same."""

    def setUp(self) -> None:
        self.dynamodb = boto3.client("dynamodb")
        account.stack_of_tables()
        self.addCleanup(account.remove_everything)
        self.enterContext(mock.patch("ops.restore.command.LOOK_SECONDS", 0.05))
        # The emulator's is the present second.
        window = (times.now() - DAY, times.now() + DAY)
        self.enterContext(mock.patch("ops.restore.command._window", lambda _: window))
        self.tables = account.tables()
        for name in set(self.tables) - {"Limits"}:
            # The emulator does not take it from the template.
            self.recover(name, enabled=True)
        self.contents = contents()
        for name, items in self.contents.items():
            for item in items:
                self.put(name, item)
        self.at = times.shown(times.now())

    def recover(self, name: str, *, enabled: bool) -> None:
        self.dynamodb.update_continuous_backups(
            TableName=self.tables[name], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )

    def put(self, name: str, item: Item) -> None:
        self.dynamodb.put_item(TableName=self.tables[name], Item=item)

    def lose(self, name: str, item: Item) -> None:
        keys = [each["AttributeName"] for each in self.described(self.tables[name])["KeySchema"]]
        self.dynamodb.delete_item(TableName=self.tables[name], Key={key: item[key] for key in keys})

    def described(self, table: str) -> dict[str, Any]:
        return self.dynamodb.describe_table(TableName=table)["Table"]

    def items(self, name: str) -> list[Item]:
        """What a table of the stack has, in the order of `contents`."""
        found = self.dynamodb.scan(TableName=self.tables[name], ConsistentRead=True)["Items"]
        order = {str(item): place for place, item in enumerate(self.contents[name])}
        return sorted(found, key=lambda item: order.get(str(item), -1))

    def restore(self, code: int, table: str, *arguments: str, **typed: Any) -> str:
        return self.says(code, "restore", "--table", table, *arguments, **typed)

    def restored(self) -> list[str]:
        """The tables that are not the stack's."""
        return sorted(set(self.dynamodb.list_tables()["TableNames"]) - set(self.tables.values()))

    def test_what_was_lost_comes_back_and_what_is_newer_stays(self) -> None:
        at = ("--at", self.at)
        self.restore(1, "Calls", *at, typed=("n",))
        self.assertEqual(self.restored(), [])
        lost, changed = self.contents["Calls"][:10], self.contents["Calls"][10]
        self.restore(1, "Calls", *at, typed=("y", "n"))
        for item in lost:
            self.lose("Calls", item)
        self.put("Calls", changed | {"status": NEWER})

        said = self.restore(1, "Calls", *at, typed=("n",))
        self.assertIn(f"{MANY} read: {MANY - 11} are there, 10 are missing, 1 differ, 0 are left out", said)
        self.assertEqual(len(self.items("Calls")), MANY - 10, "a comparison changes nothing")
        said = self.restore(0, "Calls", *at, typed=("y",))
        self.assertIn("10 items written, 0 came meanwhile", said)
        self.assertEqual(self.items("Calls"), [changed | {"status": NEWER}, *lost, *self.contents["Calls"][11:]])
        self.assertIn("0 are missing, 1 differ", self.restore(0, "Calls", *at, "--yes"))
        self.assertIn("1 items written", self.restore(0, "Calls", *at, "--yes", "--overwrite"))
        self.assertEqual(self.items("Calls"), self.contents["Calls"])

        stays = self.restore(1, "Calls", *at, "--remove", typed=("n",))
        self.assertIn("ringpost-dev-restored-Calls-", stays)
        self.restore(0, "Calls", *at, "--remove", "--yes")
        self.assertEqual(self.restored(), [])
        self.assertEqual(self.items("Calls"), self.contents["Calls"])

    def test_all_tables_come_back_and_stay_what_they_are(self) -> None:
        """Names, keys and streams; what has expired does not come back, nor how far the sweep was."""
        before = [self.described(table) for table in self.tables.values()]
        self.restore(1, "all", "--at", self.at, typed=("y", "n"))
        for name, items in self.contents.items():
            for item in items:
                self.lose(name, item)
        said = self.restore(0, "all", "--at", self.at, "--yes")
        self.assertIn("(api-key 1, lead 1, number 1)", said)
        self.assertNotIn("+1555", said)
        for name in ("Directory", "WebhookConfigs", "Chunks", "Calls", "History"):
            self.assertEqual(self.items(name), self.contents[name], name)
        self.assertEqual(self.items("Events"), self.contents["Events"][:1])
        _, past, future, parked = self.contents["Due"]
        due = self.items("Due")
        self.assertEqual(due[1:], [future, parked])
        self.assertIn(due[0]["slot"]["S"], [f"{minute(minutes)}#2" for minutes in (0, 1)])
        self.assertEqual(due[0] | {"slot": past["slot"]}, past)
        after = [self.described(table) for table in self.tables.values()]
        for one, other in zip(before, after, strict=True):
            for part in ("TableArn", "KeySchema", "LatestStreamArn", "DeletionProtectionEnabled"):
                self.assertEqual(one.get(part), other.get(part))
        self.assertEqual(len(self.restored()), 7)
        self.restore(0, "all", "--at", self.at, "--remove", "--yes")
        self.assertEqual(self.restored(), [])

    def test_the_history_may_have_no_recovery(self) -> None:
        self.recover("History", enabled=False)
        said = self.restore(0, "all", "--at", self.at, "--yes")
        self.assertIn("! History has no point-in-time recovery and is left out", said)
        self.assertEqual(len(self.restored()), 6)
        self.assertIn("no point-in-time recovery", self.restore(1, "History", "--at", self.at))
        self.assertIn("can be restored to", self.restore(1, "Calls", "--at", "2020-01-01T00:00Z"))

    def test_an_interrupted_copy_goes_on_where_it_was(self) -> None:
        """By pages, of which a rehearsal makes small ones."""
        self.restore(1, "Calls", "--at", self.at, typed=("y", "n"))
        for item in self.contents["Calls"]:
            self.lose("Calls", item)
        put, written = Copier._put, []

        def dies(copier: Copier, item: Item) -> bool:
            written.append(item)
            if len(written) > MANY // 2:
                raise ConnectionError("the line is cut")
            return put(copier, item)

        small = mock.patch.dict(copies.SCAN, Limit=2)
        with small, mock.patch.object(Copier, "_put", dies):
            said = self.restore(1, "Calls", "--at", self.at, "--yes")
        self.assertIn("goes on where it was", said)
        left = MANY - len(self.items("Calls"))
        self.assertEqual(left, MANY // 2)
        with small:
            said = self.restore(0, "Calls", "--at", self.at, "--yes")
        self.assertIn("Calls: goes on where it was interrupted", said)
        self.assertIn(f"{left} items written", said)
        self.assertEqual(self.items("Calls"), self.contents["Calls"])
        self.assertNotIn("interrupted", self.restore(0, "Calls", "--at", self.at, "--yes"))

    def test_what_came_while_it_ran_is_not_overwritten(self) -> None:
        self.restore(1, "Calls", "--at", self.at, typed=("y", "n"))
        item = self.contents["Calls"][0]
        self.lose("Calls", item)
        put = Copier._put

        def late(copier: Copier, item: Item) -> bool:
            self.put("Calls", item | {"status": NEWER})
            return put(copier, item)

        with mock.patch.object(Copier, "_put", late):
            said = self.restore(0, "Calls", "--at", self.at, "--yes")
        self.assertIn("0 items written, 1 came meanwhile", said)
        self.assertIn(item | {"status": NEWER}, self.items("Calls"))

    def test_items_may_come_from_any_table_with_the_same_keys(self) -> None:
        """Of an earlier stack, or of a backup that was restored by hand."""
        self.restore(1, "Calls", "--at", self.at, typed=("y", "n"))
        (source,) = self.restored()
        lost = self.contents["Calls"][0]
        self.lose("Calls", lost)
        self.assertIn("other keys", self.restore(1, "History", "--source", source))
        self.assertIn("the stack's own", self.restore(1, "Calls", "--source", self.tables["Calls"]))
        self.assertIn("no table", self.restore(1, "Calls", "--source", "nowhere"))
        self.assertIn("never deleted", self.restore(1, "Calls", "--source", source, "--remove"))
        self.restore(0, "Calls", "--source", source, "--yes")
        self.assertEqual(self.items("Calls"), self.contents["Calls"])
