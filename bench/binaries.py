"""The release binaries of the functions."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FOLDER = TARGET / "release"


def build(names: Iterable[str]) -> None:
    """Builds these functions as they are deployed."""
    bins = [flag for name in dict.fromkeys(names) for flag in ("--bin", name)]
    print("Building the release binaries (about a minute each the first time) …", flush=True)
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ringpost-functions", *bins], cwd=ROOT, check=True)
