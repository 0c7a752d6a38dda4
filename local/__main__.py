"""`python3 -m local <verb>`: enters the cloud environment, then runs the verb. Standard library only until then."""

import os
import sys
from pathlib import Path

from . import environment
from .progress import Failure, fail


def main() -> int:
    """The exit code of the verb."""
    try:
        python = environment.ensure("cloud")
        if Path(sys.prefix) != python.parent.parent:
            os.execv(python, [str(python), "-m", "local", *sys.argv[1:]])
        from . import verbs  # noqa: PLC0415 - it needs packages of the environment

        return verbs.run(sys.argv[1:])
    except Failure as failure:
        return fail(failure)


sys.exit(main())
