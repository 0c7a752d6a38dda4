"""The same ingest written otherwise (bench/peers), to be measured beside `call-completed`.

A peer that cannot be installed is left out, and that is said: the Node runtime's client is compiled by cmake, autoconf,
automake and libtool.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

from project.environment import ensure
from project.progress import Failure
from samples.known_secrets import SECRETS

from .binaries import ROOT, TARGET
from .cases import measured

PEERS = ROOT / "bench" / "peers"
INSTALLED = ROOT / ".local" / "peers"
# They take an event as the relay documents it, with {i} for its number.
ARGUMENTS = [
    "--event",
    str(PEERS / "event.json"),
    "--secret",
    SECRETS["LIVEKIT_WEBHOOK_SECRET"],
    "--env",
    "TABLE=calls",
]
FEWER = {"python": ["-n", "1000", "--starts", "5"], "node": ["-n", "1000", "--starts", "5"], "rust": []}


def measure() -> dict[str, dict[str, Any]]:
    """What lambda_bench.py measures of each peer that can be installed."""
    commands = {"rust": _rust, "node": _node, "python": _python}
    return {name: measured(name, ARGUMENTS + FEWER[name], command) for name, command in _installed(commands)}


def _installed(commands: dict[str, Callable[[], list[str]]]) -> Iterator[tuple[str, list[str]]]:
    for name, install in commands.items():
        try:
            yield name, install()
        except (Failure, subprocess.CalledProcessError, FileNotFoundError) as error:
            print(f"· skipped the peer in {name}: it could not be installed ({error})", flush=True)


def _rust() -> list[str]:
    manifest, target = PEERS / "rust" / "Cargo.toml", TARGET / "peers"
    build = ["cargo", "build", "--release", "--locked", "--manifest-path", str(manifest), "--target-dir", str(target)]
    subprocess.run(build, check=True)
    return [str(target / "release" / "bootstrap")]


def _python() -> list[str]:
    return ["env", "-C", str(PEERS / "python"), str(ensure("peers")), "-m", "awslambdaric", "app.handler"]


def _node() -> list[str]:
    source, folder = PEERS / "node", INSTALLED / "node"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(source.iterdir()))).hexdigest()
    stamp = folder / "sources.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        subprocess.run(["npm", "run", "--silent", "build"], cwd=folder, check=True)
        stamp.write_text(wanted)
    return ["env", "-C", str(folder), "node", "node_modules/aws-lambda-ric/bin/index.mjs", "dist/index.handler"]
