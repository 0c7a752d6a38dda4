"""Measures the release binaries against the budgets: `make bench`, or `python3 -m bench.run CASE …` for some cases.

Each function is driven by lambda_bench.py over the Runtime API, with a stand-in AWS that answers at once: over HTTP,
and over TLS. The same ingest in bare Rust, Node and Python is measured in the same run. bench/results.json has every
run, newest last, and bench/RESULTS.md the last one as tables.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import rivals
from .binaries import ROOT, build
from .budgets import INGEST, SLOW_AWS_MS, checks, over
from .cases import CASES, ONE, TEN_IN, binary, drive
from .machine import commit, machine
from .results_page import write_page
from .units import units

RESULTS = ROOT / "bench" / "results.json"
# The functions that make a webhook's way are measured longer than the others.
LONG, SHORT = ("-n", "2000", "--starts", "10"), ("-n", "500", "--starts", "5")
OFTEN = ("call-completed", "fan-out", ONE, "deliver", "call-outcome")


def main() -> int:
    """Measures, writes, and reports what is over its budget: 1 if something is, without an accepted reason."""
    cases = sys.argv[1:] or list(CASES)
    build(map(binary, cases))
    peers = rivals.install() if INGEST in cases else {}
    measured: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "commit": commit(), "machine": machine()}
    measured["functions"] = {case: measure(case) for case in cases}
    measured["peers"] = rivals.measure(peers)
    measured["ratios"] = rivals.ratios(peers)
    history = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    RESULTS.write_text(json.dumps([*history, measured], indent=1) + "\n")
    write_page(measured)
    return report(measured)


def measure(case: str) -> dict[str, dict[str, Any]]:
    """A case over HTTP, and over TLS; the batch of `fan-out` also with AWS as far away as it is in production."""
    print(f"{case} …", flush=True)
    length = LONG if case in OFTEN else SHORT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate, key = make_certificate(folder)
        tls = ["--tls-cert", str(certificate), "--tls-key", str(key), "--env", f"AWS_CA_BUNDLE={certificate}"]
        runs = {"http": drive(case, folder, *length), "tls": drive(case, folder, *length, *tls)}
        if case == TEN_IN:
            runs["slow"] = drive(case, folder, "-n", "100", "--starts", "1", "--delay-ms", str(SLOW_AWS_MS))
    return runs | {"units": units(case)}


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost, and its key."""
    certificate, key = folder / "localhost.pem", folder / "localhost.key"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -keyout {key} -out {certificate} -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return certificate, key


def report(measured: dict[str, Any]) -> int:
    """Prints what is over its budget."""
    checked = checks(measured)
    found = over(checked)
    for check in found:
        accepted = f"accepted: {check['reason']}" if check["reason"] else "over"
        print(f"  {check['case']}, {check['figure']}: {check['value']:.2f}, budget {check['most']}   {accepted}")
    print(f"{len(checked) - len(found)} of {len(checked)} figures are within their budgets; bench/RESULTS.md has them.")
    return 1 if any(not check["reason"] for check in found) else 0


if __name__ == "__main__":
    sys.exit(main())
