"""What the environment may override; nothing else in this package reads it."""

import os
import sys


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
