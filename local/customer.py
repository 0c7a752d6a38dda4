"""A customer's endpoint for `make run`: takes what is posted, and verifies it with the official library."""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True)
class Delivery:
    """What was posted, and whether it was signed by who should."""

    headers: dict[str, str]
    body: dict[str, Any]
    verified: bool


class Customer:
    """Listens on loopback from its start until the process ends."""

    def __init__(self) -> None:
        """Listens from now on; deliveries verify once the secret is known."""
        self.secret = ""
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        customer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                delivery = customer._receive({name: self.headers.get(name, "") for name in WEBHOOK_HEADERS}, body)
                self.send_response(200 if delivery.verified else 401)
                self.send_header("content-length", "0")
                self.end_headers()
                customer.deliveries.put(delivery)

            def log_message(self, *_: object) -> None:
                """Says nothing: the demonstration does."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def _receive(self, headers: dict[str, str], body: bytes) -> Delivery:
        try:
            return Delivery(headers, Webhook(self.secret).verify(body, headers), verified=True)
        except WebhookVerificationError:
            return Delivery(headers, json.loads(body), verified=False)
