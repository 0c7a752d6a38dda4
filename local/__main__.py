"""`python3 -m local <verb>`: what the Makefile's verbs for the local stack run."""

import sys

from project import command
from project.progress import Failure, fail

from . import first_build

try:
    first_build.prepare(sys.argv[1:])
except Failure as failure:
    sys.exit(fail(failure))
sys.exit(command.main("local", "local.verbs"))
