"""`make second-database`: the end-to-end tests on another implementation of DynamoDB's and SQS's APIs.

What one emulator forgives must not be what production relies on. Tests that make tables and queues for themselves
make them in moto (RINGPOST_TEST_AWS, tests/src/aws.rs); the deployed stack and its secrets stay where they are.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator

from project import environment
from project.progress import Failure, step
from project.settings import HOME, ROOT, endpoint

from . import account, cloud, ports, up

LOG = HOME / "second-database.log"
# What only measures time is left out: moto answers one request at a time.
BINARIES = ("calls", "delivery", "ingest", "tenants", "webhooks")
# Two tests at once; more only wait for one another.
THREADS = 2


def run() -> int:
    """The exit code of the tests."""
    started = up.up()
    try:
        with _moto() as port:
            account.copy_secrets(port)
            tests = [argument for name in BINARIES for argument in ("--test", name)]
            command = ["cargo", "test", "--workspace", "--locked", *tests, "--", f"--test-threads={THREADS}"]
            return subprocess.run(
                command, cwd=ROOT, env=os.environ | {"RINGPOST_TEST_AWS": endpoint(port)}, check=False
            ).returncode
    finally:
        if started:
            up.down()


@contextlib.contextmanager
def _moto() -> Iterator[int]:
    """The port of a running moto server, on loopback."""
    server = environment.ensure("second-database").with_name("moto_server")
    port = ports.some_free()
    with LOG.open("wb") as log:
        process = subprocess.Popen([str(server), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    try:
        with step("starting the second database"):
            _await_ready(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _await_ready(process: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + cloud.START_SECONDS
    while ports.is_free(ports.LOOPBACK, port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failure(f"The second database did not start; read {LOG.relative_to(ROOT)}.")
        time.sleep(0.1)
