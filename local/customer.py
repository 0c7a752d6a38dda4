"""A customer's endpoint for `make run`: takes what is posted, and verifies it with the official library."""

import queue
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
LARGEST_BODY = 1_048_576


@dataclass(frozen=True)
class Delivery:
    """What was posted and how it was answered. There is no body unless the subscription's secret signed it."""

    headers: dict[str, str]
    body: dict[str, Any] | None
    answer: HTTPStatus


class Customer:
    """Listens on loopback from its start until the process ends."""

    def __init__(self) -> None:
        """Listens from now on; deliveries verify once the secret is known."""
        self.secret = ""
        # The first delivery that holds this text is answered 503.
        self.unwell_at = ""
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        customer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = self.headers.get("content-length", "")
                whole = length.isdecimal() and int(length) <= LARGEST_BODY
                body = self.rfile.read(int(length)) if whole else b""
                delivery = customer._receive({name: self.headers.get(name, "") for name in WEBHOOK_HEADERS}, body)
                # What was not read would be taken for the next request.
                self.close_connection = not whole
                self.send_response(delivery.answer)
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
        return f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def _receive(self, headers: dict[str, str], body: bytes) -> Delivery:
        try:
            verified = Webhook(self.secret).verify(body, headers)
        # ValueError is what base64 and JSON raise for an unsigned body.
        except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
            return Delivery(headers, None, HTTPStatus.UNAUTHORIZED)
        if self.unwell_at and self.unwell_at.encode() in body:
            self.unwell_at = ""
            return Delivery(headers, verified, HTTPStatus.SERVICE_UNAVAILABLE)
        return Delivery(headers, verified, HTTPStatus.OK)
