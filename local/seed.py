"""Fills the demonstration tenant's directory."""

import json

from . import deploy
from .aws import client
from .settings import PHONE_NUMBERS, TENANT, USER


def directory(port: int) -> None:
    """The two numbers of the documents, both of the demonstration campaign."""
    table = deploy.physical_ids(port)["Directory"]
    for number in PHONE_NUMBERS:
        entry = {
            "number": number,
            "tenantId": TENANT,
            "userId": USER,
            "agentConfigId": "telephony-agent",
            "campaignId": "demo-campaign",
        }
        item = {
            "key": {"S": f"number#{number}"},
            "v": {"N": "1"},
            "tenantKind": {"S": f"number#{TENANT}"},
            "entry": {"S": json.dumps(entry)},
        }
        client("dynamodb", port).put_item(TableName=table, Item=item)
