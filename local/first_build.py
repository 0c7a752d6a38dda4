"""What a first run needs, made side by side: pip, npm and the compiler each leave a processor idle at times.

It runs before any package is installed, so it uses the standard library alone.
"""

from concurrent.futures import ThreadPoolExecutor

from project import console, environment, state
from project.settings import ROOT

from . import binaries, ports
from .settings import PORT

# The verbs that build.
VERBS = ("run", "up", "test", "browser")


def prepare(arguments: list[str]) -> None:
    """Nothing on a later run: the verb itself looks after what changed."""
    if not arguments or arguments[0] not in VERBS or (ROOT / "target").exists():
        return
    if not state.load():
        # Before the build, which takes minutes.
        ports.check_free(PORT)
    with ThreadPoolExecutor() as pool:
        # The compiler needs the built console minutes after npm has made it.
        made = [
            pool.submit(binaries.build),
            pool.submit(console.try_ensure),
            pool.submit(environment.ensure, "cloud"),
        ]
    for each in made:
        each.result()
