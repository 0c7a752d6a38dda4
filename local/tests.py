"""`make test`: every test, against the stack that runs or one of its own."""

import subprocess

from . import up
from .settings import ROOT


def run() -> int:
    """The exit code of the tests."""
    started = up.up()
    try:
        return subprocess.run(["cargo", "test", "--workspace", "--locked"], cwd=ROOT, check=False).returncode
    finally:
        if started:
            up.down()
