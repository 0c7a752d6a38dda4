"""The verbs of the Makefile that start, fill and use the local stack."""

from contextlib import suppress

from project.progress import Failure, say
from project.settings import ROOT

from . import browser, invoke, logs, rehearse, second_database, serve, stack_env, tests, up

TESTS = {
    "test": tests.run,
    "browser": browser.run,
    "rehearse": rehearse.run,
    "second-database": second_database.run,
    "invoke-all": invoke.every,
}


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
        case ["invoke", function, event]:
            return invoke.one(function, event)
        case [verb] if verb in TESTS:
            return TESTS[verb]()
        case ["logs", *functions]:
            logs.show(functions)
        case _:
            raise Failure(f"Unknown verb: {' '.join(arguments)}. make help lists the verbs.")
    return 0
