"""What functions may touch, and how they are named."""

import json
import re
from collections.abc import Iterator

from ops.secrets.parameters import SECRETS
from project.settings import ROOT

from .resources import Resources, as_list, of_type, statements

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
    """A function has its name, sample event, role and log group to itself."""
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
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
        for statement in statements(resources.get(f"{name}Role", {}).get("Properties", {})):
            writes_logs = any(action.startswith("logs:") for action in as_list(statement["Action"]))
            if writes_logs and statement["Resource"] != {"Fn::GetAtt": [f"{name}Logs", "Arn"]}:
                yield f"{name}Role may write to a log group that is not {name}Logs"


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
