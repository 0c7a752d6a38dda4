"""Which metrics exist, and which of them alarms and the dashboard read."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from project.settings import ROOT

from .resources import Resources, logical, of_type

OWN = "Ringpost/${Stage}"
# SELECT SUM(Refused) FROM SCHEMA("Ringpost/${Stage}", "Function", "Reason") …
QUERY = re.compile(r'SELECT \w+\((\w+)\) FROM SCHEMA\("([^"]+)"((?:, "\w+")*)\)')
# The functions whose lines a filter counts.
NAMED = re.compile(r'\$\.function = "([^"]+)"')
# What a filter or a query takes from the log: one text, or a list of them.
LOGGED = re.compile(r'(?:\$\.)?message (?:=|in) ("[^"]+"|\[[^]]+])')


@dataclass(frozen=True)
class Metric:
    """A metric with the values of its dimensions: texts, or the names of resources. A query knows no values."""

    namespace: str
    name: str
    dimensions: dict[str, str]

    @property
    def series(self) -> tuple[str, str, frozenset[str]]:
        """What a metric filter must count for this metric to have values."""
        return self.namespace, self.name, frozenset(self.dimensions)


def of_alarm(alarm: dict[str, Any]) -> list[Metric]:
    """The metrics that an alarm reads, by itself or in an expression."""
    if "Metrics" not in alarm:
        return [_metric(alarm)]
    stats = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    return [*map(_metric, stats), *(found for each in alarm["Metrics"] for found in _queried(each.get("Expression")))]


def stages(resources: Resources) -> Iterator[str]:
    """Two stages of one account must not count into one metric."""
    for name, logs in of_type(resources, "AWS::Logs::MetricFilter").items():
        for each in logs["MetricTransformations"]:
            if _text(each["MetricNamespace"]) != OWN:
                yield f"{name} must count in the namespace {OWN}"
    for name, metric in _read(resources):
        if not metric.namespace.startswith("AWS/") and metric.namespace != OWN:
            yield f"{name} reads the namespace {metric.namespace}, which is not {OWN}"


def functions(binaries: Collection[str], resources: Resources) -> Iterator[str]:
    """All functions share a log group: a filter on it counts the lines of functions that it names."""
    for name, logs in of_type(resources, "AWS::Logs::MetricFilter").items():
        if logical(logs["LogGroupName"]) != "FunctionLogs":
            continue
        named = set(NAMED.findall(logs["FilterPattern"]))
        if not named:
            yield f"{name} counts the lines of every function; name those that it means by $.function"
        for function in sorted(named - set(binaries)):
            yield f"{name} names {function}, which is no function"


def names(binary: str, logs: dict[str, Any]) -> bool:
    """Whether a metric filter counts lines of a function."""
    return binary in NAMED.findall(logs["FilterPattern"])


def log_classes(resources: Resources) -> Iterator[str]:
    """CloudWatch counts nothing in a log group of the class Infrequent Access."""
    groups = of_type(resources, "AWS::Logs::LogGroup")
    for name, logs in of_type(resources, "AWS::Logs::MetricFilter").items():
        group = logical(logs["LogGroupName"])
        if "LogGroupClass" in groups[group]:
            yield f"{name} counts in {group}, whose class may be Infrequent Access; take its LogGroupClass away"


def counted(resources: Resources) -> Iterator[str]:
    """A metric that no filter counts never rings, and a filter whose metric is never read costs for nothing."""
    known = {
        name: (
            _text(each["MetricNamespace"]),
            each["MetricName"],
            frozenset(d["Key"] for d in each.get("Dimensions", [])),
        )
        for name, logs in of_type(resources, "AWS::Logs::MetricFilter").items()
        for each in logs["MetricTransformations"]
    }
    read = [(name, metric) for name, metric in _read(resources) if not metric.namespace.startswith("AWS/")]
    for name, metric in read:
        if metric.series not in known.values():
            by = f" by {', '.join(sorted(metric.dimensions))}" if metric.dimensions else ""
            yield f"{name} reads {metric.name}{by}, which no metric filter counts"
    for name, series in known.items():
        if series not in {metric.series for _, metric in read}:
            yield f"{name} counts {series[1]}, which neither an alarm nor the dashboard reads"


def messages(resources: Resources) -> Iterator[str]:
    """Filters, queries and docs look for messages that a function logs."""
    source = "".join(path.read_text() for part in ("lib/src", "functions/src") for path in (ROOT / part).rglob("*.rs"))
    places = {
        **{name: each["FilterPattern"] for name, each in of_type(resources, "AWS::Logs::MetricFilter").items()},
        **{name: each["QueryString"] for name, each in of_type(resources, "AWS::Logs::QueryDefinition").items()},
        **{f"docs/{path.name}": path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))},
    }
    for name, text in places.items():
        for logged in LOGGED.findall(text):
            for message in re.findall(r'"([^"]+)"', logged):
                if f'"{message}"' not in source:
                    yield f"{name} looks for the message {message!r}, which no function logs"


def _read(resources: Resources) -> Iterator[tuple[str, Metric]]:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        for metric in of_alarm(alarm):
            yield name, metric
    for name, dashboard in of_type(resources, "AWS::CloudWatch::Dashboard").items():
        for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
            for line in widget["properties"].get("metrics", []):
                for metric in _of_line(line):
                    yield f"{name}, {widget['properties']['title']!r},", metric


def _of_line(line: list[Any]) -> list[Metric]:
    """A line of a widget: the namespace, the name, the dimensions' names and values in turn, and how it looks."""
    match line:
        case [{"expression": expression}]:
            return _queried(expression)
        case [str(namespace), str(name), *rest]:
            flat = [each for each in rest if isinstance(each, str)]
            return [Metric(namespace, name, dict(zip(flat[::2], flat[1::2], strict=True)))]
    return []


def _metric(described: dict[str, Any]) -> Metric:
    values = {each["Name"]: logical(each["Value"]) or each["Value"] for each in described.get("Dimensions", [])}
    return Metric(_text(described["Namespace"]), described["MetricName"], values)


def _queried(expression: Any) -> list[Metric]:
    found = QUERY.search(_text(expression) if expression else "")
    if not found:
        return []
    name, namespace, keys = found.groups()
    return [Metric(namespace, name, dict.fromkeys(re.findall(r"\w+", keys), ""))]


def _text(value: Any) -> str:
    """A text, or the one that Fn::Sub fills in."""
    return value["Fn::Sub"] if isinstance(value, dict) else value
