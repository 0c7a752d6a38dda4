"""The same ingest written otherwise (bench/peers), to be measured beside `call-completed`.

A peer that cannot be installed is left out, and that is said: the Node runtime's client is compiled by cmake, autoconf,
automake and libtool.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from project.environment import ensure
from project.progress import Failure
from samples.known_secrets import SECRETS

from .binaries import ROOT, TARGET
from .budgets import INGEST, ROUNDS
from .cases import drive, measured

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


def install() -> dict[str, list[str]]:
    """The command of each peer that can be installed."""
    found = {}
    for name, install_peer in {"rust": _rust, "node": _node, "python": _python}.items():
        try:
            found[name] = install_peer()
        except (Failure, subprocess.CalledProcessError, FileNotFoundError) as error:
            print(f"· skipped the peer in {name}: it could not be installed ({error})", flush=True)
    return found


def measure(commands: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """What lambda_bench.py measures of each peer."""
    found = {}
    for name, command in commands.items():
        print(f"the peer in {name} …", flush=True)
        found[name] = measured(name, ARGUMENTS + FEWER[name], command)
    return found


def ratios(commands: dict[str, list[str]]) -> list[float]:
    """The CPU of the ingest as a multiple of bare Rust's, once for each round.

    One follows the other within seconds, and the rounds are repeated: the speed of a shared machine changes by the
    minute.
    """
    if "rust" not in commands:
        return []
    return [_ratio(commands["rust"]) for _ in range(ROUNDS)]


def _ratio(bare_rust: list[str]) -> float:
    length = ("-n", "2000", "--starts", "1")
    with tempfile.TemporaryDirectory() as folder:
        ours = drive(INGEST, Path(folder), *length)
    bare = measured("rust", [*ARGUMENTS, *length], bare_rust)
    return ours["cpu_per_invocation_ms"] / bare["cpu_per_invocation_ms"]


def _rust() -> list[str]:
    manifest, target = PEERS / "rust" / "Cargo.toml", TARGET / "peers"
    build = ["cargo", "build", "--release", "--locked", "--manifest-path", str(manifest), "--target-dir", str(target)]
    subprocess.run(build, check=True)
    return [str(target / "release" / "bootstrap")]


def _python() -> list[str]:
    return ["env", "-C", str(PEERS / "python"), str(ensure("peers")), "-m", "awslambdaric", "app.handler"]


def _node() -> list[str]:
    source, folder = PEERS / "node", INSTALLED / "node"
    files = [source / name for name in ("index.mjs", "package.json", "package-lock.json")]
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    stamp = folder / "sources.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for path in files:
            shutil.copy(path, folder)
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        subprocess.run(["npm", "run", "--silent", "build"], cwd=folder, check=True)
        stamp.write_text(wanted)
    return ["env", "-C", str(folder), "node", "node_modules/aws-lambda-ric/bin/index.mjs", "dist/index.handler"]
