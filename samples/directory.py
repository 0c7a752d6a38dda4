"""What the platform assigns, what a tenant configures, and its leads."""

import json
from typing import Any
from urllib.parse import quote

from project.settings import PHONE_NUMBERS, TENANT, USER

from .known_secrets import SECRETS
from .shapes import as_admin, as_platform, request

DIRECTORY = "/api/directory"


def put(kind: str, parameter: str, key: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Assigns an entry to the demonstration tenant. API Gateway hands its key over decoded."""
    return request(
        "PUT",
        f"{DIRECTORY}/{kind}/{quote(key)}",
        as_platform() | {"content-type": "application/json"},
        route=f"{DIRECTORY}/{kind}/{{{parameter}}}",
        pathParameters={parameter: key},
        body=json.dumps({"tenantId": TENANT, **entry}),
    )


def send(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A request with a JSON body."""
    headers = as_admin() | {"content-type": "application/json"}
    return request(method, f"{DIRECTORY}/{path}", headers, body=json.dumps(body))


EVENTS = {
    "directory-phone-numbers": put(
        "phone-numbers",
        "number",
        PHONE_NUMBERS[0],
        {"type": "LOCAL", "userId": USER, "campaignId": "demo-campaign", "agentConfigId": "telephony-agent"},
    ),
    "directory-campaigns": put(
        "campaigns",
        "id",
        "demo-campaign",
        {"name": "Demonstration", "agentName": "telephony-agent", "userId": USER},
    ),
    "directory-agents": put("agents", "agentId", "agent_demo", {"name": "Demonstration", "userId": USER}),
    "directory-settings": send("PUT", "settings", {"name": "Demo", "defaultAgentName": "telephony-agent"}),
    "directory-api-keys": send("POST", "api-keys", {"companyId": SECRETS["CALL_CAPTURE_COMPANY_ID"], "name": "Dialer"}),
    "leads": request(
        "GET",
        "/api/leads",
        as_admin(),
        query="campaignId=demo-campaign&limit=10",
        queryStringParameters={"campaignId": "demo-campaign", "limit": "10"},
    ),
}
