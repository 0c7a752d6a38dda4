"""Where and with what a measurement was made."""

import os
import platform
import re
import subprocess
from pathlib import Path

from .binaries import ROOT

SOURCES = ("lib", "functions", "Cargo.toml", "Cargo.lock")


def machine() -> str:
    """How many cores, and which."""
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    return f"{os.cpu_count()} x {model.group(1) if model else platform.machine()}"


def commit() -> str:
    """The commit that the measured code is of; `-dirty` if its files differ from it."""
    last = _git("log", "-1", "--format=%h", "--", *SOURCES)
    return last + ("-dirty" if _git("status", "--porcelain", "--", *SOURCES) else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
