"""`python3 -m chaos`: what `make chaos` runs."""

import sys

from project import command

sys.exit(command.main("chaos", "chaos.verbs"))
