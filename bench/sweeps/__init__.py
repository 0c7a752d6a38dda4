"""The quantities that grow, one module each."""

from . import events_per_call, history, payload, subscriptions
from .sweep import Sweep

SWEEPS: dict[str, Sweep] = {
    "events-per-call": events_per_call.SWEEP,
    "subscriptions": subscriptions.SWEEP,
    "history": history.SWEEP,
    "payload": payload.SWEEP,
}
