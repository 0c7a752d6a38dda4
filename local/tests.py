"""`make test`: every test but the browser's, against the stack that runs or one of its own."""

import os
import shutil
import subprocess
import sys

from project import environment
from project.progress import say
from project.settings import CRASH_POINTS, ROOT

from . import up

# What a test binary needs to know, so that not each of them looks after the stack (tests/src/stack.rs).
STACK_IS_UP = "RINGPOST_STACK_IS_UP"


def run() -> int:
    """The exit code of the tests."""
    started = up.up()
    shutil.rmtree(CRASH_POINTS, ignore_errors=True)
    try:
        tools = str(environment.ensure("tools"))
        return _cargo_test() or _run([tools, "-m", "checks.crash_points"]) or _checks(tools)
    finally:
        if started:
            up.down()


def _cargo_test() -> int:
    # Most of a test is waiting: for an answer, or for a time to pass.
    threads = 2 * (os.cpu_count() or 1)
    return _run(["cargo", "test", "--workspace", "--locked"], RUST_TEST_THREADS=str(threads), **{STACK_IS_UP: "1"})


def _run(command: list[str], **environment: str) -> int:
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode


def _checks(tools: str) -> int:
    """The contract comes last, for what it sends stays in the stack. The rehearsals have an emulator of their own."""
    rehearse = [sys.executable, "-m", "local", "rehearse"]
    with subprocess.Popen(
        rehearse, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as rehearsals:
        contract = _run([tools, "-m", "checks.contract", "--quick"])
        # In one piece, not between the contract's lines.
        say(rehearsals.communicate()[0])
    return rehearsals.returncode or contract
