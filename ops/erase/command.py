"""`make erase STAGE=dev PHONE=+15551234567`: removes a person from a stage's store; without YES=1 it only lists.

No output has the number.
"""

import argparse
from collections import Counter

from project.progress import Failure, say, step

from .. import stage
from ..phone_number import E164, PhoneNumber
from ..store import Store
from .search import ORDER, Findings, Search

BATCH = 500


def run(arguments: list[str]) -> int:
    """The exit code: 0 when nothing of the number is left, or when the command only listed what would go."""
    parser = stage.parser("erase", __doc__)
    parser.add_argument("--phone", metavar="NUMBER", type=_number, required=True, help="like +15551234567")
    chosen = parser.parse_args(arguments)
    number: PhoneNumber = chosen.phone
    store = Store(*stage.clients(chosen.stage, "cloudformation", "dynamodb"), stage.stack(chosen.stage))
    if store.find("Directory", f"number#{number.e164}"):
        raise Failure(
            f"{number.masked} is a tenant's line: everybody's calls of it would go. "
            "If it is a person's number now, take it out of the directory first."
        )
    say(f"Everything about {number.masked} in {chosen.stage}. To find it the whole store is read: {store.size()}.")
    with step("searching"):
        found = Search(store, number).run()
    say("These are about it:")
    _show_items(found)
    _show_rest(found)
    if not found.count():
        say("There is nothing to remove.")
        return _report(found)
    if not chosen.yes:
        say("Nothing was removed. The same command with YES=1 removes them, for good.")
        return 0
    _remove(store, found)
    with step("searching again"):
        left = Search(store, number, found).run()
    say("Removed:")
    _show_items(found)
    return _report(left)


def _number(text: str) -> PhoneNumber:
    if not E164.fullmatch(text):
        raise argparse.ArgumentTypeError("must be a whole number with + and its country's code, like +15551234567")
    return PhoneNumber(text)


def _show_items(found: Findings) -> None:
    for table in ORDER:
        kinds = Counter(found.items[table].values())
        counts = ", ".join(f"{kind}: {count:,}" for kind, count in sorted(kinds.items()))
        say(f"  {table:<10} {len(found.items[table]):>6,}  {counts}".rstrip())


def _show_rest(found: Findings) -> None:
    for (table, kind), count in sorted(found.stays.items()):
        say(f"! {table}: {count:,} {kind}, which a tenant configured, has the number and stays.")
    for (table, kind), count in sorted(found.unreadable.items()):
        say(f"✗ {table}: {count:,} {kind} cannot be read: it is unknown whom it is about.")


def _remove(store: Store, found: Findings) -> None:
    store.drop_counts(found.records)
    for table in ORDER:
        # What was found first leads to the rest: it goes last, so that a search finds what an interrupted run leaves.
        keys = list(reversed(found.items[table]))
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            store.delete(table, batch)
            say(f"  {table}: {start + len(batch):,} of {len(keys):,} removed")


def _report(left: Findings) -> int:
    """The exit code."""
    say(f"Items that are about it now: {left.count():,}.")
    if left.count():
        say("✗ These came meanwhile; repeat the command:")
        _show_items(left)
    _show_rest(left)
    if left.stays:
        say("✗ Ask the tenants whose configuration has the number to change it.")
    return 1 if left.count() or left.stays or left.unreadable else 0
