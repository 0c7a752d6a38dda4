"""Node and npm: the machine's own, or those of the environment `console`. Standard library only."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import environment
from .progress import Failure
from .settings import ROOT

# What console/package.json asks for: 20.19 or a later 20, or 22.12 and newer.
TWENTY, NEWER = (20, 19), (22, 12)


def variables() -> dict[str, str]:
    """The environment of a process that runs node or npm."""
    if _is_suitable():
        return dict(os.environ)
    home = environment.ensure("console").parent
    return os.environ | {"PATH": f"{home}{os.pathsep}{os.environ.get('PATH', '')}"}


def npm(folder: Path, *arguments: str) -> bool:
    """Runs npm in a folder. Returns whether it succeeded."""
    found = variables()
    command = shutil.which("npm", path=found["PATH"])
    return bool(command) and subprocess.run([command, *arguments], cwd=folder, env=found, check=False).returncode == 0


def install(folder: Path) -> None:
    """What the package-lock.json of a folder names, if that has changed."""
    stamp = folder / "node_modules" / ".ringpost.sha256"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not npm(folder, "ci", "--silent"):
        raise Failure(f"npm could not install {folder.relative_to(ROOT)}/package-lock.json (see above).")
    stamp.write_text(wanted)


def _is_suitable() -> bool:
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    return version >= NEWER or TWENTY <= version < (21, 0)
