"""Verifies a webhook with the official library, and gives its event a type."""

import json
from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from standardwebhooks import Webhook, WebhookVerificationError

from .models import OutboundEvent


class Headers(Protocol):
    """What every framework's headers have."""

    def items(self) -> Iterable[tuple[str, str]]:
        """The names, in any case, with their values."""


def verify_webhook(body: bytes | str, headers: Headers, secrets: str | Sequence[str]) -> OutboundEvent:
    """The event of a request whose signature is right; `event["type"]` decides what `event["data"]` is.

    `body` is the body as it came. With several secrets one must fit. Raises WebhookVerificationError for anything that
    Ringpost did not sign with such a secret in the last five minutes.
    """
    webhooks = [_webhook(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not webhooks:
        raise ValueError("a webhook secret is needed")
    refusal: Exception | None = None
    for webhook in webhooks:
        try:
            webhook.verify(body, dict(headers.items()), json_parse=False)
        # The library raises a ValueError for a signature that is not base64 and for a body that is not UTF-8.
        except (WebhookVerificationError, ValueError) as error:
            refusal = error
        else:
            return _event(body)
    raise WebhookVerificationError(str(refusal)) from refusal


def _webhook(secret: str) -> Webhook:
    """A secret that the customer chose is not base64: its bytes are the key."""
    return Webhook(secret if secret.startswith("whsec_") else secret.encode())


def _event(body: bytes | str) -> OutboundEvent:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise WebhookVerificationError("The body is not an event of Ringpost") from error
    expected = {"type": str, "timestamp": str, "data": dict}
    if not isinstance(event, dict) or not all(isinstance(event.get(name), kind) for name, kind in expected.items()):
        raise WebhookVerificationError("The body is not an event of Ringpost")
    return cast(OutboundEvent, event)
