"""JSON web tokens signed with HS256, by the standard library alone."""

import base64
import hashlib
import hmac
import json
from typing import Any


def sign(secret: str, claims: dict[str, Any]) -> str:
    """A token of these claims."""
    head = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.digest(secret.encode(), head.encode(), hashlib.sha256)
    return f"{head}.{_base64url(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
