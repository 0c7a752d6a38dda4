"""What the proxy, the customers and ElevenLabs' API have in common as servers on loopback."""

import socketserver
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        """Answers the request that has come."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        # The process at the other end may be dead, or may have stopped waiting.
        with suppress(ConnectionError):
            self.respond()

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Prints nothing: the run counts."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many connections come at once.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A process that was killed leaves its connections; everything else is a fault of this program."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def serve(handler: type[Handler]) -> socketserver.BaseServer:
    """A server on a free port of loopback, which serves until the process ends or it is shut down."""
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def url(server: socketserver.BaseServer) -> str:
    """Its base URL."""
    return f"http://127.0.0.1:{server.server_address[1]}"
