"""Reads template.yaml and samconfig.toml, the same files that `sam deploy` takes to AWS."""

import hashlib
import json
import tomllib
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from .settings import SAM_CONFIG, STAGE, TEMPLATE

Template = dict[str, Any]


def load() -> Template:
    """The template with its short forms (!Ref) in the long one."""
    return yaml_parse(TEMPLATE.read_text())


def digest() -> str:
    """Changes with the template and with the parameters that it is given."""
    return hashlib.sha256(TEMPLATE.read_bytes() + SAM_CONFIG.read_bytes()).hexdigest()


def binaries(template: Template) -> dict[str, str]:
    """The binary of each function by its logical id."""
    return {
        name: resource["Metadata"]["BuildProperties"]["Binary"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def with_code(template: Template, code: dict[str, Any]) -> str:
    """The template with the code of each function elsewhere."""
    copy = json.loads(json.dumps(template))
    copy["Globals"]["Function"].pop("CodeUri")
    for name, place in code.items():
        copy["Resources"][name]["Properties"]["CodeUri"] = place
    return json.dumps(copy)


def parameters(aws_endpoint: str, elevenlabs_url: str, public_base_url: str) -> list[dict[str, str]]:
    """What samconfig.toml gives the local stage, with the addresses of what runs."""
    addresses = {
        "AwsEndpointUrl": aws_endpoint,
        "ElevenLabsApiUrl": elevenlabs_url,
        "PublicBaseUrl": public_base_url,
    }
    return as_parameters(overrides(STAGE) | addresses)


def overrides(stage: str) -> dict[str, str]:
    """The parameters that samconfig.toml gives a stage."""
    given = tomllib.loads(SAM_CONFIG.read_text())[stage]["global"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in given)


def as_parameters(values: dict[str, str]) -> list[dict[str, str]]:
    """Values as CloudFormation takes them."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
