"""The reference of the API: nobody needs a token to read it."""

from .shapes import request

EVENTS = {
    "api-docs": request("GET", "/api/docs", {}),
    "api-docs-openapi": request("GET", "/api/openapi.json", {}),
}
