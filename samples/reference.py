"""The reference of the API and the console's files, which need no token."""

from .shapes import request

EVENTS = {
    "api-docs": request("GET", "/api/docs", {}),
    "api-docs-openapi": request("GET", "/api/openapi.json", {}),
    "console": request("GET", "/console/{file}", {"accept-encoding": "gzip, br"}, pathParameters={"file": "index.html"}),
    "console-redirect": request("GET", "/console", {}),
}
