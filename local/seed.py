"""Fills the demonstration tenant's directory, through the API: the platform assigns, the tenant configures."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from project.aws import client
from samples import known_secrets
from samples.tenant import PHONE_NUMBERS, TENANT, USER

from . import deploy
from .api import Api
from .stack_env import Values

AGENT = "telephony-agent"
CAMPAIGN = "demo-campaign"
SETTINGS = {"name": "Demo", "defaultAgentName": AGENT}
ASSIGNED = {
    f"campaigns/{CAMPAIGN}": {"name": "Demonstration", "agentName": AGENT, "userId": USER},
    **{
        f"phone-numbers/{quote(number)}": {"userId": USER, "agentConfigId": AGENT, "campaignId": CAMPAIGN}
        for number in PHONE_NUMBERS
    },
}


def directory(port: int, values: Values) -> None:
    """The two numbers of the documents, both of the demonstration campaign."""
    tenant = Api(values["RINGPOST_URL"], values["RINGPOST_TOKEN"])
    platform = Api(values["RINGPOST_URL"], values["RINGPOST_PLATFORM_TOKEN"])
    puts = [(tenant, "settings", SETTINGS)]
    puts += [(platform, path, entry | {"tenantId": TENANT}) for path, entry in ASSIGNED.items()]
    with ThreadPoolExecutor(max_workers=len(puts)) as pool:
        list(pool.map(lambda put: put[0].send("PUT", f"/api/directory/{put[1]}", put[2]), puts))
    _known_api_key(port)


def api_key(values: Values) -> str:
    """The key of the demonstration company: the stack's own, made once, since the API never shows it again."""
    if key := values.get("CALL_CAPTURE_API_KEY"):
        return key
    body = {"companyId": values["CALL_CAPTURE_COMPANY_ID"], "name": "stack.env"}
    api = Api(values["RINGPOST_URL"], values["RINGPOST_TOKEN"])
    return api.send("POST", "/api/directory/api-keys", body)["apiKey"]["key"]


def _known_api_key(port: int) -> None:
    """The key that signs the sample events. The API makes keys and takes none, so this entry goes past it."""
    sha256 = hashlib.sha256(known_secrets.SECRETS["CALL_CAPTURE_API_KEY"].encode()).hexdigest()
    entry = {
        "id": "3f0c1a52-6f0b-4f6e-9d2b-5b1d6a7c8e90",
        "sha256": sha256,
        "tenantId": TENANT,
        "companyId": known_secrets.SECRETS["CALL_CAPTURE_COMPANY_ID"],
        "name": "sample events",
        "createdAt": 1_767_312_000_000,
    }
    item = {
        "key": {"S": f"api-key#{sha256}"},
        "v": {"N": "1"},
        "tenantKind": {"S": f"api-key#{TENANT}"},
        "entry": {"S": json.dumps(entry)},
    }
    client("dynamodb", port).put_item(TableName=deploy.physical_ids(port)["Directory"], Item=item)
