"""Builds console/dist when its sources changed: `python -m project.console`. Standard library only."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from . import node
from .progress import Failure, fail, say, step
from .settings import HOME, ROOT

CONSOLE = ROOT / "console"
DIST = CONSOLE / "dist"
# The page is made of these; the client's sources are a part of it.
SOURCES = (CONSOLE, ROOT / "clients" / "typescript" / "src")
LEFT_OUT = ("node_modules", "dist")
BUILT = HOME / "console.sha256"


def ensure() -> None:
    """Fails where npm cannot install or build."""
    wanted = _digest(sorted(_sources()))
    if (DIST / "index.html").exists() and _is(BUILT, wanted):
        return
    with step("building the console"):
        node.install(CONSOLE)
        _run("run", "--silent", "build")
    HOME.mkdir(exist_ok=True)
    BUILT.write_text(wanted)


def try_ensure() -> None:
    """As `ensure`; without a registry everything but the console works, and its page says how to build it."""
    try:
        ensure()
    except Failure as failure:
        say(f"· the console is not built: {failure}")


def _run(*arguments: str) -> None:
    if not node.npm(CONSOLE, *arguments):
        raise Failure(f"npm {arguments[0]} failed in console/ (see above).")


def _sources() -> Iterator[Path]:
    for source in SOURCES:
        for folder, folders, files in os.walk(source):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            yield from (Path(folder) / name for name in files)


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _is(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


if __name__ == "__main__":
    try:
        ensure()
        if "--check" in sys.argv:
            node.install(CONSOLE)
            _run("run", "--silent", "check")
    except Failure as failure:
        sys.exit(fail(failure))
