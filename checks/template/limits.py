"""How much each function and route may take of what all share."""

from collections.abc import Iterator

from project import template as templates

from .resources import INGEST, QUERY, Resources, limit, of_type, routes, transformed

# Lambda keeps 100 of an account's 1,000 invocations at once for functions without a reservation.
RESERVABLE = 900


def concurrency(source: templates.Template, resources: Resources) -> Iterator[str]:
    """A flood on one endpoint leaves to the others what is theirs."""
    reserved = 0
    for name, of in routes(source).items():
        parameter = limit(resources[name])
        if parameter not in (INGEST, QUERY):
            yield f"{name} answers {of[0]}; give it a ReservedConcurrentExecutions, *{INGEST} or *{QUERY}"
        else:
            reserved += source["Parameters"][parameter]["Default"]
    if reserved > RESERVABLE:
        yield f"the functions reserve {reserved} invocations at once; a new account has {RESERVABLE} to reserve"


def throttles(source: templates.Template, resources: Resources) -> Iterator[str]:
    """A route for users has a limit, and a limit has a route."""
    throttled = source["Globals"]["HttpApi"]["RouteSettings"]
    known = [route for of in routes(source).values() for route in of]
    for name, of in routes(source).items():
        if limit(resources[name]) == QUERY:
            for route in set(of) - throttled.keys():
                yield f"{route} has no throttle; add it to RouteSettings"
    for route in throttled.keys() - set(known):
        yield f"RouteSettings names {route}, which no function answers"


def origins(source: templates.Template) -> Iterator[str]:
    """SAM rewrites the property as text, which misspells the parameter's name unless its value was put in before."""
    given = "https://app.example.com,http://localhost:3000"
    api = of_type(transformed(source, CorsAllowOrigins=given), "AWS::ApiGatewayV2::Api")["ServerlessHttpApi"]
    _, allowed, otherwise = api["Body"]["x-amazon-apigateway-cors"]["Fn::If"]
    if allowed["allowOrigins"] != {"Fn::Split": [",", given]} or otherwise != {"Ref": "AWS::NoValue"}:
        yield f"CorsAllowOrigins becomes {allowed} or {otherwise}"
