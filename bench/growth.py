"""How the cost of an invocation grows: `make growth`.

The release binaries work against the stand-in (stand_in.py) while one quantity grows a thousandfold and more.
bench/growth.json holds what was measured, docs/growth/ the plots, and docs/GROWTH.md the exponents.
"""

import json
import sys
import time

from .binaries import FOLDER, ROOT, build
from .fit import exponent
from .growth_page import write_page
from .machine import commit, machine
from .plot import plot
from .point import FIGURES
from .sweeps import SWEEPS

RESULT = ROOT / "bench" / "growth.json"
PLOTS = ROOT / "docs" / "growth"


def main() -> int:
    """Measures every sweep, or those that are named, and writes what was found."""
    wanted = sys.argv[1:] or list(SWEEPS)
    build(name for sweep in wanted for name in SWEEPS[sweep].functions)
    found = json.loads(RESULT.read_text()) if RESULT.exists() else {"sweeps": {}}
    for name in wanted:
        sweep, began = SWEEPS[name], time.monotonic()
        lines = sweep.measure(FOLDER)
        found["sweeps"][name] = {
            "title": sweep.title,
            "quantity": sweep.quantity,
            "date": time.strftime("%Y-%m-%d"),
            "commit": commit(),
            "machine": machine(),
            "lines": {
                line: {
                    "points": points,
                    "exponents": {figure: exponent(points, figure) for figure in FIGURES},
                }
                for line, points in lines.items()
            },
        }
        RESULT.write_text(json.dumps(found, indent=1) + "\n")
        PLOTS.mkdir(exist_ok=True)
        (PLOTS / f"{name}.svg").write_text(plot(found["sweeps"][name]))
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    write_page(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
