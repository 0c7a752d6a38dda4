"""The verbs of the Makefile that start, fill and use the local stack."""

from contextlib import suppress

from project.progress import Failure, say
from project.settings import ROOT

from . import invoke, logs, rehearse, second_database, serve, stack_env, tests, up


def run(arguments: list[str]) -> int:
    """The exit code of the verb that the arguments name."""
    match arguments:
        case ["up"]:
            up.up()
            say(f"The stack is up; {stack_env.PATH.relative_to(ROOT)} says how to reach it, make down stops it.")
            say(f"The console: {stack_env.console(stack_env.read())}")
        case ["down"]:
            say("Stopped." if up.down() else "Nothing was running.")
        case ["run"]:
            # Ctrl-C is the way to end it.
            with suppress(KeyboardInterrupt):
                serve.serve()
        case ["test"]:
            return tests.run()
        case ["rehearse"]:
            return rehearse.run()
        case ["second-database"]:
            return second_database.run()
        case ["invoke", function, event]:
            return invoke.one(function, event)
        case ["invoke-all"]:
            return invoke.every()
        case ["logs", *functions]:
            logs.show(functions)
        case _:
            raise Failure(f"Unknown verb: {' '.join(arguments)}. make help lists the verbs.")
    return 0
