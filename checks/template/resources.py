"""The template as SAM transforms it, and what several checks ask of it."""

import json
import os
from types import SimpleNamespace
from typing import Any

from samtranslator.translator.transform import transform

from project import template as templates
from project.settings import REGION

Resources = dict[str, Any]
# The parameters that limit the functions which take webhooks in, and those which answer users.
INGEST, QUERY = "IngestConcurrency", "QueryConcurrency"


def transformed(source: templates.Template, **parameters: str) -> Resources:
    """What CloudFormation would be given."""
    code = {"Bucket": "code", "Key": "code.zip"}
    packaged = templates.with_code(source, dict.fromkeys(templates.binaries(source), code))
    # The transform asks boto3 for a region; any will do.
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return transform(json.loads(packaged), parameters, SimpleNamespace(load=dict))["Resources"]


def of_type(resources: Resources, kind: str) -> Resources:
    """The properties of each resource of a type."""
    return {name: resource.get("Properties", {}) for name, resource in resources.items() if resource["Type"] == kind}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """What a role allows."""
    return [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]


def as_list(value: Any) -> list[Any]:
    """A value that may stand for a list of one."""
    return value if isinstance(value, list) else [value]


def logical(reference: Any) -> str:
    """The resource that a Ref or a GetAtt names; empty for anything else."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return ""


def routes(source: templates.Template) -> dict[str, list[str]]:
    """The routes of each function that has any."""
    events = {
        name: resource["Properties"].get("Events", {}).values()
        for name, resource in source["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    found = {
        name: [f"{e['Properties']['Method']} {e['Properties']['Path']}" for e in of if e["Type"] == "HttpApi"]
        for name, of in events.items()
    }
    return {name: of for name, of in found.items() if of}


def limit(function: dict[str, Any]) -> str:
    """The parameter that says how often a function runs at once; empty where none does."""
    condition = function["Properties"].get("ReservedConcurrentExecutions", {}).get("Fn::If", [""])[0]
    return condition.removeprefix("Limits")
