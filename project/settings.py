"""Where things are and what the environment may override; nothing else in this package reads it."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "project" / "requirements"
TEMPLATE = ROOT / "template.yaml"
SAM_CONFIG = ROOT / "samconfig.toml"

# Everything that a run leaves behind, the emulator's temporary files included; git-ignored.
HOME = ROOT / ".local"
STACK_ENV = HOME / "stack.env"
STATE = HOME / "stack.json"
LOCK = HOME / "lock"
CLOUD_LOG = HOME / "cloud.log"
CLOUD_TMP = HOME / "tmp"
BRIDGE_LOG = HOME / "bridge.log"
SAM_ENV = HOME / "sam-env.json"
SAM_HOME = HOME / "sam"
DEMO_WEBHOOK = HOME / "demo-webhook.json"

STAGE = "local"
STACK = "ringpost-local"
BUCKET = "ringpost-local-artifacts"
REGION = "us-east-1"
# The emulator's root key: it opens nothing but the emulator, which listens on loopback alone.
ACCESS_KEY_ID = SECRET_ACCESS_KEY = "test"  # noqa: S105

TENANT = "demo"
USER = "user_demo"
PHONE_NUMBERS = ("+17678189426", "+18588796658")


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdecimal():
        sys.exit(f"{variable} must be a port number, not {value!r}.")
    return int(value)


PORT_IS_CHOSEN = "RINGPOST_PORT" in os.environ
PORT = _port("RINGPOST_PORT", 4566)
ELEVENLABS_PORT = _port("RINGPOST_ELEVENLABS_PORT", 8790)
# Whether make run shows every answer whole.
VERBOSE = os.environ.get("VERBOSE", "0") not in ("", "0")
SECRETS_DIR = os.environ.get("RINGPOST_SECRETS_DIR")


def endpoint(port: int) -> str:
    """Where every AWS service of the local cloud answers."""
    return f"http://127.0.0.1:{port}"
