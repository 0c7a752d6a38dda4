"""A small client of the Ringpost API: read calls, publish events, verify webhooks."""

from standardwebhooks import WebhookVerificationError

from .client import AsyncRingpost, Ringpost, RingpostError, Token
from .models import CallLog, EventType, OutboundEvent, PublishedEvent
from .webhooks import verify_webhook

__all__ = [
    "AsyncRingpost",
    "CallLog",
    "EventType",
    "OutboundEvent",
    "PublishedEvent",
    "Ringpost",
    "RingpostError",
    "Token",
    "WebhookVerificationError",
    "verify_webhook",
]
