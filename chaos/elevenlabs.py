"""ElevenLabs' API, as far as the functions use it: the conversations of the calls, or a failure by the plan."""

import itertools
import json
from collections.abc import Mapping

from .plan import Plan
from .server import Handler, serve, url


class ElevenLabs:
    """Listens on loopback from its start. It fails as long as `plan` is set."""

    def __init__(self) -> None:
        self.conversations: Mapping[str, object] = {}
        self.plan: Plan | None = None
        self._numbers = itertools.count()
        api = self

        class Question(Handler):
            def respond(self) -> None:
                status, answer = api._answer(self.path.rsplit("/", 1)[-1])
                self.answer(status, json.dumps(answer).encode(), {"content-type": "application/json"})

        self.url = url(serve(Question))

    def _answer(self, conversation: str) -> tuple[int, object]:
        if self.plan and self.plan.conversation_fails(next(self._numbers)):
            return 503, {}
        found = self.conversations.get(conversation)
        return (200, found) if found else (404, {})
