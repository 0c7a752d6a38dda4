"""What functions may touch, and how they are named."""

import json
import re
from collections.abc import Iterator

from ops.secrets.parameters import SECRETS
from project import template as templates
from project.settings import ROOT

from .resources import Resources, as_list, logical, of_type, statements

# The log group of all functions, and its name.
LOGS, GROUP = "FunctionLogs", "/ringpost/${Stage}/functions"
# Tables that a function knows the name of and does not touch: EndpointTable has two, and sweep reads one of them.
ONLY_NAMED = {"Sweep": {"History"}}
# They sign, show until when an old secret is valid, or keep their jobs in the same table.
READ_SIGNING_SECRETS = (
    "WebhookConfig",
    "WebhookRotateSecret",
    "WebhookTest",
    "Deliver",
    "WebhookRecover",
    "RecoverDeliveries",
)


def permissions(resources: Resources) -> Iterator[str]:
    """A role says what it allows, action by action and resource by resource."""
    for name in [*of_type(resources, "AWS::IAM::Policy"), *of_type(resources, "AWS::IAM::ManagedPolicy")]:
        yield f"{name} hides permissions from its role; write them into the role"
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            yield f"{name} has managed policies; write its permissions out"
        for statement in statements(role):
            if "*" in as_list(statement["Resource"]):
                yield f"{name} allows {statement['Action']} on everything; name the resource"
            for action in as_list(statement["Action"]):
                if "*" in action:
                    yield f"{name} allows {action}; name each action"


def functions(binary_of: dict[str, str], resources: Resources) -> Iterator[str]:
    """A function has its name, sample event and role to itself, and logs into the group of all functions."""
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        binary = binary_of[name]
        if binary != re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower():
            yield f"{name} is not named like its binary {binary}"
        if not (ROOT / "events" / f"{binary}.json").exists():
            yield f"{name} has no sample event; add events/{binary}.json"
        if function["Role"] != {"Fn::GetAtt": [f"{name}Role", "Arn"]}:
            yield f"{name} must have the role {name}Role, its own"
        if function["LoggingConfig"].get("LogGroup") != {"Ref": LOGS}:
            yield f"{name} must log into {LOGS}"
        of_role = statements(resources.get(f"{name}Role", {}).get("Properties", {}))
        writes_logs = [
            statement
            for statement in of_role
            if any(action.startswith("logs:") for action in as_list(statement["Action"]))
        ]
        if [statement["Resource"] for statement in writes_logs] != [{"Fn::GetAtt": [LOGS, "Arn"]}]:
            yield f"{name}Role must write to {LOGS} and to no other log group"
    group = resources[LOGS]["Properties"]
    if group["LogGroupName"] != {"Fn::Sub": GROUP} or "RetentionInDays" not in group:
        yield f"{LOGS} must be named {GROUP} and have a retention"


def capabilities(source: templates.Template, resources: Resources) -> Iterator[str]:
    """What is declared under Metadata is what some role has."""
    held = [each for role in of_type(resources, "AWS::IAM::Role").values() for each in statements(role)]
    for name, statement in source["Metadata"]["Capabilities"].items():
        if statement not in held:
            yield f"no role has the capability {name}; take it out of Metadata"


def stores(resources: Resources) -> Iterator[str]:
    """A role allows the tables and queues that its function's variables name, and no others."""
    known = {*of_type(resources, "AWS::DynamoDB::Table"), *of_type(resources, "AWS::SQS::Queue")}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        named = {logical(value) for value in function["Environment"]["Variables"].values()} & known
        allowed = {
            found
            for statement in statements(resources.get(f"{name}Role", {}).get("Properties", {}))
            for resource in as_list(statement["Resource"])
            for found in re.findall(r"\w+", json.dumps(resource))
            if found in known
        }
        for store in sorted(allowed - named - _invoking(resources, name)):
            yield f"{name}Role allows {store}, which no variable of {name} names; take it out"
        for store in sorted(named - allowed - ONLY_NAMED.get(name, set())):
            yield f"{name} has a variable for {store}, which its role does not allow"


def signing_secrets(resources: Resources) -> Iterator[str]:
    """Who signs nothing reads no signing secret (docs/adr/0032)."""
    table = {"Fn::GetAtt": ["WebhookConfigs", "Arn"]}
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role) if name.removesuffix("Role") not in READ_SIGNING_SECRETS else ():
            reads = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"} & set(as_list(statement["Action"]))
            if reads and table in as_list(statement["Resource"]):
                condition = statement.get("Condition", {}).get("ForAllValues:StringEquals", {})
                attributes = condition.get("dynamodb:Attributes", ["secrets"])
                if "secrets" in attributes:
                    yield f"{name} reads signing secrets; name the other attributes in a condition dynamodb:Attributes"
                if "dynamodb:Query" in reads and "StringEqualsIfExists" not in statement["Condition"]:
                    yield f"{name} may query all attributes; give it dynamodb:Select: SPECIFIC_ATTRIBUTES"


def secrets(resources: Resources) -> Iterator[str]:
    """What is read is what `make secrets` puts."""
    roles = json.dumps(of_type(resources, "AWS::IAM::Role"))
    named = set(re.findall(r":parameter/ringpost/\$\{Stage}/([a-z-]+)", roles))
    known = {secret.name for secret in SECRETS}
    for name in sorted(named - known):
        yield f"the parameter {name} is read, but make secrets does not put it; add it to ops/secrets/parameters.py"
    for name in sorted(known - named):
        yield f"nothing may read the parameter {name} of ops/secrets/parameters.py"


def _invoking(resources: Resources, function: str) -> set[str]:
    """What Lambda reads and writes for the function with its role: its sources, and where it puts what fails."""
    mappings = [
        mapping
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        if logical(mapping["FunctionName"]) == function
    ]
    failures = [mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") for mapping in mappings]
    return {logical(each) for each in [*(mapping["EventSourceArn"] for mapping in mappings), *failures]}
