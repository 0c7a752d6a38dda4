"""Whether the oracle can fail: each run shows it what it has read, with one thing made wrong."""

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from .customers import Customer
from .oracle import Findings, Oracle, Pairs
from .tables import Stored


@dataclasses.dataclass
class Evidence:
    """What the oracle judges by."""

    stored: Stored
    views: dict[str, dict[str, Any]]
    began: int
    pairs: Pairs
    customers: list[Customer]

    def findings(self) -> Findings:
        return Oracle(self.stored, self.views, self.began).check(self.pairs, self.customers)

    def copied(self) -> "Evidence":
        """One that can be changed."""
        customers = [copy.copy(customer) for customer in self.customers]
        for customer in customers:
            customer.received = list(customer.received)
        stored = Stored(**{field.name: copy.copy(getattr(self.stored, field.name)) for field in _FIELDS})
        return Evidence(stored, dict(self.views), self.began, self.pairs, customers)

    def key(self) -> str:
        """Of the first event of the first call that was played under faults."""
        return self.stored.keys_of[self.pairs[0][1].reports[0].body][0]

    def call(self) -> str:
        """The id of the record of that event."""
        return self.stored.final(self.stored.call_of[self.key()])


_FIELDS = dataclasses.fields(Stored)


def missed(evidence: Evidence, findings: Findings) -> list[str]:
    """The forgeries that the oracle does not notice: none, if it is any good. It had these findings before."""
    known = Counter(findings.all())
    unnoticed = []
    for what, forge in FORGERIES.items():
        forged = evidence.copied()
        forge(forged)
        if not Counter(forged.findings().all()) - known:
            unnoticed.append(f"the check does not notice that {what}")
    return unnoticed


def _not_in_the_log(forged: Evidence) -> None:
    del forged.stored.keys_of[forged.pairs[0][1].reports[0].body]


def _not_in_the_history(forged: Evidence) -> None:
    forged.stored.rows[forged.key()] = 0


def _twice_in_the_history(forged: Evidence) -> None:
    forged.stored.rows[forged.key()] = 2


def _from_nowhere(forged: Evidence) -> None:
    forged.stored.rows["livekit:forged"] = 1


def _no_record(forged: Evidence) -> None:
    del forged.stored.calls[forged.call()]


def _another_fact(forged: Evidence) -> None:
    record = forged.stored.calls[forged.call()]
    forged.stored.calls[forged.call()] = record | {"facts": json.dumps(json.loads(record["facts"]) | {"forged": 1})}


def _another_view(forged: Evidence) -> None:
    forged.views[forged.call()] = forged.views[forged.call()] | {"outcome": "forged"}


def _waiting(forged: Evidence) -> None:
    forged.stored.calls[forged.call()] = forged.stored.calls[forged.call()] | {"waiting": "[]"}


def _pending(forged: Evidence) -> None:
    forged.stored.deliveries[0] = forged.stored.deliveries[0] | {"status": "pending"}


def _never_received(forged: Evidence) -> None:
    received = forged.customers[0].received
    end = next(one.message for one in received if b'"call.completed"' in one.body)
    received[:] = [one for one in received if one.message != end]


def _other_bytes(forged: Evidence) -> None:
    first = forged.customers[0].received[0]
    forged.customers[0].received[0] = dataclasses.replace(first, body=first.body + b" ")


def _not_signed(forged: Evidence) -> None:
    first = forged.customers[0].received[0]
    forged.customers[0].received[0] = dataclasses.replace(first, verified=False)


FORGERIES: dict[str, Callable[[Evidence], None]] = {
    "an accepted event is not in the log": _not_in_the_log,
    "an event is not in the history": _not_in_the_history,
    "an event is twice in the history": _twice_in_the_history,
    "the history has an event that was not sent": _from_nowhere,
    "a call has no record": _no_record,
    "a record has another fact": _another_fact,
    "a view has another outcome": _another_view,
    "an event waits for an owner": _waiting,
    "a delivery is pending": _pending,
    "a customer never got a message": _never_received,
    "a customer got other bytes": _other_bytes,
    "a signature does not verify": _not_signed,
}
