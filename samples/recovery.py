"""What an outage left behind, queued again."""

import json

from .shapes import as_admin, queue_message, request

CONFIG = "/api/webhooks/config"
# No subscription has had it: the sample shows what is answered then.
RECOVERY = "rec_1_1_19b7c3a5400"

EVENTS = {
    "webhook-recover": request(
        "POST",
        f"{CONFIG}/1/recover",
        as_admin() | {"content-type": "application/json"},
        route=f"{CONFIG}/{{id}}/recover",
        pathParameters={"id": "1"},
        body=json.dumps({"since": "2026-01-01T00:00:00Z", "status": "failed"}),
    ),
    "webhook-recover-job": request(
        "GET",
        f"{CONFIG}/1/recover/{RECOVERY}",
        as_admin(),
        route=f"{CONFIG}/{{id}}/recover/{{jobId}}",
        pathParameters={"id": "1", "jobId": RECOVERY},
    ),
    "recover-deliveries": {
        "Records": [queue_message("recoveries", {"version": "1", "tenantId": "demo", "recoveryId": RECOVERY})]
    },
}
