"""`python3 -m local <verb>`: what the Makefile's verbs for the local stack run."""

import sys

from project import command

sys.exit(command.main("local", "local.verbs"))
