"""A server on loopback that answers as a test says."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CALL = {"id": "call-1", "userId": "user-1", "status": "ended", "outcome": "completed", "duration": 45}


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Loopback:
    """The server's address, and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def answering(*answers: tuple[int, Any] | tuple[int, Any, dict[str, str]]) -> Iterator[Loopback]:
    """Gives these answers in turn, and then repeats the last one."""
    loopback = Loopback()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answered, headers = (*answers[min(len(loopback.asked), len(answers) - 1)], {})[:3]
            loopback.asked.append(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            text = (answered if isinstance(answered, str) else json.dumps(answered)).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(text))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            """Prints nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    loopback.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
