"""The shapes in which Lambda gets its events."""

import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, quote

from .known_secrets import SECRETS
from .tenant import TENANT, USER
from .tokens import sign

FAR_FUTURE = 4_102_444_800  # 2100-01-01: a sample event does not go stale
SENT_AT = 1_767_312_000  # 2026-01-02T00:00:00Z


def compact(value: dict[str, Any]) -> bytes:
    """JSON as providers send it."""
    return json.dumps(value, separators=(",", ":")).encode()


def request(method: str, route: str, headers: dict[str, str], query: str = "", **more: Any) -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0. API Gateway decodes `pathParameters`, which the path has encoded."""
    path = route.format_map({name: quote(value) for name, value in more.get("pathParameters", {}).items()})
    return {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "127.0.0.1", "x-forwarded-proto": "https", **headers},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", "sample"),
            },
            "requestId": "sample",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "02/Jan/2026:00:00:00 +0000",
            "timeEpoch": SENT_AT * 1000,
        },
        "isBase64Encoded": False,
        **({"queryStringParameters": dict(parse_qsl(query))} if query else {}),
        **more,
    }


def with_json(method: str, route: str, body: Any, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A request with a JSON body; the administrator's unless the headers say otherwise."""
    sent = (headers or as_admin()) | {"content-type": "application/json"}
    return request(method, route, sent, **more, body=json.dumps(body))


def as_admin() -> dict[str, str]:
    """The header of an administrator of the demonstration tenant."""
    return _bearer({"sub": USER, "tenant_id": TENANT, "role": "admin"})


def as_platform() -> dict[str, str]:
    """The header of the platform, which assigns numbers to tenants."""
    return _bearer({"sub": "platform", "role": "platform"})


def _bearer(claims: dict[str, str]) -> dict[str, str]:
    signed = sign(SECRETS["RINGPOST_JWT_SECRET"], {**claims, "iat": SENT_AT, "exp": FAR_FUTURE})
    return {"authorization": f"Bearer {signed}"}


def queue_message(queue: str, message: dict[str, Any]) -> dict[str, Any]:
    """A message of a queue, as Lambda delivers it."""
    body = json.dumps(message)
    return {
        "messageId": "00000000-0000-4000-8000-000000000001",
        "receiptHandle": "sample",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
        "awsRegion": "us-east-1",
    }


def zstd_frame(raw: bytes) -> bytes:
    """A zstd frame (RFC 8878) of one raw block: valid, and made without a library."""
    header = (0xFD2FB528).to_bytes(4, "little") + bytes([0xA0]) + len(raw).to_bytes(4, "little")
    return header + (len(raw) << 3 | 1).to_bytes(3, "little") + raw
