"""ElevenLabs' API, as far as the functions ask it: the conversations of the calls, which now and then it does not give."""

import itertools
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .plan import Plan


class ElevenLabs:
    """Listens on loopback from its start. It fails as long as `plan` is set."""

    def __init__(self) -> None:
        self.conversations: Mapping[str, object] = {}
        self.plan: Plan | None = None
        self._numbers = itertools.count()
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, answer = api._answer(self.path.rsplit("/", 1)[-1])
                body = json.dumps(answer).encode()
                self.send_response_only(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing: nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, conversation: str) -> tuple[int, object]:
        if self.plan and self.plan.conversation_fails(next(self._numbers)):
            return 503, {}
        found = self.conversations.get(conversation)
        return (200, found) if found else (404, {})
