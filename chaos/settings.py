"""Where the run keeps what is its own: it shares nothing with the stack of `make up`."""

from project.settings import HOME

TMP, LOG = HOME / "chaos", HOME / "chaos.log"
