"""Checks docs/openapi.yaml without a stack: it is valid, has exactly the template's routes, and its examples are true.

Runs in the tools environment: `python -m local.check_openapi`.
"""

import sys
from collections.abc import Iterator
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from . import openapi
from . import template as templates
from .openapi import Document


def main() -> int:
    """Prints every contradiction; the exit code tells whether there is one."""
    document = openapi.load()
    problems = [*_invalid(document)] or [*_routes(document), *_examples(document), *_outbound(document)]
    for problem in problems:
        print(f"docs/openapi.yaml: {problem}", file=sys.stderr)
    if not problems:
        counts = f"{len(openapi.operations(document))} operations, {len([*_told(document)])} examples"
        print(f"docs/openapi.yaml: valid, {counts}, {len(openapi.outbound(document))} outbound events")
    return 1 if problems else 0


def _invalid(document: Document) -> Iterator[str]:
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def _routes(document: Document) -> Iterator[str]:
    functions = templates.load()["Resources"].values()
    events = [event for each in functions for event in each.get("Properties", {}).get("Events", {}).values()]
    routes = {_route_key(event["Properties"]) for event in events if event["Type"] == "HttpApi"}
    described = openapi.operations(document).keys()
    for route in sorted(routes - described):
        yield f"{route} is a route of template.yaml and not described"
    for route in sorted(described - routes):
        yield f"{route} is described and no route of template.yaml"


def _route_key(route: dict[str, str]) -> str:
    return f"{route['Method'].upper()} {route['Path']}"


def _examples(document: Document) -> Iterator[str]:
    for where, schema, example in _told(document):
        for error in openapi.validator(document, schema).iter_errors(example):
            yield f"the example of {where} is none: {error.json_path} {error.message}"


def _told(document: Document) -> Iterator[tuple[str, Document, Any]]:
    """Every example of a body or an answer: where it stands, the schema that it is of, and itself."""
    posted = {f"webhook {name}": item["post"] for name, item in document["webhooks"].items()}
    for name, operation in (openapi.operations(document) | posted).items():
        for status, part in {"": operation.get("requestBody", {}), **operation["responses"]}.items():
            for media in openapi.resolved(document, part).get("content", {}).values():
                named = [example["value"] for example in media.get("examples", {}).values()]
                for example in [*named, *([media["example"]] if "example" in media else [])]:
                    yield f"{name} {status}".strip(), media["schema"], example


def _outbound(document: Document) -> Iterator[str]:
    types = set(document["components"]["schemas"]["EventType"]["enum"])
    for name in sorted(types ^ openapi.outbound(document).keys()):
        yield f"{name} must be both in EventType and in OutboundEvent"


if __name__ == "__main__":
    sys.exit(main())
