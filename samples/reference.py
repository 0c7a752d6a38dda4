"""The reference of the API, which needs no token."""

from .shapes import request

EVENTS = {
    "api-docs": request("GET", "/api/docs", {}),
    "api-docs-openapi": request("GET", "/api/openapi.json", {}),
}
