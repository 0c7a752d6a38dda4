"""Node and npm: the machine's own, or those of the environment `console`. Standard library only."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import environment

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


def _is_suitable() -> bool:
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    return version >= NEWER or TWENTY <= version < (21, 0)
