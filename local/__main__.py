"""`python3 -m local <verb>`: what the Makefile's verbs for the local stack run."""

import sys

from project import command

from . import first_build

sys.exit(command.main("local", "local.verbs", first_build.prepare))
