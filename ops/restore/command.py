"""`make restore STAGE=dev TABLE=Calls AT=2026-11-26T03:00Z`: brings back what a stage's tables had at a time.

DynamoDB restores into new tables, which nothing reads; their items are copied back into the stack's tables, so that
names, streams, TTL and permissions stay as they are. What the stack's tables have is never overwritten, unless
OVERWRITE=1. With SOURCE=table the items of any other table with the same keys are copied.
"""

import argparse
import datetime
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from project.progress import Failure, say, step
from project.settings import HOME

from .. import counts, stage, times
from ..items import Item, text
from ..store import BYTES_PER_READ_UNIT, READ_UNITS_PRICE, Store
from .copies import Copier, Copying, Progress

ALL = "all"
# What others refer to comes first; the events come last, for their stream processes each of them again.
ORDER = ("Directory", "WebhookConfigs", "Chunks", "Calls", "History", "Due", "Events")
LOOK_SECONDS = 15
SECONDS_BETWEEN_LINES = 60
# us-east-1: $ per GB restored, and per million units.
RESTORE_PRICE = 0.15
WRITE_UNITS_PRICE = 0.625
READS = 4  # of both tables, when they are compared and when one is copied
WATERMARK = "watermark"
MINUTE = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Table:
    """A table of the stack, by its name in template.yaml, and the one that its items come from."""

    name: str
    source: str
    target: str
    keys: tuple[str, ...]


def run(arguments: list[str]) -> int:
    """The exit code: 0 when everything that was to be copied is."""
    parser = stage.parser("restore", __doc__)
    parser.add_argument(
        "--table", metavar="TABLE", choices=(ALL, *ORDER), required=True, help=f"{ALL}, {', '.join(ORDER)}"
    )
    parser.add_argument("--at", metavar="TIME", type=times.argument, help="like 2026-11-26T03:00Z")
    parser.add_argument("--source", metavar="TABLE", help="copy from this table instead of restoring one")
    parser.add_argument("--overwrite", action="store_true", help="put back also what has changed since")
    parser.add_argument("--remove", action="store_true", help="delete the tables that were restored for this")
    chosen = parser.parse_args(arguments)
    if bool(chosen.at) == bool(chosen.source):
        raise Failure("Say AT, the time to go back to; or SOURCE, a table to copy from.")
    if chosen.source and (chosen.table == ALL or chosen.remove):
        raise Failure("SOURCE goes with one TABLE, and is never deleted.")
    cloudformation, dynamodb = stage.clients(chosen.stage, "cloudformation", "dynamodb")
    store = Store(cloudformation, dynamodb, stage.stack(chosen.stage))
    tables = [_table(store, name, chosen) for name in ORDER if chosen.table in (ALL, name)]
    if chosen.remove:
        return _remove(dynamodb, tables, chosen)
    if chosen.source:
        _check_source(dynamodb, tables[0])
    else:
        tables = _recoverable(dynamodb, tables, chosen)
        if not tables:
            raise Failure("No table has point-in-time recovery: there is nothing to restore.")
        if not _restored(dynamodb, store, tables, chosen):
            return 1
    return _copied(dynamodb, tables, chosen)


def _table(store: Store, name: str, chosen: argparse.Namespace) -> Table:
    described = store.described(name)
    # The same for a repeated command, which then finds what an earlier one restored.
    at = times.shown(chosen.at or 0).replace("-", "").replace(":", "")
    restored = f"ringpost-{chosen.stage}-restored-{name}-{at}"
    keys = tuple(element["AttributeName"] for element in described["KeySchema"])
    return Table(name, chosen.source or restored, described["TableName"], keys)


def _described(dynamodb: Any, table: str) -> dict[str, Any] | None:
    try:
        return dynamodb.describe_table(TableName=table)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return None


def _check_source(dynamodb: Any, table: Table) -> None:
    described = _described(dynamodb, table.source)
    if not described:
        raise Failure(f"There is no table {table.source}.")
    if tuple(element["AttributeName"] for element in described["KeySchema"]) != table.keys:
        raise Failure(f"{table.source} has other keys than {table.name}.")
    if table.source == table.target:
        raise Failure(f"{table.source} is the stack's own.")


