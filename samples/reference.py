"""The reference of the API and the console's files, which need no token."""

from .shapes import request

BROWSER = {"accept-encoding": "gzip, br"}
EVENTS = {
    "api-docs": request("GET", "/api/docs", {}),
    "api-docs-openapi": request("GET", "/api/openapi.json", {}),
    "console": request("GET", "/console/{file}", BROWSER, pathParameters={"file": "index.html"}),
    "console-redirect": request("GET", "/console", {}),
}
