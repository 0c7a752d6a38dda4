"""The SSM SecureStrings that the functions read. CloudFormation cannot create such parameters: a command puts them."""

from dataclasses import dataclass
from typing import Any

# A parameter that deliberately holds no secret says so, for a missing one is an error.
NONE = "none"


@dataclass(frozen=True)
class Secret:
    """One parameter under /ringpost/<stage>/: a list with one entry per line, so that two are valid in a rotation."""

    name: str
    entries: str


SECRETS = (
    Secret("livekit-api-keys", "LiveKit API keys, each as key:secret"),
    Secret("livekit-webhook-secrets", "secrets of X-LiveKit-Signature"),
    Secret("signalwire-signing-keys", "signing keys of SignalWire projects (PSK_…)"),
    Secret("elevenlabs-webhook-secrets", "secrets of ElevenLabs' webhooks, wsec_…"),
    Secret("elevenlabs-api-key", "one key of ElevenLabs' API that may read conversations, xi-…"),
    Secret("token-keys", "secrets of HS256 user tokens, or one JWKS document for RS256 and ES256"),
)


def put(ssm: Any, stage: str, name: str, value: str) -> None:
    """Writes one parameter, encrypted with the account's aws/ssm key."""
    ssm.put_parameter(
        Name=f"/ringpost/{stage}/{name}",
        Value=value,
        Type="SecureString",
        # A JWKS document may exceed the 4 KB of the standard tier.
        Tier="Intelligent-Tiering",
        Overwrite=True,
    )
