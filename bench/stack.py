"""What template.yaml becomes with given parameters: its properties with Ref, Fn::If and Fn::Sub worked out."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
NOTHING = "AWS::NoValue"


class _Loader(yaml.SafeLoader):
    """Reads the short forms (!Ref) as the long ones."""


def _long(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long)
_TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506


class Stack:
    """The stage `prod` of samconfig.toml, with these parameters besides."""

    def __init__(self, overrides: Mapping[str, object] | None = None) -> None:
        """With no overrides it is what `make deploy STAGE=prod` makes."""
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())
        prod = (pair.split("=", 1) for pair in config["prod"]["global"]["parameters"]["parameter_overrides"])
        defaults = {name: parameter.get("Default") for name, parameter in _TEMPLATE["Parameters"].items()}
        self.parameters: dict[str, Any] = defaults | dict(prod) | dict(overrides or {})
        if unknown := self.parameters.keys() - defaults.keys():
            raise ValueError(f"template.yaml has no parameter {', '.join(sorted(unknown))}")
        self.globals: dict[str, Any] = self._value(_TEMPLATE["Globals"])

    def number(self, parameter: str) -> float:
        """A parameter that is a number."""
        return float(self.parameters[parameter])

    def properties(self, name: str) -> dict[str, Any]:
        """Of a resource."""
        return self._value(_TEMPLATE["Resources"][name].get("Properties", {}))

    def of(self, kind: str) -> Iterator[str]:
        """The resources of a type, without those whose condition does not hold."""
        for name, resource in _TEMPLATE["Resources"].items():
            if resource["Type"] == kind and self._holds(resource.get("Condition")):
                yield name

    def sources(self, function: str) -> dict[str, dict[str, Any]]:
        """What invokes a function: the properties of its events, with their type."""
        events = self.properties(function).get("Events", {})
        return {name: {"Type": event["Type"], **event.get("Properties", {})} for name, event in events.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._value, value) if item != NOTHING]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Ref": str(name)}:
                return self.parameters.get(name, name)
            case {"Fn::If": [condition, then, otherwise]}:
                return self._value(then if self._holds(condition) else otherwise)
            case {"Fn::Sub": str(text)}:
                for name, known in self.parameters.items():
                    text = text.replace(f"${{{name}}}", str(known))
                return text
        found = {key: self._value(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item != NOTHING}

    def _holds(self, condition: Any) -> bool:
        match condition:
            case None:
                return True
            case str(name) | {"Condition": str(name)}:
                return self._holds(_TEMPLATE["Conditions"][name])
            case {"Fn::Equals": [one, other]}:
                return str(self._value(one)) == str(self._value(other))
            case {"Fn::Not": [one]}:
                return not self._holds(one)
            case {"Fn::And": conditions}:
                return all(map(self._holds, conditions))
            case {"Fn::Or": conditions}:
                return any(map(self._holds, conditions))
        raise ValueError(f"unknown condition {condition}")
