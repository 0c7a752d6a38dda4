"""Fills the demonstration tenant's directory."""

from . import deploy
from .aws import client
from .settings import PHONE_NUMBERS, TENANT, USER


def directory(port: int) -> None:
    """The two numbers of the documents, both of the demonstration campaign."""
    table = deploy.physical_ids(port)["Directory"]
    for number in PHONE_NUMBERS:
        item = {
            "key": f"number#{number}",
            "tenantId": TENANT,
            "userId": USER,
            "agentConfigId": "telephony-agent",
            "campaignId": "demo-campaign",
        }
        attributes = {name: {"S": value} for name, value in item.items()} | {"v": {"N": "1"}}
        client("dynamodb", port).put_item(TableName=table, Item=attributes)
