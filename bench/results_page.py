"""The last run of the benchmark as tables: bench/RESULTS.md."""

import itertools
import re
import statistics
import textwrap
from typing import Any

from .binaries import ROOT
from .budgets import BUDGETS, INGEST, INGEST_RATIO, checks, over
from .cases import FUNCTIONS

WIDTH = 120
PAGE = ROOT / "bench" / "RESULTS.md"
COLUMNS = {
    "exec to first poll, ms": ("http", "init_ms"),
    "first request, ms": ("http", "first_ms"),
    "CPU of it, ms": ("http", "first_cpu_ms"),
    "first request over TLS, ms": ("tls", "first_ms"),
    "warm, ms": ("http", "warm_p50_ms"),
    "CPU, ms": ("http", "cpu_per_invocation_ms"),
    "memory, MiB": ("http", "peak_mib"),
    "binary, MiB": ("http", "binary_mib"),
}
HEAD = """# Results of `make bench`

`make bench` writes this page. [README.md](README.md) says how it measures. Times are medians, CPU is the mean of a warm
invocation, and memory is the peak. AWS requests and units are those of one warm invocation. An answer of 404 means that
the stand-in does not have what the sample asks for.
"""


def write_page(measured: dict[str, Any]) -> None:
    """Writes the page anew."""
    where = f"Measured on {measured['date']} at commit `{measured['commit']}`, {measured['machine']}."
    parts = [HEAD, where, *_functions(measured), *_missing(measured), *_peers(measured), *_over(measured)]
    PAGE.write_text("\n".join(parts) + "\n")


def _functions(measured: dict[str, Any]) -> list[str]:
    budgets = {run: {} for run in ("http", "tls")}
    for figure, (most, run) in BUDGETS.items():
        budgets[run][figure.split(" ")[0]] = most
    limits = " | ".join(str(budgets[run].get(figure, "")) for run, figure in COLUMNS.values())
    rows = [
        f"| function | {' | '.join(COLUMNS)} | AWS requests | write units | read units | answer |",
        f"| --- |{' ---: |' * (len(COLUMNS) + 4)}",
        f"| *budget* | {limits} | | | | |",
    ]
    for case, runs in measured["functions"].items():
        cells = " | ".join(f"{runs[run][figure]:.2f}" for run, figure in COLUMNS.values())
        requests = sum(runs["http"]["calls_per_invocation"].values())
        units = " | ".join(_units(runs.get("units"), kind) for kind in ("write", "read"))
        rows.append(f"| `{binary_and_case(case)} | {cells} | {requests:.0f} | {units} | {_status(runs)} |")
    return ["", *rows]


def _status(runs: dict[str, Any]) -> str:
    """The status of an answer to a request; nothing for a worker, which has none."""
    found = re.match(r'{"statusCode":(\d+)', runs["http"]["answer"][0])
    return found[1] if found else ""


def binary_and_case(case: str) -> str:
    """The name of a function as code, and which case of it."""
    name, _, rest = case.partition(",")
    return f"{name}`{',' if rest else ''}{rest}"


def _units(units: dict[str, float] | None, kind: str) -> str:
    return "" if units is None else f"{units[kind]:g}"


def _missing(measured: dict[str, Any]) -> list[str]:
    missing = [f"`{name}`" for name in FUNCTIONS if name not in measured["functions"]]
    text = f"Not measured in this run: {', '.join(missing) or 'nothing'}. See `UNMEASURED` in `cases.py`."
    return ["", *textwrap.wrap(text, WIDTH, break_on_hyphens=False)]


def _peers(measured: dict[str, Any]) -> list[str]:
    if not measured["peers"]:
        return []
    everyone = {f"Ringpost, `{INGEST}`": measured["functions"][INGEST]["http"]}
    names = {"rust": "bare Rust", "node": "Node", "python": "Python"}
    everyone |= {names[name]: found for name, found in measured["peers"].items()}
    ours = everyone[f"Ringpost, `{INGEST}`"]
    rows = [
        "| the same ingest | exec to first poll, ms | first request, ms | CPU, ms | CPU, of Ringpost's | memory, MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in everyone.items():
        ratio = found["cpu_per_invocation_ms"] / ours["cpu_per_invocation_ms"]
        cells = " | ".join(f"{found[figure]:.2f}" for figure in ("init_ms", "first_ms", "cpu_per_invocation_ms"))
        rows.append(f"| {name} | {cells} | {ratio:.2f} | {found['peak_mib']:.1f} |")
    return ["", "## The same job in other languages", "", *rows, *_rounds(measured["ratios"])]


def _rounds(ratios: list[float]) -> list[str]:
    if not ratios:
        return []
    text = (
        f"The budget: `{INGEST}` takes at most {INGEST_RATIO} times the CPU of bare Rust. In {len(ratios)} rounds of"
        f" the two, one after the other, it took {min(ratios):.2f} to {max(ratios):.2f} times, in the median"
        f" {statistics.median(ratios):.2f}."
    )
    return ["", *textwrap.wrap(text, WIDTH, break_on_hyphens=False)]


def _over(measured: dict[str, Any]) -> list[str]:
    found = over(checks(measured))
    if not found:
        return ["", "## Over budget", "", "Nothing."]
    lines = [
        f"- `{binary_and_case(check['case'])}: {check['figure']} {check['value']:.2f}, budget {check['most']}."
        + (f" Accepted: {check['reason']}." if check["reason"] else "")
        for check in found
    ]
    wrapped = (textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    return ["", "## Over budget", "", *itertools.chain.from_iterable(wrapped)]
