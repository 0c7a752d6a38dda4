"""Customers' endpoints: each verifies what comes with the official library, and fails as the plan says."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from local.api import Api

from . import kill
from .plan import Answer, Plan
from .server import Handler, serve, url

# A sender waits for 15.
HANG_SECONDS = 17
# Twenty attempts outlast every failure of the plan.
SCHEDULE = {"maxAttempts": 20, "initialDelay": 1, "maxDelay": 5, "backoffFactor": 1.5}
STATUSES = {Answer.OK: 200, Answer.ERROR: 500, Answer.BUSY: 429, Answer.KILL_AFTER: 200}
ENDS = ("call.completed", "call.updated")
LIFECYCLE = ("call.created", "call.ringing", "call.answered", *ENDS)
EVERYTHING = (
    *LIFECYCLE,
    *("call.merged", "recording.started", "recording.completed", "conversation.started", "conversation.completed"),
    *("transfer.initiated", "transfer.completed", "contact.created", "voice.completed", "agent.ready"),
)


@dataclass(frozen=True)
class Received:
    """One attempt of a delivery as it arrived; `taken` when it was answered 200."""

    message: str
    body: bytes
    verified: bool
    taken: bool


@dataclass
class Customer:
    """One subscription and its endpoint, which listens from `start` on."""

    name: str
    types: tuple[str, ...]
    filters: dict[str, list[str]] = field(default_factory=dict)
    plan: Plan | None = None
    received: list[Received] = field(default_factory=list)
    answers: Counter[Answer] = field(default_factory=Counter)
    id: int = 0
    _secret: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, api: Api) -> None:
        """Listens, and subscribes."""
        customer = self

        class Endpoint(Handler):
            def respond(self) -> None:
                customer._receive(self, self.body())

        config: dict[str, Any] = {
            "name": self.name,
            "url": f"{url(serve(Endpoint))}/webhooks",
            "eventTypes": list(self.types),
            "filters": self.filters,
            "retryConfig": SCHEDULE,
        }
        webhook = api.send("POST", "/api/webhooks/config", config)["webhook"]
        self.id, self._secret = webhook["id"], webhook["secret"]

    def _receive(self, handler: Handler, body: bytes) -> None:
        verified = self._verifies(body, dict(handler.headers.items()))
        with self._lock:
            answer = self._answer(verified)
            self.answers[answer] += 1
            taken = verified and STATUSES.get(answer) == STATUSES[Answer.OK]
            self.received.append(Received(handler.headers.get("webhook-id", ""), body, verified, taken))
        if answer is Answer.KILL_BEFORE:
            kill.peer(handler.client_address[1])
        if answer is Answer.HANG:
            time.sleep(HANG_SECONDS)
        if answer not in STATUSES:
            handler.close_connection = True
            return
        handler.answer(STATUSES[answer])
        if answer is Answer.KILL_AFTER:
            kill.peer(handler.client_address[1])

    def _answer(self, verified: bool) -> Answer:
        if not verified:
            return Answer.ERROR
        return self.plan.delivery(self.name, len(self.received)) if self.plan else Answer.OK

    def _verifies(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            Webhook(self._secret).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            return False
        return True


def everyone() -> list[Customer]:
    """One for all that is announced, one for ends, one of a campaign, one of the calls that failed."""
    return [
        Customer("everything", EVERYTHING),
        Customer("ends", ENDS),
        Customer("campaign", LIFECYCLE, {"campaigns": ["demo-campaign"]}),
        Customer("unreached", ENDS, {"outcomes": ["busy", "no_answer"]}),
    ]
