"""The verbs of the Makefile that an operator runs against a stage; each reads its own arguments."""

from project.progress import Failure

from . import adopt, migrate, releases, replay
from .erase import command as erase
from .restore import command as restore
from .secrets import command as secrets
from .trace import command as trace

VERBS = {
    "secrets": secrets.run,
    "replay": replay.run,
    "erase": erase.run,
    "migrate": migrate.run,
    "restore": restore.run,
    "adopt": adopt.run,
    "trace": trace.run,
    "deploy": releases.deploy,
    "rollback": releases.rollback,
}


def run(arguments: list[str]) -> int:
    """The exit code of the verb that the arguments name."""
    verb = arguments[0] if arguments else ""
    if verb not in VERBS:
        raise Failure(f"Unknown verb: {verb}. make help lists the verbs.")
    return VERBS[verb](arguments[1:])
