"""Whether all is right once all is quiet: each call under faults against its twin, and each announcement against what
the customers have."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import announced
from .calls import Call
from .customers import Customer
from .tables import Stored, facts

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A digest of a body, which has the call's own ids: at the end of an event's key, and of a dialer's submission.
DIGEST = re.compile(r"(?<=:)[0-9a-f]{32}\b|(?<=\")[0-9a-f]{16}(?=\\?\")")
# How much of two records is shown, from where they differ.
BEFORE, AFTER = 60, 240
MILLIS = re.compile(r"\b1[0-9]{12}\b")
Pairs = list[tuple[Call, Call]]


@dataclass
class Findings:
    """What is wrong, and what was counted."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    # Forgeries that were shown to the oracle, and that it took for right.
    unnoticed: list[str] = field(default_factory=list)
    announcements: int = 0
    duplicates: int = 0

    def all(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.wrong, *self.others, *self.unnoticed]


class Oracle:
    """Checks one run. `began` is its first moment, in milliseconds: later ones are times of receipt."""

    def __init__(self, stored: Stored, views: dict[str, dict[str, Any]], began: int) -> None:
        self.findings = Findings()
        self._stored, self._views, self._began = stored, views, began

    def check(self, pairs: Pairs, customers: list[Customer]) -> Findings:
        """Everything there is to check in the tables and at the customers."""
        for twin, call in pairs:
            self._check_history(twin, call)
            self._check_record(twin, call)
        self._check_rest()
        for customer in customers:
            self._check_received(customer)
        return self.findings

    def _check_history(self, twin: Call, call: Call) -> None:
        """Every accepted event is in the log and in the history exactly once."""
        for expected, report in zip(twin.reports, call.reports, strict=True):
            keys = self._stored.keys_of.get(report.body, [])
            rows = [self._stored.rows[key] for key in keys]
            reference = [self._stored.rows[key] for key in self._stored.keys_of.get(expected.body, [])]
            where = f"{call.sequence} {call.ids.unique}: {keys or report.body[:120]!r}"
            if not keys or (sum(rows) < 1 and reference == [1]):
                self.findings.lost.append(f"an event is not in the {'history' if keys else 'log'}: {where}")
            elif len(keys) > 1 or sum(rows) > 1:
                self.findings.doubled.append(f"an event is {sum(rows)} times in the history: {where}")
            elif reference != [1]:
                self.findings.others.append(f"the twin's event is in the history {reference} times: {where}")

    def _check_record(self, twin: Call, call: Call) -> None:
        """The records are equal, and what a frontend sees of them."""
        expected, found = self._records(twin), self._records(call)
        if expected != found:
            differing = (place for place, pair in enumerate(zip(expected, found, strict=False)) if len(set(pair)) > 1)
            first = max(next(differing, 0) - BEFORE, 0)
            self.findings.wrong.append(
                f"{call.sequence} {call.ids.unique} differs from its twin {twin.ids.unique}:\n"
                f"     twin  …{expected[first : first + AFTER]}\n     call  …{found[first : first + AFTER]}"
            )

    def _records(self, call: Call) -> str:
        ids = {self._stored.final(self._stored.call_of[key]) for key in self._keys(call) if key in self._stored.call_of}
        texts = [
            json.dumps([facts(self._stored.calls.get(each, {})), self._views.get(each)], sort_keys=True) for each in ids
        ]
        return "\n".join(sorted(self._normalised(text, call) for text in texts))

    def _keys(self, call: Call) -> Iterator[str]:
        for report in call.reports:
            yield from self._stored.keys_of.get(report.body, [])

    def _normalised(self, text: str, call: Call) -> str:
        """Without the call's own ids, and without times of receipt."""
        text = text.replace(call.ids.unique, "UNIQUE").replace(call.ids.number, "NUMBER")
        text = DIGEST.sub("DIGEST", UUID.sub("ID", text))
        return MILLIS.sub(lambda found: "RECEIVED" if int(found[0]) >= self._began else found[0], text)

    def _check_rest(self) -> None:
        """Nothing waits, and no event is in the history that nobody sent."""
        for row in self._stored.deliveries:
            if row["status"] != "delivered":
                self.findings.others.append(f"delivery {row['messageId']} of {row['eventType']} is {row['status']}")
        for item in self._stored.calls.values():
            # What waits in an absorbed record, the older one has taken over.
            if "waiting" in item and "into" not in item:
                self.findings.others.append(f"call {item['id']} has events that wait for an owner")
        for key in self._stored.rows.keys() - {key for keys in self._stored.keys_of.values() for key in keys}:
            self.findings.others.append(f"the history has {key}, which is not in the log")

    def _check_received(self, customer: Customer) -> None:
        """Each announcement reached each subscription that it matches, with the bytes that the history has."""
        taken: Counter[str] = Counter()
        bodies: dict[str, set[bytes]] = defaultdict(set)
        for one in customer.received:
            if not one.verified:
                self.findings.others.append(f"{customer.name} got {one.message}, whose signature does not verify")
            taken[one.message] += one.taken
            bodies[one.message].add(one.body)
        expected = self._stored.bodies(customer.id)
        for message, versions in bodies.items():
            if versions != {expected.get(message)}:
                self.findings.others.append(f"{customer.name} got {message} with other bytes than the history has")
        for record in self._stored.calls.values():
            for wanted in self._wanted(customer, record):
                self.findings.announcements += 1
                if not taken[wanted.id]:
                    self.findings.lost.append(
                        f"{customer.name} never got {wanted.id}, {wanted.event_type} of {record['id']}"
                    )
        self.findings.duplicates += sum(times - 1 for times in taken.values() if times > 1)

    def _wanted(self, customer: Customer, record: dict[str, Any]) -> Iterator[announced.Announcement]:
        """What a record announced to this customer. An absorbed record speaks through the older one."""
        if "announced" not in record or "into" in record or "owner" not in record:
            return
        if not self._passes(customer, record):
            return
        for each in announced.of(record):
            # A filter looks at the call as it was then, and again when it changed, but not at corrections.
            if each.event_type in customer.types and not (customer.filters and each.event_type == announced.UPDATED):
                yield each

    def _passes(self, customer: Customer, record: dict[str, Any]) -> bool:
        campaigns, outcomes = customer.filters.get("campaigns"), customer.filters.get("outcomes")
        owner, view = json.loads(record["owner"]), self._views.get(record["id"], {})
        return (not campaigns or owner.get("campaignId") in campaigns) and (
            not outcomes or view.get("outcome") in outcomes
        )
