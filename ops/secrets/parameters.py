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
    # Whether an entry is `key:secret`, whose key is no secret.
    is_pair: bool = False
    # Whether it may be one JWKS document instead of lines.
    may_be_document: bool = False


SECRETS = (
    Secret("livekit-api-keys", "LiveKit API keys, each as key:secret", is_pair=True),
    Secret("livekit-webhook-secrets", "secrets of X-LiveKit-Signature"),
    Secret("signalwire-signing-keys", "signing keys of SignalWire projects (PSK_…)"),
    Secret("elevenlabs-webhook-secrets", "secrets of ElevenLabs' webhooks, wsec_…"),
    Secret("elevenlabs-api-key", "keys of ElevenLabs' API that may read conversations, xi-…; the first one is used"),
    Secret(
        "token-keys", "secrets of HS256 user tokens, or one JWKS document for RS256 and ES256", may_be_document=True
    ),
)


def full_name(stage: str, name: str) -> str:
    """Its name in Parameter Store."""
    return f"/ringpost/{stage}/{name}"


def put(ssm: Any, stage: str, name: str, value: str) -> int:
    """Writes one parameter, encrypted with the account's aws/ssm key. Returns its new version."""
    answer = ssm.put_parameter(
        Name=full_name(stage, name),
        Value=value,
        Type="SecureString",
        # A JWKS document may exceed the 4 KB of the standard tier.
        Tier="Intelligent-Tiering",
        Overwrite=True,
    )
    return int(answer["Version"])
