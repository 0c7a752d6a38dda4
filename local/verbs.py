"""The verbs of the Makefile that need the cloud environment."""

import signal

from botocore.exceptions import BotoCoreError, ClientError

from . import adopt, erase, invoke, logs, migrate, put_secrets, redaction, releases, replay, restore, serve, tests, up
from .progress import Failure, say
from .settings import CLOUD_LOG, ROOT, STACK_ENV
from .trace import command as trace

INTERRUPTED = 130
# What an operator runs against a stage; each reads its own arguments.
OPERATORS = {
    "secrets": put_secrets.run,
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
    # So that a SIGTERM undoes what was begun, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        # For `run` it is the way to end.
        return 0 if arguments == ["run"] else INTERRUPTED
    except (BotoCoreError, ClientError) as error:
        raise Failure(
            f"AWS, or the local cloud in its place, refused: {error}\n"
            f"The local cloud's log is {CLOUD_LOG.relative_to(ROOT)}; make down and make up start it afresh."
        ) from error


def _run(arguments: list[str]) -> int:
    match arguments:
        case ["up"]:
            up.up()
            say(f"The stack is up; {STACK_ENV.relative_to(ROOT)} says how to reach it, make down stops it.")
        case ["down"]:
            say("Stopped." if up.down() else "Nothing was running.")
        case ["run"]:
            serve.serve()
        case ["test"]:
            return tests.run()
        case ["invoke", function, event]:
            return invoke.one(function, event)
        case ["invoke-all"]:
            return invoke.every()
        case ["logs", *functions]:
            logs.show(functions)
        case ["redaction"]:
            return redaction.check()
        case [verb, *arguments] if verb in OPERATORS:
            return OPERATORS[verb](arguments)
        case _:
            raise Failure(f"Unknown verb: {' '.join(arguments)}. make help lists the verbs.")
    return 0
