"""`make browser`: document 000's client and hook, and the console, in a real browser (`tests/browser/`).

Against the stack that runs or one of its own. Needs Chromium. Without it this says so, and nothing is tested.
"""

import shutil
import subprocess

from project import console, node
from project.progress import say, step
from project.settings import HOME, ROOT

from . import stack_env, up

TESTS = ROOT / "tests" / "browser"
# What the console looks like, for people; git-ignored.
SCREENSHOTS = HOME / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run() -> int:
    """The exit code of the tests; 0 where they cannot run."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if not browser:
        say("· skipped the browser tests: there is no chromium on this machine")
        return 0
    started = up.up()
    try:
        with step("testing in a browser"):
            node.install(TESTS)
            more = node.variables() | stack_env.read() | {"CHROMIUM": str(browser), "SCREENSHOTS": str(SCREENSHOTS)}
            return max(subprocess.run(["node", test], cwd=TESTS, env=more, check=False).returncode for test in _tests())
    finally:
        if started:
            up.down()


def _tests() -> list[str]:
    if (console.DIST / "index.html").exists():
        return ["run.mjs", "console.mjs"]
    say("· skipped the console's test: make console has not built it")
    return ["run.mjs"]
