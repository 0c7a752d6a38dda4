"""Virtual environments under .local/, made once per content of their requirements. Standard library only."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .progress import Failure, fail, step
from .settings import HOME, REQUIREMENTS

MINIMUM = (3, 11)


def ensure(name: str) -> Path:
    """The python of the environment `name`, created or renewed if its requirements changed."""
    if sys.version_info < MINIMUM:
        raise Failure(f"Python {MINIMUM[0]}.{MINIMUM[1]} or newer is needed; run make PYTHON=<a newer python>.")
    requirements = REQUIREMENTS / f"{name}.txt"
    lock = REQUIREMENTS / f"{name}.lock"
    home = HOME / "venv" / name
    stamp = home / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes() + lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        with step(f"installing the {name} environment (once; up to a few minutes)"):
            _create(home, requirements, lock)
        stamp.write_text(wanted)
    return home / "bin" / "python"


def _create(home: Path, requirements: Path, lock: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(home)], "install Python's venv module (Debian: apt install python3-venv)")
    pip = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    # pip takes no extras in constraints; the lock has what they bring.
    constraints = home / "constraints.txt"
    constraints.write_text(re.sub(r"\[[\w,-]+\]", "", requirements.read_text()))
    # The lock is complete, so nothing is resolved. No source distributions: what builds them has no hash in the lock.
    locked = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock), "-c", str(constraints)]
    _run([*pip, *locked], "check that the package index can be reached, and repeat")


def _run(command: list[str], remedy: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        raise Failure(f"{Path(command[0]).name} failed (see above): {remedy}.")


if __name__ == "__main__":
    try:
        ensure(sys.argv[1])
    except Failure as failure:
        sys.exit(fail(failure))
