"""How a check ends: what is wrong on the standard error, or one line that says what was checked."""

import sys
from collections.abc import Iterable


def report(subject: str, problems: Iterable[str], passed: str) -> int:
    """The exit code."""
    problems = list(problems)
    for problem in problems:
        print(f"{subject}{problem}", file=sys.stderr)
    if not problems:
        print(passed)
    return 1 if problems else 0
