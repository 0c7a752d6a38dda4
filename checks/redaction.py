"""`make redaction`: whether the running stack has logged what no log may hold: every line of every function is read."""

import json
import re
import sys
from collections.abc import Iterator

from local import logs, stack_env
from ops import stage
from project.progress import Failure, fail, say, step
from project.settings import ROOT, STAGE
from samples import known_secrets
from samples.tenant import PHONE_NUMBERS

# Any JSON web token.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.")
# What may be known; and the emulator takes any AWS credentials.
OPEN = re.compile(r".*_URL|RINGPOST_(TENANT|USER)|CALL_CAPTURE_COMPANY_ID|LIVEKIT_API_KEY|AWS_.*")
SHOWN = 5


def main() -> int:
    """The exit code: 0 when no line holds a secret, a token, a body or a whole number of the samples."""
    [client] = stage.clients(STAGE, "logs")
    forbidden = _forbidden()
    count, found = 0, []
    with step("looking through what the functions logged"):
        for function, line in logs.every(client):
            count += 1
            found += [(function, what, line) for what, text in forbidden if text in line]
            found += [(function, "a token", line) for _ in TOKEN.finditer(line)]
    for function, what, _ in found[:SHOWN]:
        say(f"✗ a line of {function} holds {what}")
    if not count:
        raise Failure("Nothing was logged: there is nothing to look through.")
    say(f"{count:,} lines, {len(forbidden)} texts that none may hold: {len(found)} found")
    return 1 if found else 0


def _forbidden() -> list[tuple[str, str]]:
    """What each text is, and the text."""
    secrets = [*stack_env.read().items(), *known_secrets.SECRETS.items()]
    texts = [(name, value) for name, value in secrets if not OPEN.fullmatch(name)]
    texts += [("a whole phone number", number.removeprefix("+")) for number in _numbers()]
    return texts + [("a body", text) for text in _bodies()]


def _numbers() -> set[str]:
    """Every number in E.164 that a sample event has."""
    found = set(PHONE_NUMBERS)
    for path in (ROOT / "events").glob("*.json"):
        found |= set(re.findall(r"\+[1-9]\d{9,13}", path.read_text()))
    return found


def _bodies() -> Iterator[str]:
    """The beginning of each sample's body, as it is and as a text within JSON."""
    for path in (ROOT / "events").glob("*.json"):
        body = json.loads(path.read_text()).get("body") or ""
        if body.startswith("{"):
            yield body[:40]
            yield json.dumps(body[:40])[1:-1]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(fail(failure))