def _recoverable(dynamodb: Any, tables: list[Table], chosen: argparse.Namespace) -> list[Table]:
    """Those that can be restored to the time; with TABLE=all the history may be missing."""
    can = []
    for table in tables:
        if _described(dynamodb, table.source):
            can.append(table)
            continue
        answer = dynamodb.describe_continuous_backups(TableName=table.target)
        recovery = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            without = f"{table.name} has no point-in-time recovery"
            if chosen.table != ALL:
                raise Failure(f"{without}; docs/OPERATIONS.md says what a replay rebuilds.")
            say(f"! {without} and is left out.")
            continue
        earliest, latest = _window(recovery)
        if not earliest <= chosen.at <= latest:
            window = f"from {times.shown(earliest)} until {times.shown(latest)}"
            raise Failure(f"{table.name} can be restored to what it was {window}.")
        can.append(table)
    return can


def _window(recovery: dict[str, Any]) -> tuple[int, int]:
    """The first and the last time that can be restored."""
    first, last = recovery["EarliestRestorableDateTime"], recovery["LatestRestorableDateTime"]
    return int(first.timestamp() * 1000), int(last.timestamp() * 1000)


def _restored(dynamodb: Any, store: Store, tables: list[Table], chosen: argparse.Namespace) -> bool:
    """Whether every table is there as it was at the time."""
    wanted = [table for table in tables if not _described(dynamodb, table.source)]
    if wanted:
        size = sum(store.described(table.name).get("TableSizeBytes", 0) for table in wanted)
        price = size / 1e9 * RESTORE_PRICE + READS * size / BYTES_PER_READ_UNIT * READ_UNITS_PRICE / 1e6
        say(
            f"{', '.join(table.name for table in wanted)} as of {times.shown(chosen.at)} "
            f"{'goes into a new table' if len(wanted) == 1 else 'go into new tables'}. About {size / 1e6:,.1f} MB: "
            f"${price:,.2f} to restore, compare and read; each KB that is then copied is a write unit, "
            f"${WRITE_UNITS_PRICE} a million."
        )
        if not stage.confirmed("Restore", yes=chosen.yes, otherwise="Nothing was restored, and nothing was changed."):
            return False
    for table in wanted:
        _begin(dynamodb, table, chosen.at)
    started = printed = time.monotonic()
    while waiting := [table.name for table in tables if not _is_there(dynamodb, table)]:
        if time.monotonic() - printed >= SECONDS_BETWEEN_LINES or printed == started:
            printed = time.monotonic()
            minutes = (printed - started) / 60
            say(f"· {', '.join(waiting)}: DynamoDB restores since {minutes:.0f} min; an hour is not unusual")
        time.sleep(LOOK_SECONDS)
    return True


def _begin(dynamodb: Any, table: Table, at: int) -> None:
    request = {
        "SourceTableName": table.target,
        "TargetTableName": table.source,
        "RestoreDateTime": datetime.datetime.fromtimestamp(at / 1000, datetime.UTC),
        "BillingModeOverride": "PAY_PER_REQUEST",
    }
    try:
        # Nothing asks the new table by its indexes, and without them it is there sooner.
        dynamodb.restore_table_to_point_in_time(**request, GlobalSecondaryIndexOverride=[])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        dynamodb.restore_table_to_point_in_time(**request)


def _is_there(dynamodb: Any, table: Table) -> bool:
    described = _described(dynamodb, table.source)
    if not described:
        raise Failure(f"{table.source} is gone: DynamoDB could not restore it, or it was deleted.")
    return described["TableStatus"] == "ACTIVE"


