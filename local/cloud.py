"""Starts the emulator (MiniStack). It binds loopback only and enforces IAM, so a missing permission fails here too."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from project.progress import Failure
from project.settings import ACCESS_KEY_ID, CLOUD_LOG, HOME, REGION, ROOT, SECRET_ACCESS_KEY, endpoint

from . import processes

CLOUD_TMP = HOME / "tmp"
START_SECONDS = 60


def start(port: int, log_to: Path = CLOUD_LOG, tmp: Path = CLOUD_TMP) -> int:
    """The process id of an emulator that is coming up; `await_ready` waits until it answers."""
    shutil.rmtree(tmp, ignore_errors=True)
    tmp.mkdir(parents=True)
    # Functions inherit the emulator's environment, so it gets nothing of the operator's.
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Lambda sets it because of the template's LoggingConfig; the emulator does not.
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
    }
    # -P: modules of this package must not take the place of the emulator's own.
    command = [str(Path(sys.prefix, "bin", "python")), "-P", str(Path(__file__).with_name("emulator.py"))]
    with log_to.open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=tmp,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return process.pid


def await_ready(pid: int, port: int, log_to: Path = CLOUD_LOG) -> None:
    """Returns when the emulator answers."""
    deadline = time.monotonic() + START_SECONDS
    log = log_to.relative_to(ROOT)
    while not answers(port):
        if not processes.is_running(pid):
            raise Failure(f"The local cloud has ended; read {log}.")
        if time.monotonic() > deadline:
            raise Failure(f"The local cloud did not answer within {START_SECONDS} s; read {log}, then make down.")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether an emulator listens on the port and is ready."""
    try:
        with urllib.request.urlopen(f"{endpoint(port)}/_ministack/ready", timeout=5) as reply:
            return reply.status == HTTPStatus.OK
    except (urllib.error.URLError, OSError):
        return False
