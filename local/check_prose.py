"""Checks that the prose of documents and code is plain English, and Markdown no wider than 120 columns.

Standard library only: `python3 -m local.check_prose`.
"""

import sys

from .checks import prose
from .settings import ROOT

EVERYTHING = (
    "*.md",
    ".github/**/*.md",
    "docs/**/*.md",
    "bench/*.md",
    "bench/*.py",
    "clients/*/README.md",
    "lib/src/**/*.rs",
    "functions/src/**/*.rs",
    "local/**/*.py",
    "template.yaml",
)
CLEAN = (
    "*.md",
    ".github/**/*.md",
    "clients/*/README.md",
    "docs/ALARMS.md",
    "docs/CAPACITY.md",
    "docs/COST.md",
    "docs/OPERATIONS.md",
    "docs/RELEASING.md",
    "docs/SECURITY.md",
    "docs/deploy.md",
    "bench/cost.py",
    "local/check_links.py",
    "local/check_prose.py",
    "local/checks/prose.py",
    "local/markdown.py",
)
COVERED = CLEAN


def main() -> int:
    """Prints each fault with its file and line; the exit code is 1 if there are any."""
    files = sorted({path for pattern in COVERED for path in ROOT.glob(pattern)})
    faults = [(path, line, fault) for path in files for line, fault in prose.faults(path)]
    for path, line, fault in faults:
        print(f"{path.relative_to(ROOT)}:{line}: {fault}", file=sys.stderr)
    if not faults:
        print(f"prose: {len(files)} files are in plain English")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
