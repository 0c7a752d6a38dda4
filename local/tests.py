"""`make test`: every test, against the stack that runs or one of its own."""

import os
import shutil
import subprocess

from project import environment
from project.settings import CRASH_POINTS, ROOT

from . import browser, up


def run() -> int:
    """The exit code of the tests. The contract comes last, for what it sends stays in the stack."""
    started = up.up()
    shutil.rmtree(CRASH_POINTS, ignore_errors=True)
    try:
        return (
            _cargo_test()
            or _run([str(environment.ensure("tools")), "-m", "checks.crash_points"])
            or _run([str(environment.ensure("cloud")), "-m", "local", "rehearse"])
            or browser.run()
            or _run([str(environment.ensure("tools")), "-m", "checks.contract", "--quick"])
        )
    finally:
        if started:
            up.down()


def _cargo_test() -> int:
    # Most of a test is waiting: for an answer, or for a time to pass.
    threads = 2 * (os.cpu_count() or 1)
    return _run(["cargo", "test", "--workspace", "--locked"], RUST_TEST_THREADS=str(threads))


def _run(command: list[str], **environment: str) -> int:
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode
