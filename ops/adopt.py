"""`make adopt STAGE=dev`: after a stack was deleted, says how its tables, which stayed, get into the next one.

It finds them, writes what CloudFormation wants to know about them, and prints the commands that import them into a new
stack of the same name. It changes nothing itself.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from project import template as templates
from project.progress import Failure, say
from project.settings import HOME, ROOT

from . import stage

CHANGE_SET = "import-tables"
TABLE = "AWS::DynamoDB::Table"
# A stack in these states has no resources.
GONE = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


def run(arguments: list[str]) -> int:
    """The exit code: 0 when the commands are printed."""
    parser = stage.parser("adopt", __doc__)
    parser.add_argument(
        "--tables", metavar="NAME,NAME", type=_names, default=[], help="which to take where there are several of a kind"
    )
    chosen = parser.parse_args(arguments)
    stack = stage.stack(chosen.stage)
    cloudformation, dynamodb = stage.clients(chosen.stage, "cloudformation", "dynamodb")
    status = stage.described(cloudformation, stack).get("StackStatus", GONE[0])
    if status not in GONE:
        raise Failure(
            f"There is a stack {stack} ({status}), which has tables of its own. Delete it first if it is of no use; "
            "make restore with SOURCE=table copies the items of a table that is not in it."
        )
    template = tables_alone(templates.load())
    tables = _tables(dynamodb, stack, template, chosen.tables)
    template["Resources"] = {name: template["Resources"][name] for name in tables}
    files = _write(chosen.stage, template, tables)
    say("\nType these, and look at what the third one prints before you type the fourth:\n")
    for command in _commands(stack, files):
        say(command)
    return 0


def tables_alone(template: templates.Template) -> templates.Template:
    """The tables that outlive a stack, with only the parameters and conditions that they need."""
    kept = {
        name: resource | {"DeletionPolicy": "Retain"}
        for name, resource in template["Resources"].items()
        if resource["Type"] == TABLE and "DeletionPolicy" in resource
    }
    conditions: dict[str, Any] = {}
    wanted = set(_named(kept, "Fn::If"))
    while wanted:
        conditions |= {name: template["Conditions"][name] for name in wanted}
        wanted = set(_named(conditions, "Condition")) - conditions.keys()
    parameters = {
        name: template["Parameters"][name]
        for name in sorted({*_named(kept, "Ref"), *_named(conditions, "Ref")})
        if name in template["Parameters"]
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": kept,
    }


def _named(part: Any, function: str) -> Iterator[str]:
    """What is named by every use of a function: the parameter of a Ref, the condition of an Fn::If or a Condition."""
    if isinstance(part, dict):
        if function in part:
            yield part[function][0] if function == "Fn::If" else part[function]
        for value in part.values():
            yield from _named(value, function)
    elif isinstance(part, list):
        for value in part:
            yield from _named(value, function)


def _names(words: str) -> list[str]:
    return [name.strip() for name in words.split(",") if name.strip()]


def _tables(dynamodb: Any, stack: str, template: templates.Template, wanted: list[str]) -> dict[str, str]:
    """The name of each table that is there, by its name in the template."""
    every = [name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]]
    if strangers := sorted(set(wanted) - set(every)):
        raise Failure(f"There is no table {', '.join(strangers)}.")
    found, several = {}, []
    for logical in template["Resources"]:
        names = [name for name in every if name.startswith(f"{stack}-{logical}-")]
        for name in names:
            table = dynamodb.describe_table(TableName=name)["Table"]
            say(
                f"  {logical:<15} {name}  {table.get('ItemCount', 0):,} items, "
                f"{table.get('TableSizeBytes', 0) / 1e6:,.1f} MB, made {table['CreationDateTime']:%Y-%m-%d %H:%M}"
            )
        names = [name for name in names if name in wanted] or names
        if len(names) > 1:
            several.append(logical)
        elif names:
            found[logical] = names[0]
        else:
            say(f"! There is no table {stack}-{logical}-…; the deployment makes a new one.")
    if several:
        raise Failure(f"There are several of {', '.join(several)}; choose with TABLES=name,name.")
    if not found:
        raise Failure(f"No table of {stack} is left in this account and region.")
    return found


def _write(name: str, template: templates.Template, tables: dict[str, str]) -> dict[str, str]:
    """The files that the commands read, each as a URL that is relative to the project."""
    values = templates.overrides(name)
    contents = {
        "template": template,
        "resources": [
            {"ResourceType": TABLE, "LogicalResourceId": logical, "ResourceIdentifier": {"TableName": table}}
            for logical, table in tables.items()
        ],
        "parameters": templates.as_parameters(
            {key: value for key, value in values.items() if key in template["Parameters"]}
        ),
    }
    folder = HOME / "import" / name
    folder.mkdir(parents=True, exist_ok=True)
    return {part: f"file://{_stored(folder / f'{part}.json', content)}" for part, content in contents.items()}


def _stored(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path.relative_to(ROOT)


def _commands(stack: str, files: dict[str, str]) -> Iterator[str]:
    change = f"--stack-name {stack} --change-set-name {CHANGE_SET}"
    yield (
        f"aws cloudformation create-change-set {change} --change-set-type IMPORT --template-body {files['template']} "
        f"--resources-to-import {files['resources']} --parameters {files['parameters']}"
    )
    yield f"aws cloudformation wait change-set-create-complete {change}"
    shown = "--query 'Changes[].ResourceChange.[Action, LogicalResourceId, PhysicalResourceId]' --output table"
    yield f"aws cloudformation describe-change-set {change} {shown}"
    yield f"aws cloudformation execute-change-set {change}"
    yield f"aws cloudformation wait stack-import-complete --stack-name {stack}"
    yield f"make deploy STAGE={stack.removeprefix('ringpost-')}"
