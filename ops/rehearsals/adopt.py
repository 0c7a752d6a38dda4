"""`make adopt`: the tables of a deleted stack get into the next one, with what is in them."""

import json
import subprocess
from unittest import mock

import boto3

from project import template as templates
from project.settings import HOME

from .. import adopt
from . import account

FOLDER = HOME / "import" / account.STAGE


class Adopt(account.Rehearsal):
    """A stack of tables that is deleted."""

    def setUp(self) -> None:
        self.cloudformation, self.dynamodb = boto3.client("cloudformation"), boto3.client("dynamodb")
        account.stack_of_tables()
        self.addCleanup(account.remove_everything)
        self.tables = {name: table for name, table in account.tables().items() if name != "Limits"}
        self.dynamodb.put_item(TableName=self.tables["Calls"], Item={"id": {"S": "call"}})

    def adopt(self, code: int, *arguments: str) -> str:
        with mock.patch.object(templates, "load", account.read_template):
            return self.says(code, "adopt", *arguments)

    def test_the_tables_of_a_deleted_stack_are_imported(self) -> None:
        """By the files that were written, as the printed commands do."""
        self.assertIn("There is a stack", self.adopt(1))
        account.delete_stack()
        said = self.adopt(0)
        self.assertIn("--change-set-type IMPORT", said)
        template, resources, parameters = (
            (FOLDER / f"{part}.json").read_text() for part in ("template", "resources", "parameters")
        )
        self.cloudformation.create_change_set(
            StackName=account.STACK,
            ChangeSetName=adopt.CHANGE_SET,
            ChangeSetType="IMPORT",
            TemplateBody=template,
            ResourcesToImport=json.loads(resources),
            Parameters=json.loads(parameters),
        )
        names = {"StackName": account.STACK, "ChangeSetName": adopt.CHANGE_SET}
        self.cloudformation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig=account.SOON)
        self.cloudformation.execute_change_set(**names)
        self.cloudformation.get_waiter("stack_import_complete").wait(StackName=account.STACK, WaiterConfig=account.SOON)
        self.assertEqual(account.tables(), self.tables)
        self.assertEqual(self.dynamodb.scan(TableName=self.tables["Calls"])["Items"], [{"id": {"S": "call"}}])
        # The deployment that follows changes no table.
        account.stack_of_tables(update=True)
        after = account.tables()
        self.assertEqual({name: after[name] for name in self.tables}, self.tables)
        self.assertIn("Limits", after)

    def test_of_several_of_a_kind_one_is_chosen(self) -> None:
        account.delete_stack()
        other = f"{account.STACK}-Calls-EARLIER"
        self.dynamodb.create_table(
            TableName=other,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.assertIn("several of Calls", self.adopt(1))
        self.adopt(0, "--tables", other)
        resources = json.loads((FOLDER / "resources.json").read_text())
        chosen = {each["LogicalResourceId"]: each["ResourceIdentifier"]["TableName"] for each in resources}
        self.assertEqual(chosen, self.tables | {"Calls": other})
        self.assertIn("There is no table nowhere", self.adopt(1, "--tables", "nowhere"))

    def test_the_template_of_an_import_is_small_and_needs_nothing_else(self) -> None:
        """CloudFormation takes 51,200 bytes by the command line, and an import must bring every resource."""
        template = adopt.tables_alone(account.read_template())
        self.assertLess(len(json.dumps(template, indent=2)), 51_200)
        self.assertEqual(sorted(template["Resources"]), sorted(self.tables))
        self.assertIn("Stage", template["Parameters"])
        lint = [str(HOME / "venv" / "tools" / "bin" / "cfn-lint"), "--", str(FOLDER / "template.json")]
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "template.json").write_text(json.dumps(template))
        if (HOME / "venv" / "tools").exists():
            done = subprocess.run(lint, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
