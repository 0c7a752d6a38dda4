"""Makes the emulator allow what AWS allows with the same roles; every other permission is enforced as written.

It checks ssm:GetParameters against `*`, so that no narrow policy passes, and a batch of messages against
sqs:SendMessageBatch, which AWS does not know: sqs:SendMessage allows both.
"""

import json
from typing import Any

from project.aws import client

from . import deploy

GET_PARAMETERS = "ssm:GetParameters"
SEND_MESSAGE = "sqs:SendMessage"
SEND_BATCH = "sqs:SendMessageBatch"
POLICY = "emulator"


def ensure(port: int) -> None:
    """Adds to each role what follows from the actions that it has."""
    physical, iam = deploy.physical_ids(port), client("iam", port)
    for name, resource in deploy.resources(port).items():
        if resource["Type"] == "AWS::IAM::Role" and (statements := _implied(iam, physical[name])):
            policy = {"Version": "2012-10-17", "Statement": statements}
            iam.put_role_policy(RoleName=physical[name], PolicyName=POLICY, PolicyDocument=json.dumps(policy))


def _implied(iam: Any, role: str) -> list[dict[str, Any]]:
    implied = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        if name == POLICY:
            continue
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            if GET_PARAMETERS in statement["Action"]:
                implied.append({"Effect": "Allow", "Action": GET_PARAMETERS, "Resource": "*"})
            if SEND_MESSAGE in statement["Action"]:
                implied.append({"Effect": "Allow", "Action": SEND_BATCH, "Resource": statement["Resource"]})
    return implied