def _copied(dynamodb: Any, tables: list[Table], chosen: argparse.Namespace) -> int:
    copyings = {table.name: _copying(dynamodb, table, overwrite=chosen.overwrite) for table in tables}
    progress = {
        name: Progress(HOME / "restore" / f"{copying.source}.json", copying) for name, copying in copyings.items()
    }
    for name, copying in copyings.items():
        if progress[name].is_begun:
            say(f"· {name}: goes on where it was interrupted")
            continue
        with step(f"comparing {name} with {copying.source}"):
            counts = Copier(dynamodb, copying).compare()
        say(f"  {counts}")
    say("What is missing is put back, also what was deleted on purpose since: revoked API keys, subscriptions, people.")
    if chosen.overwrite:
        say("What differs is put back into its earlier state, and what happened to it since is lost.")
    else:
        say("What differs has changed since and stays; OVERWRITE=1 puts that back as well.")
    if not stage.confirmed("Copy", yes=chosen.yes, otherwise=f"Nothing was changed. {_removal(chosen)}"):
        return 1
    for name, copying in copyings.items():
        with step(f"copying {name}"):
            counts = Copier(dynamodb, copying).copy(progress[name])
        say(f"  {counts.written:,} items written, {counts.overtaken:,} came meanwhile and stay")
    for line in _next_steps(set(copyings), chosen):
        say(f"- {line}")
    return 0


def _copying(dynamodb: Any, table: Table, *, overwrite: bool) -> Copying:
    copying = Copying(table.source, table.target, table.keys, overwrite=overwrite)
    match table.name:
        case "Directory":
            return replace(copying, kind=lambda item: text(item, "key").partition("#")[0])
        case "Calls":
            return replace(
                copying,
                adapt=lambda item: None if text(item, "id").startswith(counts.PREFIX) else item,
                prepare=lambda calls: counts.drop(dynamodb, table.target, calls),
            )
        case "WebhookConfigs":
            return replace(copying, kind=lambda item: "subscription" if "config" in item else "other")
        case "Due":
            return replace(copying, adapt=_refiled, kind=lambda item: text(item, "kind"))
    return copying


def _refiled(item: Item) -> Item | None:
    """What is due. The minute of an entry that lies in the past is not looked through again: it is filed anew.

    How far `sweep` has come is not brought back.
    """
    slot, shard = text(item, "slot").partition("#")[::2]
    if slot == WATERMARK:
        return None
    next_minute = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)).strftime(MINUTE)
    if slot[:1].isdecimal() and slot < next_minute:
        return item | {"slot": {"S": f"{next_minute}#{shard}"}}
    return item


def _next_steps(names: set[str], chosen: argparse.Namespace) -> Iterator[str]:
    yield "Everything is copied. What remains to be done:"
    if "Events" in names:
        yield (
            "Each event that was put back is processed again by its stream, as if it came in now. What it did before "
            "is found done; what the other tables lack, deliveries too, is made again. FanOutAgeAlarm may ring."
        )
    since = times.shown(chosen.at) if chosen.at else "…"
    yield f"make replay STAGE={chosen.stage} FROM={since}: calls and history take in what came in since."
    if "Directory" in names:
        yield "Revoke the API keys that had been revoked since; take numbers from the tenants that had lost them."
    if "WebhookConfigs" in names:
        yield "Delete the subscriptions that had been deleted since."
    yield f"make erase STAGE={chosen.stage} PHONE=…, for everybody who was erased since."
    if not chosen.source:
        yield _removal(chosen)


def _removal(chosen: argparse.Namespace) -> str:
    if chosen.source:
        return f"{chosen.source} stays as it is."
    again = f"make restore STAGE={chosen.stage} TABLE={chosen.table} AT={times.shown(chosen.at)} REMOVE=1"
    return f"The restored tables stay, and cost, until: {again}"


def _remove(dynamodb: Any, tables: list[Table], chosen: argparse.Namespace) -> int:
    there = [table.source for table in tables if _described(dynamodb, table.source)]
    for name in there:
        say(f"  {name}")
    if not there:
        say("There is no such table any more.")
        return 0
    question = f"Delete {'it' if len(there) == 1 else 'them'}"
    if not stage.confirmed(question, yes=chosen.yes, otherwise="Nothing was deleted."):
        return 1
    for name in there:
        dynamodb.delete_table(TableName=name)
        (HOME / "restore" / f"{name}.json").unlink(missing_ok=True)
    say(f"{len(there)} deleted.")
    return 0
