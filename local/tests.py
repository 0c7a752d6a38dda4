"""`make test`: every test but the browser's, against the stack that runs or one of its own."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor

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
    tools = str(environment.ensure("tools"))
    try:
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
    with ThreadPoolExecutor(max_workers=1) as pool:
        rehearsals = pool.submit(_rehearse)
        contract = _run([tools, "-m", "checks.contract", "--quick"])
        return _end(rehearsals) or contract


def _rehearse() -> subprocess.CompletedProcess[str]:
    """What it prints comes in one piece, at its end."""
    return subprocess.run(
        [sys.executable, "-m", "local", "rehearse"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _end(rehearsals: Future[subprocess.CompletedProcess[str]]) -> int:
    done = rehearsals.result()
    say(done.stdout)
    return done.returncode
