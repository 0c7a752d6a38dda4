"""What the rehearsals share: a stack of tables in their account, and commands as an operator types them."""

import contextlib
import functools
import io
import json
import unittest
from typing import Any
from unittest import mock

import boto3

from project import command
from project import template as templates
from project.progress import Failure

from .. import adopt, verbs
from ..secrets import command as put_secrets

STAGE = "dev"
STACK = f"ringpost-{STAGE}"
# In seconds.
SOON = {"Delay": 0.25, "MaxAttempts": 300}


# Reading it takes a second.
read_template = functools.cache(templates.load)


def stack_of_tables(*, update: bool = False) -> None:
    """A stack that has the tables of template.yaml and nothing else."""
    template = read_template()
    tables = adopt.tables_alone(template)
    tables["Resources"]["Limits"] = template["Resources"]["Limits"]
    for name in tables["Resources"]:
        tables["Resources"][name] = template["Resources"][name]
    cloudformation = boto3.client("cloudformation")
    parameters = [{"ParameterKey": "Stage", "ParameterValue": STAGE}]
    change, state = (
        (cloudformation.update_stack, "stack_update_complete")
        if update
        else (cloudformation.create_stack, "stack_create_complete")
    )
    change(StackName=STACK, TemplateBody=json.dumps(tables), Parameters=parameters)
    cloudformation.get_waiter(state).wait(StackName=STACK, WaiterConfig=SOON)


def tables() -> dict[str, str]:
    """The stack's tables, by their names in template.yaml."""
    resources = boto3.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}


def delete_stack() -> None:
    """Deletes the stack; what outlives it stays."""
    cloudformation = boto3.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig=SOON)


def remove_everything() -> None:
    """Deletes the stack and all tables, also those that outlive it."""
    delete_stack()
    dynamodb = boto3.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=name)


class Rehearsal(unittest.TestCase):
    """A test of commands, in an account that is empty before and after."""

    def says(
        self,
        code: int,
        verb: str,
        *arguments: str,
        typed: tuple[str, ...] | None = None,
        hidden: tuple[str, ...] = (),
        piped: str = "",
    ) -> str:
        """What a command prints; it must end with this code. With `typed` there is a terminal, where that is typed."""
        printed = io.StringIO()
        with contextlib.ExitStack() as patched:
            patched.enter_context(contextlib.redirect_stdout(printed))
            patched.enter_context(contextlib.redirect_stderr(printed))
            patched.enter_context(mock.patch("sys.stdin", Input(piped, is_terminal=typed is not None)))
            patched.enter_context(mock.patch("builtins.input", mock.Mock(side_effect=list(typed or ()))))
            patched.enter_context(mock.patch("getpass.getpass", mock.Mock(side_effect=list(hidden))))
            try:
                ended = command.run(verbs.run, [verb, STAGE, *arguments])
            except Failure as failure:
                printed.write(f"✗ {failure}")
                ended = 1
        self.assertEqual(ended, code, printed.getvalue())
        return printed.getvalue()


class Input(io.StringIO):
    """A standard input that may be a terminal, in which nothing can be read: what is typed comes by `input`."""

    def __init__(self, piped: str, *, is_terminal: bool) -> None:
        super().__init__(piped)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def from_directory(path: str | None) -> Any:
    """Sets RINGPOST_SECRETS_DIR, for a `with`."""
    return mock.patch.object(put_secrets, "SECRETS_DIR", path)
