"""The stack's own API, as a client of it."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from project.progress import Failure

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Api:
    """The API at a URL, for the caller that a token names."""

    url: str
    token: str

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer, which must be a success."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.send_bytes(method, path, headers, None if body is None else json.dumps(body).encode())

    def send_bytes(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
        """As `send`, with a body and headers as they are."""
        sent = {"Content-Type": "application/json"} | headers
        request = urllib.request.Request(self.url + path, body, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            answer = error.read(500)
            raise Failure(f"{method} {path} answered {error.code}: {answer!r}. make logs shows why.") from error
        except (urllib.error.URLError, ValueError) as error:
            raise Failure(f"{method} {path} has no answer in JSON: {error}. make logs shows why.") from error
