"""Builds the functions as the tests do, with the dev profile, so that both share every artifact."""

import hashlib
import io
import json
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from project.progress import Failure, step
from project.settings import ROOT


@dataclass(frozen=True)
class Binary:
    """One built function; the digest is of the binary."""

    name: str
    path: Path
    digest: str

    def zipped(self) -> bytes:
        """A Lambda deployment package. Stored, not deflated: it travels over loopback."""
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(entry, self.path.read_bytes())
        return buffer.getvalue()


def build() -> dict[str, Binary]:
    """Every function's binary by its name."""
    command = ["cargo", "build", "--locked", "--package", "ringpost-functions", "--bins"]
    command += ["--message-format", "json-render-diagnostics"]
    with step("building the functions"):
        try:
            done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True, check=False)
        except FileNotFoundError:
            raise Failure("cargo is missing; install Rust with rustup and repeat.") from None
    if done.returncode != 0:
        raise Failure("The functions do not build; the compiler's messages are above.")
    messages = (json.loads(line) for line in done.stdout.splitlines())
    paths = [Path(message["executable"]) for message in messages if message.get("executable")]
    return {path.name: Binary(path.name, path, _digest(path)) for path in paths}


def _environment() -> dict[str, str]:
    """Without what `cargo test` sets for a test that runs this: ring, and all above it, would be built anew."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_PKG_", "CARGO_MANIFEST_"))}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
