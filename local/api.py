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
    """Who asks where."""

    url: str
    token: str

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer, which must be a success."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            answer = error.read(500)
            raise Failure(f"{method} {path} answered {error.code}: {answer!r}. make logs shows why.") from error
        except (urllib.error.URLError, ValueError) as error:
            raise Failure(f"{method} {path} has no answer in JSON: {error}. make logs shows why.") from error
