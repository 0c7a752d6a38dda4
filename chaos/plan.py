"""What fails, as the seed decides it.

Each decision is a pure function of the seed and of what it is about: the n-th request of an operation on a table, the
n-th delivery to a customer. So a seed gives the same faults again, as far as requests come in the same order.
"""

import hashlib
import random
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar


class Kind(Enum):
    """What happens to a request of a function to AWS."""

    NONE = "none"
    DELAY = "delayed"
    SILENCE = "answered too late"
    DROP_BEFORE = "connection dropped before the effect"
    DROP_AFTER = "connection dropped after the effect"
    ERROR_BEFORE = "error 500 before the effect"
    ERROR_AFTER = "error 500 after the effect"
    THROTTLE = "throttled"
    HALF = "half of a batch not done"
    KILL_BEFORE = "process killed before the effect"
    KILL_AFTER = "process killed after the effect"
    KILL_BETWEEN = "process killed between two requests"


KILLS = (Kind.KILL_BEFORE, Kind.KILL_AFTER, Kind.KILL_BETWEEN)
# Of a thousand requests.
SHARES = {
    Kind.DELAY: 40,
    Kind.SILENCE: 3,
    Kind.DROP_BEFORE: 12,
    Kind.DROP_AFTER: 12,
    Kind.ERROR_BEFORE: 12,
    Kind.ERROR_AFTER: 12,
    Kind.THROTTLE: 20,
    Kind.HALF: 80,
    Kind.KILL_BEFORE: 3,
    Kind.KILL_AFTER: 3,
    Kind.KILL_BETWEEN: 3,
}
# The SDK tries three times. So that operations fail, and not only attempts, some runs of consecutive
# requests fail as a whole: one in this number.
RUN_LENGTH, RUNS_PER_OUTAGE = 8, 40
OUTAGES = (Kind.DROP_BEFORE, Kind.DROP_AFTER, Kind.ERROR_BEFORE, Kind.ERROR_AFTER, Kind.THROTTLE)


@dataclass(frozen=True)
class Fault:
    """`seconds` is the wait: before a delayed request goes on, or before a process dies between two."""

    kind: Kind
    seconds: float = 0


class Answer(Enum):
    """What a customer does with a delivery."""

    OK = "200"
    ERROR = "500"
    BUSY = "429"
    DROP = "connection dropped"
    HANG = "no answer"
    KILL_BEFORE = "sender killed before the answer"
    KILL_AFTER = "sender killed after the answer"


ANSWERS = {
    Answer.ERROR: 60,
    Answer.BUSY: 20,
    Answer.DROP: 20,
    Answer.HANG: 5,
    Answer.KILL_BEFORE: 5,
    Answer.KILL_AFTER: 5,
}
# In one run of consecutive deliveries of this number, the endpoint is down for all of it.
DOWN_LENGTH, RUNS_PER_DOWN = 12, 12


@dataclass(frozen=True)
class Plan:
    """The plan of one seed."""

    seed: int

    def dice(self, *about: object) -> random.Random:
        """Random numbers of the seed for one thing."""
        text = "/".join(map(str, (self.seed, *about)))
        return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()))  # noqa: S311 - to be repeated

    def request(self, operation: str, table: str, number: int) -> Fault:
        """What happens to the `number`-th request of an operation on a table or a queue."""
        run = self.dice("outage", operation, table, number // RUN_LENGTH)
        if run.randrange(RUNS_PER_OUTAGE) == 0:
            return Fault(run.choice(OUTAGES))
        dice = self.dice("request", operation, table, number)
        kind = _drawn(dice, SHARES, Kind.NONE)
        return Fault(kind, _seconds(dice, kind))

    def delivery(self, customer: str, number: int) -> Answer:
        """What a customer does with the `number`-th delivery."""
        run = self.dice("down", customer, number // DOWN_LENGTH)
        if run.randrange(RUNS_PER_DOWN) == 0:
            return Answer.ERROR
        return _drawn(self.dice("delivery", customer, number), ANSWERS, Answer.OK)

    def conversation_fails(self, number: int) -> bool:
        """Whether ElevenLabs fails at the `number`-th question for a conversation."""
        return self.dice("conversation", number).randrange(10) == 0


Drawn = TypeVar("Drawn", bound=Enum)


def _drawn(dice: random.Random, shares: dict[Drawn, int], otherwise: Drawn) -> Drawn:
    point = dice.randrange(1_000)
    for kind, share in shares.items():
        point -= share
        if point < 0:
            return kind
    return otherwise


def _seconds(dice: random.Random, kind: Kind) -> float:
    match kind:
        case Kind.DELAY:
            return dice.uniform(0.02, 0.8)
        case Kind.SILENCE:
            # An attempt of the functions ends after two.
            return 2.5
        case Kind.KILL_BETWEEN:
            return dice.uniform(0.001, 0.03)
    return 0
