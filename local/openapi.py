"""Reads docs/openapi.yaml. In the environment `tools`, which has what it needs."""

from typing import Any

import yaml
from jsonschema import Draft202012Validator

from .settings import ROOT

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
