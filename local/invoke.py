"""`make invoke` and `make invoke-all`: a function in the container of `sam local invoke`, against the running stack."""

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from project import environment
from project import template as templates
from project.progress import Failure, say, step
from project.settings import HOME, ROOT, SAM_CONFIG, STAGE

from . import containers, stack_env, up
from .sam_files import SAM_HOME

EVENTS = ROOT / "events"
# Amazon Linux 2023, which the image is made of.
IMAGE_GLIBC = 34
RELEASE = HOME / "sam-build"
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
ROW = "{:<24} {:<32} {:<26} {:>12} {:>8}"


@dataclass(frozen=True)
class Outcome:
    """What became of a sample event."""

    status: str
    accepted: bool
    milliseconds: str


def one(function: str, event: str) -> int:
    """Shows what sam shows: the function's log and its answer. The exit code is sam's."""
    binary_of = templates.binaries(templates.load())
    if function not in binary_of:
        raise Failure(f"Say which function: make invoke FUNCTION=…, one of {', '.join(sorted(binary_of))}.")
    path = Path(event) if event else EVENTS / f"{binary_of[function]}.json"
    if not path.exists():
        raise Failure(f"There is no file {path}; events/ has the samples.")
    if not containers.engine_answers():
        raise Failure("No Docker engine answers, and sam local invoke runs functions in containers. Start one first.")
    up.up()
    return subprocess.run(_command(function, path), cwd=ROOT, env=_shell(), check=False).returncode


def every() -> int:
    """Every function on each of its sample events, as a table. The exit code says whether one failed."""
    if not containers.engine_answers():
        say("skipped: no Docker engine answers, and sam local invoke runs functions in containers")
        return 0
    up.up()
    say("\n" + ROW.format("function", "event", "status", "its own time", "in all"))
    failures = 0
    function_of = {binary: function for function, binary in templates.binaries(templates.load()).items()}
    for path in sorted(EVENTS.glob("*.json")):
        function = function_of[_binary(path.stem, function_of)]
        started = time.monotonic()
        done = subprocess.run(
            _command(function, path), cwd=ROOT, env=_shell(), capture_output=True, text=True, check=False
        )
        outcome = _outcome(done, json.loads(path.read_text()))
        took = f"{time.monotonic() - started:.1f} s"
        say(ROW.format(function, path.name, outcome.status, outcome.milliseconds, took))
        if not outcome.accepted:
            failures += 1
            say(done.stderr)
    say(f"\n{failures} failed" if failures else "\nevery function ran in its container and took its samples")
    return 1 if failures else 0


def _binary(sample: str, known: dict[str, str]) -> str:
    """The sample's function: webhook-recover-job.json is one of webhook-recover."""
    return max((binary for binary in known if f"{sample}-".startswith(f"{binary}-")), key=len)


def _outcome(done: subprocess.CompletedProcess[str], event: dict[str, Any]) -> Outcome:
    found = re.search(r"\tDuration: ([0-9.]+ ms)", done.stderr)
    milliseconds = found.group(1) if found else ""
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return Outcome(f"sam ended with {done.returncode}", accepted=False, milliseconds=milliseconds)
    if isinstance(answer, dict) and "errorMessage" in answer:
        return Outcome(answer.get("errorType", "an error"), accepted=False, milliseconds=milliseconds)
    if "rawPath" not in event:
        again = len((answer or {}).get("batchItemFailures", ()))
        status = f"{again} of {len(event['Records'])} come again" if again else "settled"
        return Outcome(status, accepted=True, milliseconds=milliseconds)
    status = answer["statusCode"]
    if status == HTTPStatus.BAD_GATEWAY:
        # The answer that the API documents for it: a machine without the internet does not reach ElevenLabs.
        return Outcome(f"{status:d}: no ElevenLabs here", accepted=True, milliseconds=milliseconds)
    accepted = status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in REFUSED
    return Outcome(str(status), accepted, milliseconds)


def _command(function: str, event: Path) -> list[str]:
    sam = str(environment.ensure("tools").parent / "sam")
    template = SAM_HOME / "template.yaml"
    if not _runs_in_image(SAM_HOME / function / "bootstrap"):
        template = RELEASE / "template.yaml"
        _build(sam, function)
    # Left to itself, sam looks for its configuration beside the template.
    configuration = ["--config-file", str(SAM_CONFIG), "--config-env", STAGE]
    return [sam, "local", "invoke", function, "-e", str(event), "-t", str(template), *configuration]


def _runs_in_image(binary: Path) -> bool:
    """Whether it is a Linux program that needs no newer C library than the image has."""
    code = binary.read_bytes()
    needed = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", code)]
    return code.startswith(b"\x7fELF") and max(needed, default=0) <= IMAGE_GLIBC


def _build(sam: str, function: str) -> None:
    """Builds it for the image: cargo-lambda links against the C library of the image."""
    command = [sam, "build", function, "--config-env", STAGE, "--build-dir", str(RELEASE)]
    with step(f"building {function} with sam, since this machine's own build does not run in the image"):
        if subprocess.run(command, cwd=ROOT, env=_shell(), check=False).returncode != 0:
            raise Failure(f"sam cannot build {function}; its messages are above.")


def _shell() -> dict[str, str]:
    """Sam takes the credentials from its environment, and only from there."""
    tools = environment.ensure("tools").parent
    given = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
        # Without LTO: it is to be tried, not shipped.
        "SAM_BUILD_MODE": "debug",
    }
    return os.environ | stack_env.read() | given
