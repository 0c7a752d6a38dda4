"""`make deploy` keeps what it deployed, and `make rollback` deploys it again with the parameters that it had.

In the place of sam stands what it would do to the account: it puts one object and changes the stack.
"""

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import boto3

from .. import releases
from . import account

BUCKET = "deployments"
EMPTY: dict[str, Any] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


class FakeSam:
    """Packages and deploys a stack whose only function is a text."""

    def __init__(self) -> None:
        self.code, self.values, self.confirms = "one", {"Note": 'a "b" c, d', "Empty": ""}, True
        self.runs: list[str] = []

    def __call__(self, verb: str, _: str, *arguments: str) -> int:
        self.runs.append(verb)
        if verb == "package":
            boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{account.STACK}/{self.code}", Body=self.code.encode())
            Path(arguments[-1]).write_text(json.dumps(self._template()))
        elif self.confirms:
            self._deploy(Path(arguments[1]).read_text(), arguments)
        return 0

    def _template(self) -> dict[str, Any]:
        code = {"Type": "AWS::SQS::Queue", "Metadata": {"Code": f"s3://{BUCKET}/{account.STACK}/{self.code}"}}
        parameters = {name: {"Type": "String", "Default": ""} for name in self.values}
        named = {f"Code{self.code}": code | {"Properties": {"QueueName": f"code-{self.code}"}}}
        return {"Parameters": parameters, "Resources": named | {"Always": EMPTY}}

    def _deploy(self, template: str, arguments: tuple[str, ...]) -> None:
        given = arguments[arguments.index("--parameter-overrides") + 1 :] if len(arguments) > 4 else ()  # noqa: PLR2004
        values = dict(each.split("=", 1) for each in given)
        values = {key: json.loads(value) for key, value in values.items()} or self.values
        cloudformation = boto3.client("cloudformation")
        is_there = account.STACK in {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
        change = cloudformation.update_stack if is_there else cloudformation.create_stack
        change(
            StackName=account.STACK,
            TemplateBody=template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        )
        waiter = cloudformation.get_waiter("stack_update_complete" if is_there else "stack_create_complete")
        waiter.wait(StackName=account.STACK, WaiterConfig=account.SOON)


class Releases(account.Rehearsal):
    """A stage that was deployed once."""

    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(releases, "FOLDER", folder))
        self.sam = self.enterContext(mock.patch.object(releases, "_sam", FakeSam()))
        names = mock.patch.object(releases, "_name", side_effect=["0.1.0-first", "0.1.0-second", "0.1.0-third"])
        self.enterContext(names)
        self.s3, self.cloudformation = boto3.client("s3"), boto3.client("cloudformation")
        self.s3.create_bucket(Bucket=BUCKET)
        managed = {"Resources": {"Always": EMPTY}, "Outputs": {"SourceBucket": {"Value": BUCKET}}}
        self.cloudformation.create_stack(StackName=releases.MANAGED, TemplateBody=json.dumps(managed))
        self.addCleanup(self.empty)
        self.addCleanup(account.delete_stack)
        self.addCleanup(self.cloudformation.delete_stack, StackName=releases.MANAGED)
        self.says(0, "deploy")
        self.before = self.stack()

    def empty(self) -> None:
        for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            self.s3.delete_object(Bucket=BUCKET, Key=each["Key"])

    def stack(self) -> tuple[list[str], dict[str, str]]:
        described = self.cloudformation.describe_stacks(StackName=account.STACK)["Stacks"][0]
        values = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
        return sorted(account.tables()), values

    def test_a_rollback_brings_code_and_parameters_back(self) -> None:
        self.sam.code, self.sam.values = "two", {"Note": "other", "Added": "by two"}
        self.says(0, "deploy")
        self.assertNotEqual(self.stack(), self.before)
        self.sam.runs.clear()
        self.assertIn("0.1.0-second  (deployed)\n2 releases", self.says(0, "rollback"))
        self.assertIn("no release 0.1.0-other", self.says(1, "rollback", "--to", "0.1.0-other"))
        self.says(1, "rollback", "--to", "0.1.0-first", typed=("n",))
        self.assertEqual(self.sam.runs, [])
        said = self.says(0, "rollback", "--to", "0.1.0-first", typed=("y",))
        self.assertIn("""Note: 'other' becomes 'a "b" c, d'""", said)
        self.assertEqual(self.sam.runs, ["deploy"])
        self.assertEqual(self.stack(), self.before)
        self.assertIn("0.1.0-first  (deployed)\n  0.1.0-second\n", self.says(0, "rollback"))

    def test_what_was_not_confirmed_is_no_release(self) -> None:
        """Sam ends well when the operator says no."""
        self.sam.confirms = False
        self.assertIn("no release is kept", self.says(0, "deploy"))
        self.assertIn("1 releases", self.says(0, "rollback"))
        self.says(0, "rollback", "--to", "0.1.0-first", "--yes")

    def test_a_release_whose_code_is_gone_is_not_begun(self) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=f"{account.STACK}/one")
        self.sam.runs.clear()
        said = self.says(1, "rollback", "--to", "0.1.0-first", "--yes")
        self.assertIn(f"s3://{BUCKET}/{account.STACK}/one", said)
        self.assertEqual(self.sam.runs, [])
