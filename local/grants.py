"""Lets functions read their SSM parameters: the emulator checks GetParameters against `*`, so no narrow policy passes.

Only roles that may read some parameter in template.yaml get this; every other permission is enforced as written.
"""

import json

from . import deploy
from .aws import client
from .settings import STACK

ACTION = "ssm:GetParameters"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ACTION, "Resource": "*"}]}


def ensure(port: int) -> None:
    """Adds the statement to each role that has the action."""
    physical = deploy.physical_ids(port)
    processed = client("cloudformation", port).get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    for name, resource in processed["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role" and ACTION in json.dumps(resource["Properties"]):
            client("iam", port).put_role_policy(
                RoleName=physical[name], PolicyName="emulator-get-parameters", PolicyDocument=json.dumps(POLICY)
            )
