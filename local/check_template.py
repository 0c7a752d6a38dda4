"""Checks what template.yaml becomes on AWS: transforms it as SAM does, then holds it to the project's rules.

Runs in the tools environment: `python -m local.check_template`.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from . import template as templates
from .parameters import SECRETS
from .settings import REGION, ROOT

Resources = dict[str, Any]
# Lambda keeps 100 of an account's 1,000 invocations at once for functions without a reservation.
RESERVABLE = 900
INGEST, QUERY = "IngestConcurrency", "QueryConcurrency"
OWN_METRICS = {"Fn::Sub": "Ringpost/${Stage}"}


def main() -> int:
    """Prints every broken rule; the exit code tells whether there is one."""
    source = templates.load()
    try:
        resources = _transformed(source)
        problems = [
            *_permissions(resources),
            *_functions(templates.binaries(source), resources),
            *_secrets(resources),
            *_visibility(resources),
            *_loops(resources),
            *_schedules(resources),
            *_metrics(resources),
            *_log_classes(resources),
            *_concurrency(source, resources),
            *_throttles(source, resources),
            *_origins(source),
        ]
    except InvalidDocumentException as error:
        problems = [str(cause.message) for cause in error.causes]
    for problem in problems:
        print(f"template.yaml: {problem}", file=sys.stderr)
    if not problems:
        print(f"template.yaml: {len(templates.binaries(source))} functions keep every rule")
    return 1 if problems else 0


def _transformed(source: templates.Template, **parameters: str) -> Resources:
    packaged = templates.packaged(source, dict.fromkeys(templates.binaries(source), "code.zip"))
    # The transform asks boto3 for a region; any will do.
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return transform(json.loads(packaged), parameters, SimpleNamespace(load=dict))["Resources"]


def _permissions(resources: Resources) -> Iterator[str]:
    for name in [*_of(resources, "AWS::IAM::Policy"), *_of(resources, "AWS::IAM::ManagedPolicy")]:
        yield f"{name} hides permissions from its role; write them into the role"
    for name, role in _of(resources, "AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            yield f"{name} has managed policies; write its permissions out"
        for statement in _statements(role):
            if "*" in _list(statement["Resource"]):
                yield f"{name} allows {statement['Action']} on everything; name the resource"
            for action in _list(statement["Action"]):
                if "*" in action:
                    yield f"{name} allows {action}; name each action"


def _functions(binary_of: dict[str, str], resources: Resources) -> Iterator[str]:
    for name, function in _of(resources, "AWS::Lambda::Function").items():
        binary = binary_of[name]
        if binary != re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower():
            yield f"{name} is not named like its binary {binary}"
        if not (ROOT / "events" / f"{binary}.json").exists():
            yield f"{name} has no sample event; add events/{binary}.json"
        if function["Role"] != {"Fn::GetAtt": [f"{name}Role", "Arn"]}:
            yield f"{name} must have the role {name}Role, its own"
        logs = resources.get(f"{name}Logs", {}).get("Properties")
        if not logs or function["LoggingConfig"].get("LogGroup") != {"Ref": f"{name}Logs"}:
            yield f"{name} must have the log group {name}Logs, its own"
        elif logs["LogGroupName"] != {"Fn::Sub": f"/ringpost/${{Stage}}/{binary}"} or "RetentionInDays" not in logs:
            yield f"{name}Logs must be named /ringpost/${{Stage}}/{binary} and have a retention"
        for statement in _statements(resources.get(f"{name}Role", {}).get("Properties", {})):
            writes_logs = any(action.startswith("logs:") for action in _list(statement["Action"]))
            if writes_logs and statement["Resource"] != {"Fn::GetAtt": [f"{name}Logs", "Arn"]}:
                yield f"{name}Role may write to a log group that is not {name}Logs"


def _secrets(resources: Resources) -> Iterator[str]:
    roles = json.dumps(_of(resources, "AWS::IAM::Role"))
    named = set(re.findall(r":parameter/ringpost/\$\{Stage}/([a-z-]+)", roles))
    known = {secret.name for secret in SECRETS}
    for name in sorted(named - known):
        yield f"the parameter {name} is read, but make secrets does not put it; add it to local/parameters.py"
    for name in sorted(known - named):
        yield f"nothing may read the parameter {name} of local/parameters.py"


def _visibility(resources: Resources) -> Iterator[str]:
    functions, queues = _of(resources, "AWS::Lambda::Function"), _of(resources, "AWS::SQS::Queue")
    for mapping in _of(resources, "AWS::Lambda::EventSourceMapping").values():
        queue = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        timeout = functions[mapping["FunctionName"]["Ref"]]["Timeout"]
        if queue in queues and queues[queue]["VisibilityTimeout"] < 6 * timeout:
            yield f"{queue} needs a VisibilityTimeout of at least {6 * timeout}, six times its function's timeout"


def _loops(resources: Resources) -> Iterator[str]:
    """Lambda stops a function after 16 invocations that follow from one another, unless it is told not to."""
    queues, functions = _of(resources, "AWS::SQS::Queue"), _of(resources, "AWS::Lambda::Function")
    driven: dict[str, set[str]] = {}
    for mapping in _of(resources, "AWS::Lambda::EventSourceMapping").values():
        driven.setdefault(_logical(mapping["EventSourceArn"]), set()).add(_logical(mapping["FunctionName"]))
    next_of = {
        name: {function for queue in _sends_to(resources, name) & queues.keys() for function in driven.get(queue, ())}
        for name in functions
    }
    for name, function in functions.items():
        if name in _reachable(name, next_of) and function.get("RecursiveLoop") != "Allow":
            yield f"{name} sends messages that come back to it; give it RecursiveLoop: Allow, or Lambda ends the loop"


def _sends_to(resources: Resources, function: str) -> set[str]:
    return {
        _logical(resource)
        for statement in _statements(resources.get(f"{function}Role", {}).get("Properties", {}))
        if "sqs:SendMessage" in _list(statement["Action"])
        for resource in _list(statement["Resource"])
    }


def _reachable(start: str, next_of: dict[str, set[str]]) -> set[str]:
    """What follows from `start`; itself only if it follows from itself."""
    found: set[str] = set()
    pending = [start]
    while pending:
        fresh = next_of[pending.pop()] - found
        found |= fresh
        pending += fresh
    return found


def _schedules(resources: Resources) -> Iterator[str]:
    """A function that is not started logs no error: only an alarm that missing data sets off hears of it."""
    filters, alarms = _of(resources, "AWS::Logs::MetricFilter"), _of(resources, "AWS::CloudWatch::Alarm")
    for rule in _of(resources, "AWS::Events::Rule").values():
        for target in rule["Targets"] if "ScheduleExpression" in rule else ():
            name = _logical(target["Arn"])
            counted = [
                _metric(each["MetricNamespace"], each["MetricName"])
                for logs in filters.values()
                if _logical(logs["LogGroupName"]) == f"{name}Logs"
                for each in logs["MetricTransformations"]
            ]
            if not any(
                alarm["TreatMissingData"] == "breaching"
                and alarm["ComparisonOperator"] == "LessThanThreshold"
                and _metric(alarm["Namespace"], alarm["MetricName"]) in counted
                for alarm in alarms.values()
            ):
                yield f"{name} runs by schedule; add an alarm that counts its runs and is breaching without data"


def _metrics(resources: Resources) -> Iterator[str]:
    """Two stages of one account must not count into one metric."""
    known = set()
    for name, logs in _of(resources, "AWS::Logs::MetricFilter").items():
        for each in logs["MetricTransformations"]:
            known.add(_metric(each["MetricNamespace"], each["MetricName"]))
            if each["MetricNamespace"] != OWN_METRICS:
                yield f"{name} must count in the namespace Ringpost/${{Stage}}"
    for name, alarm in _of(resources, "AWS::CloudWatch::Alarm").items():
        aws = isinstance(alarm["Namespace"], str) and alarm["Namespace"].startswith("AWS/")
        if not aws and _metric(alarm["Namespace"], alarm["MetricName"]) not in known:
            yield f"{name} watches a metric that no metric filter counts"


def _log_classes(resources: Resources) -> Iterator[str]:
    """CloudWatch counts nothing in a log group of the class Infrequent Access."""
    groups = _of(resources, "AWS::Logs::LogGroup")
    for name, logs in _of(resources, "AWS::Logs::MetricFilter").items():
        group = _logical(logs["LogGroupName"])
        if "LogGroupClass" in groups[group]:
            yield f"{name} counts in {group}, whose class may be Infrequent Access; take its LogGroupClass away"


def _concurrency(source: templates.Template, resources: Resources) -> Iterator[str]:
    """A flood on one endpoint leaves to the others what is theirs."""
    reserved = 0
    for name, routes in _routes(source).items():
        parameter = _limit(resources[name])
        if parameter not in (INGEST, QUERY):
            yield f"{name} answers {routes[0]}; give it a ReservedConcurrentExecutions, *{INGEST} or *{QUERY}"
        else:
            reserved += source["Parameters"][parameter]["Default"]
    if reserved > RESERVABLE:
        yield f"the functions reserve {reserved} invocations at once; a new account has {RESERVABLE} to reserve"


def _limit(function: dict[str, Any]) -> str:
    """The parameter that says how often a function runs at once; empty where none does."""
    condition = function["Properties"].get("ReservedConcurrentExecutions", {}).get("Fn::If", [""])[0]
    return condition.removeprefix("Limits")


def _throttles(source: templates.Template, resources: Resources) -> Iterator[str]:
    throttled = source["Globals"]["HttpApi"]["RouteSettings"]
    known = [route for routes in _routes(source).values() for route in routes]
    for name, routes in _routes(source).items():
        if _limit(resources[name]) == QUERY:
            for route in set(routes) - throttled.keys():
                yield f"{route} has no throttle; add it to RouteSettings"
    for route in throttled.keys() - set(known):
        yield f"RouteSettings names {route}, which no function answers"


def _routes(source: templates.Template) -> dict[str, list[str]]:
    """The routes of each function that has any."""
    events = {
        name: resource["Properties"].get("Events", {}).values()
        for name, resource in source["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    routes = {
        name: [f"{e['Properties']['Method']} {e['Properties']['Path']}" for e in of if e["Type"] == "HttpApi"]
        for name, of in events.items()
    }
    return {name: of for name, of in routes.items() if of}


def _metric(namespace: Any, name: str) -> str:
    return json.dumps([namespace, name])


def _logical(reference: Any) -> str:
    """The resource that a Ref or a GetAtt names; empty for anything else."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return ""


def _origins(source: templates.Template) -> Iterator[str]:
    """SAM rewrites the property as text, which misspells the parameter's name unless its value was put in before."""
    origins = "https://app.example.com,http://localhost:3000"
    api = _of(_transformed(source, CorsAllowOrigins=origins), "AWS::ApiGatewayV2::Api")["ServerlessHttpApi"]
    _, allowed, otherwise = api["Body"]["x-amazon-apigateway-cors"]["Fn::If"]
    if allowed["allowOrigins"] != {"Fn::Split": [",", origins]} or otherwise != {"Ref": "AWS::NoValue"}:
        yield f"CorsAllowOrigins becomes {allowed} or {otherwise}"


def _of(resources: Resources, kind: str) -> Resources:
    return {name: resource.get("Properties", {}) for name, resource in resources.items() if resource["Type"] == kind}


def _statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.exit(main())
