"""Creates the API's routes and its CORS: the emulator ignores the `Body` of an HTTP API, where SAM puts both."""

import re
from typing import Any

from project.aws import client
from project.progress import Failure
from project.settings import endpoint

from . import deploy

FUNCTION = re.compile(r"\$\{(\w+)\.Arn}")


def ensure(port: int) -> str:
    """The base URL of the API, which then has exactly the routes and the CORS of the template that was processed."""
    physical = deploy.physical_ids(port)
    logical, body = _http_api(deploy.resources(port))
    api = physical[logical]
    gateway = client("apigatewayv2", port)
    present = {route["RouteKey"]: route["RouteId"] for route in gateway.get_routes(ApiId=api)["Items"]}
    wanted = {
        f"{method.upper()} {path}": physical[_function(operation)]
        for path, methods in body["paths"].items()
        for method, operation in methods.items()
    }
    for key in wanted.keys() - present.keys():
        _create(gateway, api, key, client("lambda", port).get_function(FunctionName=wanted[key]))
    for key in present.keys() - wanted.keys():
        gateway.delete_route(ApiId=api, RouteId=present[key])
    _allow_origins(gateway, api, body, deploy.parameter(port, "CorsAllowOrigins"))
    return f"{endpoint(port)}/_aws/execute-api/{api}"


def _http_api(resources: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for name, resource in resources.items():
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            return name, resource["Properties"]["Body"]
    raise Failure("template.yaml has no HTTP API.")


def _allow_origins(gateway: Any, api: str, body: dict[str, Any], origins: str) -> None:
    """What `x-amazon-apigateway-cors` says if there are origins. It has none itself: the emulator's transform takes
    every parameter for its default."""
    if not origins:
        gateway.delete_cors_configuration(ApiId=api)
        return
    _, cors, _ = body["x-amazon-apigateway-cors"]["Fn::If"]
    configuration = {key[0].upper() + key[1:]: value for key, value in cors.items()}
    gateway.update_api(ApiId=api, CorsConfiguration=configuration | {"AllowOrigins": origins.split(",")})


def _function(operation: dict[str, Any]) -> str:
    """The logical id in `arn:…/functions/${CallCompleted.Arn}/invocations`."""
    found = FUNCTION.search(operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])
    if not found:
        raise Failure(f"Cannot read the function of {operation}; local/routes.py must learn this form.")
    return found.group(1)


def _create(gateway: Any, api: str, key: str, function: dict[str, Any]) -> None:
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function["Configuration"]["FunctionArn"],
        PayloadFormatVersion="2.0",
    )
    gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}")
