"""The providers: they sign as theirs do, and send again until they are answered 2xx.

Real ones give up after some tries. These do not, so that every event is accepted and every call can be compared.
"""

import base64
import hashlib
import hmac
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import parse_qsl

from project.progress import Failure
from samples import tokens
from samples.known_secrets import SECRETS

from .calls import Call
from .plan import Plan
from .report import Provider, Report
from .stack import Stack

AT_ONCE = 6
TIMEOUT_SECONDS = 35
FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0
TRIES = 60
ACCEPTED = range(200, 300)
REFUSED = set(range(400, 500)) - {HTTPStatus.TOO_MANY_REQUESTS}
# LiveKit's token lives for five minutes, and a sender that repeats it must not come with an old one.
TOKEN_SECONDS, RENEW_AFTER = 300, 240
# Of a hundred reports, this number comes twice, with others between.
REPEATED = 30


class Senders:
    """Send to one stack, and count."""

    def __init__(self, stack: Stack) -> None:
        self.answers: Counter[int | str] = Counter()
        # What a provider would take for its own mistake: a valid webhook is never refused.
        self.refused: list[str] = []
        self._stack = stack

    def play(self, calls: Iterable[Call]) -> None:
        """Each call in its order, some calls at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda call: [self._send(report) for report in call.reports], calls))

    def shuffle(self, calls: Iterable[Call], plan: Plan) -> None:
        """All reports of all calls in one order of the plan's, and some of them twice."""
        dice = plan.dice("senders")
        reports = [report for call in calls for report in call.reports]
        reports += [report for report in reports if dice.randrange(100) < REPEATED]
        dice.shuffle(reports)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._send, reports))

    def _send(self, report: Report) -> None:
        wait, signed_at, headers = FIRST_WAIT, 0.0, {}
        for _ in range(TRIES):
            if time.monotonic() - signed_at > RENEW_AFTER or not headers:
                signed_at, headers = time.monotonic(), self._signed(report)
            answer = self._post(report, headers)
            self.answers[answer] += 1
            if answer in ACCEPTED:
                return
            if answer in REFUSED:
                self.refused.append(f"{report.provider.name} was answered {answer}: {report.body[:200]!r}")
                return
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
        raise Failure(f"{report.provider.name} got no 2xx in {TRIES} tries for {report.body[:200]!r}.")

    def _post(self, report: Report, headers: dict[str, str]) -> int | str:
        url = self._stack.url(report.provider.value)
        request = urllib.request.Request(url, report.body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, ValueError) as error:
            return type(error).__name__

    def _signed(self, report: Report) -> dict[str, str]:
        """The headers of a report, signed now."""
        values = self._stack.values
        match report.provider:
            case Provider.LIVEKIT | Provider.SIP_INBOUND:
                token = _livekit_token(values["LIVEKIT_API_KEY"], values["LIVEKIT_API_SECRET"], report.body)
                return {"content-type": "application/webhook+json", "authorization": token}
            case Provider.SIGNALWIRE:
                url = self._stack.url(report.provider.value)
                fields = sorted(parse_qsl(report.body.decode(), keep_blank_values=True))
                text = url + "".join(name + value for name, value in fields)
                digest = hmac.digest(values["SIGNALWIRE_SIGNING_KEY"].encode(), text.encode(), hashlib.sha1)
                signature = base64.b64encode(digest).decode()
                return {"content-type": "application/x-www-form-urlencoded", "x-signalwire-signature": signature}
            case Provider.ELEVENLABS:
                now = int(time.time())
                message = f"{now}.".encode() + report.body
                digest = hmac.digest(values["ELEVENLABS_WEBHOOK_SECRET"].encode(), message, hashlib.sha256)
                return {"content-type": "application/json", "elevenlabs-signature": f"t={now},v0={digest.hex()}"}
            case Provider.DIALER:
                return {"content-type": "application/json", "x-api-key": SECRETS["CALL_CAPTURE_API_KEY"]}
        # Its sender does not sign; its address is on the local stage's list.
        return {"content-type": "application/json"}


def _livekit_token(key: str, secret: str, body: bytes) -> str:
    now = int(time.time())
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return tokens.sign(secret, {"iss": key, "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS, "sha256": digest})
