"""That what goes wrong rings."""

import json
from collections.abc import Iterator
from typing import Any

from .resources import Resources, logical, of_type


def schedules(resources: Resources) -> Iterator[str]:
    """A function that is not started logs no error: only an alarm that missing data sets off hears of it."""
    filters, alarms = of_type(resources, "AWS::Logs::MetricFilter"), of_type(resources, "AWS::CloudWatch::Alarm")
    for rule in of_type(resources, "AWS::Events::Rule").values():
        for target in rule["Targets"] if "ScheduleExpression" in rule else ():
            name = logical(target["Arn"])
            counted = [
                _metric(each["MetricNamespace"], each["MetricName"])
                for logs in filters.values()
                if logical(logs["LogGroupName"]) == f"{name}Logs"
                for each in logs["MetricTransformations"]
            ]
            if not any(
                alarm["TreatMissingData"] == "breaching"
                and alarm["ComparisonOperator"] == "LessThanThreshold"
                and _metric(alarm["Namespace"], alarm["MetricName"]) in counted
                for alarm in alarms.values()
            ):
                yield f"{name} runs by schedule; add an alarm that counts its runs and is breaching without data"


def _metric(namespace: Any, name: str) -> str:
    return json.dumps([namespace, name])
