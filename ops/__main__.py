"""`python3 -m ops <verb> <stage>`: what the Makefile's verbs for operators run."""

import sys

from project import command

sys.exit(command.main("ops", "ops.verbs"))
