"""Document 000's client and hook in a real browser, against the running stack: `tests/browser/`.

Needs Chromium, Node and npm. Where one is missing it says so, and nothing is tested.
"""

import os
import shutil
import subprocess

from project.progress import Failure, say, step
from project.settings import ROOT

from . import stack_env

TESTS = ROOT / "tests" / "browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run() -> int:
    """The exit code of the tests; 0 where they cannot run."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    missing = [
        name
        for name, found in (("chromium", browser), ("node", shutil.which("node")), ("npm", shutil.which("npm")))
        if not found
    ]
    if missing:
        say(f"· skipped the browser tests: there is no {' and no '.join(missing)} on this machine")
        return 0
    with step("testing in a browser"):
        if subprocess.run(["npm", "ci", "--silent"], cwd=TESTS, check=False).returncode:
            raise Failure("npm could not install tests/browser/package-lock.json (see above).")
        more = stack_env.read() | {"CHROMIUM": str(browser)}
        return subprocess.run(["node", "run.mjs"], cwd=TESTS, env=os.environ | more, check=False).returncode
