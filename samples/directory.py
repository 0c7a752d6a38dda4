"""What the platform assigns, what a tenant configures, and its leads."""

from typing import Any

from .known_secrets import SECRETS
from .shapes import as_admin, as_platform, request, with_json
from .tenant import PHONE_NUMBERS, TENANT, USER

DIRECTORY = "/api/directory"


def assign(kind: str, parameter: str, key: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Assigns an entry to the demonstration tenant."""
    route, body = f"{DIRECTORY}/{kind}/{{{parameter}}}", {"tenantId": TENANT, **entry}
    return with_json("PUT", route, body, as_platform(), pathParameters={parameter: key})


EVENTS = {
    "directory-phone-numbers": assign(
        "phone-numbers",
        "number",
        PHONE_NUMBERS[0],
        {"type": "LOCAL", "userId": USER, "campaignId": "demo-campaign", "agentConfigId": "telephony-agent"},
    ),
    "directory-campaigns": assign(
        "campaigns",
        "id",
        "demo-campaign",
        {"name": "Demonstration", "agentName": "telephony-agent", "userId": USER},
    ),
    "directory-agents": assign("agents", "agentId", "agent_demo", {"name": "Demonstration", "userId": USER}),
    "directory-settings": with_json(
        "PUT", f"{DIRECTORY}/settings", {"name": "Demo", "defaultAgentName": "telephony-agent"}
    ),
    "directory-api-keys": with_json(
        "POST", f"{DIRECTORY}/api-keys", {"companyId": SECRETS["CALL_CAPTURE_COMPANY_ID"], "name": "Dialer"}
    ),
    "leads": request("GET", "/api/leads", as_admin(), query="campaignId=demo-campaign&limit=10"),
}
