"""What the running stack was made of, so that the next `up` changes only what differs."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .settings import HOME

STATE = HOME / "stack.json"


@dataclass
class State:
    """`template` is a digest, empty until the stack is deployed; `digest_of` has one per deployed binary.

    `bridge` is the process that sam's containers reach the stack by; 0 where there is none.
    """

    pid: int
    port: int
    template: str = ""
    digest_of: dict[str, str] = field(default_factory=dict)
    bridge: int = 0

    def save(self) -> None:
        write_private(STATE, json.dumps(asdict(self), indent=2) + "\n")


def load() -> State | None:
    """The last started stack, running or not."""
    if not STATE.exists():
        return None
    stored = json.loads(STATE.read_text())
    try:
        return State(**stored)
    except TypeError:
        # Another version of this code wrote it: what matters is to find the processes; the rest is deployed anew.
        return State(pid=stored["pid"], port=stored["port"])


def forget() -> None:
    """There is no stack any more."""
    STATE.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replaces a file whole, readable by its owner alone."""
    HOME.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)
