"""Checks that the prose of documents and code is plain English, and Markdown no wider than 120 columns.

idioms.toml has the idioms that are refused, and the words to write in their place. Runs in the environment `tools`:
`python -m checks.prose`.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from project.settings import ROOT

from ..outcome import report
from . import text

FILES = (
    "*.md",
    "clients/*/README.md",
    "cli/README.md",
    "cli/**/*.rs",
    ".github/**/*.md",
    "docs/**/*.md",
    "bench/*.md",
    "template.yaml",
    "lib/**/*.rs",
    "functions/**/*.rs",
    "tests/src/**/*.rs",
    "tests/tests/**/*.rs",
    "bench/**/*.py",
    "chaos/**/*.py",
    "checks/**/*.py",
    "local/**/*.py",
    "ops/**/*.py",
    "project/**/*.py",
)
WIDTH = 120
IDIOMS = tomllib.loads(Path(__file__).with_name("idioms.toml").read_text(encoding="utf-8"))["idioms"]
LONGEST_FIRST = sorted(IDIOMS, key=len, reverse=True)
IDIOM = re.compile(r"\b(?:" + "|".join(map(re.escape, LONGEST_FIRST)).replace(r"\ ", r"\s+") + r")\b", re.IGNORECASE)


def main() -> int:
    """Prints each fault with its file and line; the exit code is 1 if there are any."""
    files = sorted({path for pattern in FILES for path in ROOT.glob(pattern)})
    faults = [f"{path.relative_to(ROOT)}:{line}: {fault}" for path in files for line, fault in sorted(_faults(path))]
    return report("", faults, f"prose: {len(files)} files are in plain English")


def _faults(path: Path) -> Iterator[tuple[int, str]]:
    """The line of each fault of a file, and what to do about it."""
    for line, prose in text.parts(path):
        for match in IDIOM.finditer(prose):
            idiom = " ".join(match[0].lower().split())
            yield line + prose.count("\n", 0, match.start()), f"{idiom!r}: write {IDIOMS[idiom]}"
    if path.suffix == ".md":
        for line, columns in text.widths(path):
            if columns > WIDTH:
                yield line, f"{columns} columns: break the line at {WIDTH}"


if __name__ == "__main__":
    sys.exit(main())
