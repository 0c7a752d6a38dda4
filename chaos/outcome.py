"""What a run prints in the end."""

from collections import Counter
from dataclasses import dataclass

from project.progress import say
from project.settings import ROOT

from .customers import Customer
from .forgeries import FORGERIES
from .oracle import Findings, Pairs
from .plan import KILLS, Answer
from .proxy import Proxy
from .senders import Senders
from .settings import LOG

SHOWN = 20


@dataclass(frozen=True)
class Outcome:
    """One run that became quiet."""

    seed: int
    pairs: Pairs
    senders: Senders
    customers: list[Customer]
    proxy: Proxy
    quiet_seconds: float
    findings: Findings

    def show(self) -> int:
        """Prints it, and gives the exit code."""
        found, events = self.findings, sum(len(call.reports) for _, call in self.pairs)
        faults = self.proxy.faults
        answers: Counter[Answer] = sum((customer.answers for customer in self.customers), Counter())
        rows = {
            "seed": self.seed,
            "events": f"{events} of {len(self.pairs)} calls, sent {self.senders.answers.total()} times",
            "answers to providers": _counts({str(answer): count for answer, count in self.senders.answers.items()}),
            "requests to AWS": self.proxy.requests,
            "faults of AWS": _counts({kind.value: count for kind, count in faults.items() if kind not in KILLS}),
            "processes killed": _counts({kind.value: faults[kind] for kind in KILLS}),
            "customers": _counts({answer.value: count for answer, count in answers.items()}),
            "announcements expected": found.announcements,
            "deliveries taken twice": found.duplicates,
            "lost": len(found.lost),
            "doubled": len(found.doubled),
            "wrong calls": len(found.wrong),
            "other violations": len(found.others),
            "forgeries": f"{len(FORGERIES)} shown to the check, {len(found.unnoticed)} not noticed",
            "time to quiet": f"{self.quiet_seconds:.0f} s",
        }
        say()
        for name, value in rows.items():
            say(f"{name:<24}{value}")
        if not (violations := found.all()):
            say("\n✓ Nothing was lost, doubled or wrong.")
            return 0
        say(f"\n✗ {len(violations)} violations:")
        for violation in violations[:SHOWN]:
            say(f"   {violation}")
        say(f"\nRepeat it: make chaos SEED={self.seed} EVENTS={events}. The functions' log: {LOG.relative_to(ROOT)}.")
        return 1


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda each: -each[1])) or "none"
