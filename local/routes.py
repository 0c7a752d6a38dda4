"""Creates the API's routes: the emulator ignores the `Body` of an HTTP API, where SAM puts them."""

import re
from typing import Any

from . import deploy
from .aws import client
from .progress import Failure
from .settings import STACK, endpoint

FUNCTION = re.compile(r"\$\{(\w+)\.Arn}")


def ensure(port: int) -> str:
    """The base URL of the API, which then has exactly the routes of the template that CloudFormation processed."""
    physical = deploy.physical_ids(port)
    processed = client("cloudformation", port).get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    logical, body = _http_api(processed)
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
    return f"{endpoint(port)}/_aws/execute-api/{api}"


def _http_api(processed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for name, resource in processed["Resources"].items():
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            return name, resource["Properties"]["Body"]
    raise Failure("template.yaml has no HTTP API.")


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
