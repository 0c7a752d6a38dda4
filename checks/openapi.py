"""Reads docs/openapi.yaml, and checks it without a stack: it is valid, has exactly the template's routes, and its
examples match their schemas.

Runs in the environment `tools`: `python -m checks.openapi`.
"""

import sys
from collections.abc import Iterator
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from project import template as templates
from project.settings import ROOT

from .outcome import report

PATH = ROOT / "docs" / "openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
REFERENCE = "#/components/"

Document = dict[str, Any]


def load() -> Document:
    """The document."""
    return yaml.safe_load(PATH.read_text())


def operations(document: Document) -> dict[str, Document]:
    """Every operation by its route key, `GET /api/calls`."""
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def resolved(document: Document, value: Document) -> Document:
    """The value, or the component that it refers to."""
    if reference := value.get("$ref"):
        kind, name = reference.removeprefix(REFERENCE).split("/")
        return document["components"][kind][name]
    return value


def outbound(document: Document) -> dict[str, Document]:
    """The schema of each outbound event by its type."""
    choices = document["components"]["schemas"]["OutboundEvent"]["oneOf"]
    schemas = [resolved(document, choice) for choice in choices]
    return {schema["properties"]["type"]["const"]: schema for schema in schemas}


def validator(document: Document, schema: Document) -> Draft202012Validator:
    """Judges values by a schema of the document."""
    formats = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator({**schema, "components": document["components"]}, format_checker=formats)


def main() -> int:
    """Prints every contradiction; the exit code says whether there is one."""
    document = load()
    problems = [*_invalid(document)] or [*_routes(document), *_examples(document), *_outbound(document)]
    counts = f"{len(operations(document))} operations, {len([*_all_examples(document)])} examples"
    passed = f"docs/openapi.yaml: valid, {counts}, {len(outbound(document))} outbound events"
    return report("docs/openapi.yaml: ", problems, passed)


def _invalid(document: Document) -> Iterator[str]:
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def _routes(document: Document) -> Iterator[str]:
    functions = templates.load()["Resources"].values()
    events = [event for each in functions for event in each.get("Properties", {}).get("Events", {}).values()]
    routes = {_route_key(event["Properties"]) for event in events if event["Type"] == "HttpApi"}
    described = operations(document).keys()
    for route in sorted(routes - described):
        yield f"{route} is a route of template.yaml and not described"
    for route in sorted(described - routes):
        yield f"{route} is described and no route of template.yaml"


def _route_key(route: dict[str, str]) -> str:
    return f"{route['Method'].upper()} {route['Path']}"


def _examples(document: Document) -> Iterator[str]:
    for where, schema, example in _all_examples(document):
        for error in validator(document, schema).iter_errors(example):
            yield f"the example of {where} is none: {error.json_path} {error.message}"


def _all_examples(document: Document) -> Iterator[tuple[str, Document, Any]]:
    """Every example of a body or an answer: where it stands, the schema that it is of, and itself."""
    posted = {f"webhook {name}": item["post"] for name, item in document["webhooks"].items()}
    for name, operation in (operations(document) | posted).items():
        for status, part in {"": operation.get("requestBody", {}), **operation["responses"]}.items():
            for media in resolved(document, part).get("content", {}).values():
                named = [example["value"] for example in media.get("examples", {}).values()]
                for example in [*named, *([media["example"]] if "example" in media else [])]:
                    yield f"{name} {status}".strip(), media["schema"], example


def _outbound(document: Document) -> Iterator[str]:
    types = set(document["components"]["schemas"]["EventType"]["enum"])
    for name in sorted(types ^ outbound(document).keys()):
        yield f"{name} must be both in EventType and in OutboundEvent"


if __name__ == "__main__":
    sys.exit(main())
