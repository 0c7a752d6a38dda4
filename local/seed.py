"""Fills the demonstration tenant's directory."""

import hashlib
import json
import uuid
from typing import Any

from . import deploy, known_secrets, stack_env
from .aws import client
from .settings import PHONE_NUMBERS, TENANT, USER


def directory(port: int, values: stack_env.Values) -> None:
    """The two numbers of the documents, both of the demonstration campaign, and the keys of the Call Capture API."""
    table = deploy.physical_ids(port)["Directory"]
    for number in PHONE_NUMBERS:
        line = {
            "number": number,
            "tenantId": TENANT,
            "userId": USER,
            "agentConfigId": "telephony-agent",
            "campaignId": "demo-campaign",
        }
        _put(port, table, "number", number, line)
    for each in (values, known_secrets.SECRETS):
        digest = hashlib.sha256(each["CALL_CAPTURE_API_KEY"].encode()).hexdigest()
        api_key = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, digest)),
            "sha256": digest,
            "tenantId": TENANT,
            "companyId": each["CALL_CAPTURE_COMPANY_ID"],
            "name": "demonstration",
            "createdAt": 0,
        }
        _put(port, table, "api-key", digest, api_key)


def _put(port: int, table: str, kind: str, key: str, entry: dict[str, Any]) -> None:
    item = {
        "key": {"S": f"{kind}#{key}"},
        "v": {"N": "1"},
        "tenantKind": {"S": f"{kind}#{TENANT}"},
        "entry": {"S": json.dumps(entry)},
    }
    client("dynamodb", port).put_item(TableName=table, Item=item)
