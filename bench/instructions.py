"""Counts the instructions of an invocation: `make bench-check`.

callgrind counts, and it counts the same on a busy machine as on a quiet one. A case runs twice, once with twice as many
invocations, and the difference leaves out the start. The command fails where a case needs more instructions than
bench/instructions.json says by more than a fifth. `--write` writes that file; names of cases choose some.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from .binaries import ROOT, build
from .cases import ONE, binary, drive
from .machine import commit

BASELINE = ROOT / "bench" / "instructions.json"
CASES = ("call-completed", ONE, "deliver", "call-outcome", "signalwire", "webhook-events")
INVOCATIONS = 50
MOST = 1.2


def main() -> int:
    """Counts, and compares or writes."""
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is needed (Debian: apt install valgrind).")
    cases = [name for name in sys.argv[1:] if name != "--write"] or CASES
    build(map(binary, cases))
    counted = {case: count(case) for case in cases}
    known = json.loads(BASELINE.read_text())["instructions"] if BASELINE.exists() else {}
    if "--write" in sys.argv:
        BASELINE.write_text(json.dumps({"commit": commit(), "instructions": known | counted}, indent=1) + "\n")
        return 0
    return compare(counted, known)


def count(case: str) -> int:
    """The instructions of an invocation after the first ones."""
    few, many = (_run(case, times * INVOCATIONS) for times in (1, 2))
    return (many - few) // INVOCATIONS


def _run(case: str, invocations: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "callgrind.out"
        wrapped = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
        drive(case, folder, "-n", str(invocations), "--starts", "0", "--timeout", "300", wrapped=wrapped)
        return int(re.search(r"^totals: (\d+)", out.read_text(), re.MULTILINE)[1])


def compare(counted: dict[str, int], known: dict[str, int]) -> int:
    """Prints what changed; 1 if a case became too expensive."""
    over = 0
    for case, now in counted.items():
        ratio = now / known[case]
        over += ratio > MOST
        print(f"  {case:24} {now:12,}   {ratio - 1:+7.1%}   {'over' if ratio > MOST else 'ok'}")
    print(f"More than {MOST - 1:.0%} above bench/instructions.json is over.")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
