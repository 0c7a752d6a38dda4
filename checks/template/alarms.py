"""Whether an alarm fires for each kind of failure, and notifies the operator."""

from collections.abc import Iterator
from typing import Any

from project import template as templates

from .metrics import OWN, Metric, names, of_alarm
from .resources import INGEST, Resources, limit, logical, of_type, routes

NOTIFY = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
# What CloudWatch takes in one expression of an alarm.
MOST_METRICS = 10
Alarms = dict[str, dict[str, Any]]


def notifications(resources: Resources) -> Iterator[str]:
    """An alarm without actions notifies nobody."""
    for name, alarm in _alarms(resources).items():
        for actions in ("AlarmActions", "OKActions"):
            if alarm.get(actions) != NOTIFY:
                yield f"{name} notifies nobody; give it {actions}: *Notify"


def expressions(resources: Resources) -> Iterator[str]:
    """CloudFormation finds these mistakes only when it deploys, or never."""
    for name, alarm in _alarms(resources).items():
        if "Metrics" not in alarm:
            continue
        if len(of_alarm(alarm)) > MOST_METRICS:
            yield f"{name} has {len(of_alarm(alarm))} metrics in its expression; CloudWatch takes {MOST_METRICS}"
        if [each["ReturnData"] for each in alarm["Metrics"]].count(True) != 1:
            yield f"{name} must have one entry with ReturnData: true"
        if resources[name].get("Condition") != "IsOnAws":
            yield f"{name} has an expression, which the emulator does not know; give it Condition: IsOnAws"
    for name, alarm in _alarms(resources).items():
        reads_tables = any(metric.namespace == "AWS/DynamoDB" for metric in of_alarm(alarm))
        if reads_tables and not any(
            each.get("Expression", "").startswith("FILL(") for each in alarm.get("Metrics", [])
        ):
            yield f"{name} would never end, for missing data of DynamoDB change no alarm; use FILL(…, 0)"


def queues(resources: Resources) -> Iterator[str]:
    """A queue that is not read grows old; a dead-letter queue must be empty."""
    dead = dead_letters(resources)
    for name in of_type(resources, "AWS::SQS::Queue"):
        metric = "ApproximateNumberOfMessagesVisible" if name in dead else "ApproximateAgeOfOldestMessage"
        if not _watching(resources, "AWS/SQS", metric, QueueName=name):
            kind = "is a dead-letter queue; add an alarm on its depth" if name in dead else "has no alarm on its age"
            yield f"{name} {kind}, {metric}"


def dead_letters(resources: Resources) -> list[str]:
    """Queues that take what other queues and streams give up."""
    queues, mappings = of_type(resources, "AWS::SQS::Queue"), of_type(resources, "AWS::Lambda::EventSourceMapping")
    redrives = [queue["RedrivePolicy"]["deadLetterTargetArn"] for queue in queues.values() if "RedrivePolicy" in queue]
    failures = [
        mapping["DestinationConfig"]["OnFailure"]["Destination"]
        for mapping in mappings.values()
        if "DestinationConfig" in mapping
    ]
    named = {logical(arn) for arn in [*redrives, *failures]}
    return [name for name in queues if name in named]


def schedules(source: templates.Template, resources: Resources) -> Iterator[str]:
    """A function that is not started logs no error: only an alarm that missing data sets off hears of it."""
    filters, alarms = of_type(resources, "AWS::Logs::MetricFilter"), _alarms(resources)
    binary_of = templates.binaries(source)
    for name in _scheduled(resources):
        counted = [
            each["MetricName"]
            for logs in filters.values()
            if names(binary_of[name], logs)
            for each in logs["MetricTransformations"]
        ]
        if not any(
            alarm["TreatMissingData"] == "breaching"
            and alarm["ComparisonOperator"] == "LessThanThreshold"
            and any(metric.namespace == OWN and metric.name in counted for metric in of_alarm(alarm))
            for alarm in alarms.values()
        ):
            yield f"{name} runs by schedule; add an alarm that counts its runs and is breaching without data"


def workers(resources: Resources) -> Iterator[str]:
    """A worker that ends without an answer logs nothing. One that reads a stream and does not run has no age either."""
    queues = of_type(resources, "AWS::SQS::Queue")
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    for name in sorted({*_scheduled(resources), *(logical(mapping["FunctionName"]) for mapping in mappings)}):
        if not _watching(resources, "AWS/Lambda", "Errors", FunctionName=name):
            yield f"{name} is invoked by AWS; add its Errors to WorkerFailedAlarm"
    for mapping in mappings:
        name = logical(mapping["FunctionName"])
        if logical(mapping["EventSourceArn"]) not in queues:
            for metric in ("IteratorAge", "Invocations"):
                if not _watching(resources, "AWS/Lambda", metric, FunctionName=name):
                    yield f"{name} reads a stream; add an alarm on its {metric}"


def ingest(source: templates.Template, resources: Resources) -> Iterator[str]:
    """What a function takes in and refuses is counted, and it may not be throttled unseen."""
    filters = of_type(resources, "AWS::Logs::MetricFilter")
    binary_of = templates.binaries(source)
    pattern = filters.get("WebhookThrottled", {}).get("FilterPattern", "")
    for name, of in routes(source).items():
        if limit(resources[name]) != INGEST:
            continue
        for metric in ("Taken", "Refused"):
            if not names(binary_of[name], filters[metric]):
                yield f"{name} takes webhooks in; add it to the pattern of {metric}"
        if not _watching(resources, "AWS/Lambda", "Throttles", FunctionName=name):
            yield f"{name} takes webhooks in; add its Throttles to ThrottledAlarm"
        for route in of:
            if f'"{route}"' not in pattern:
                yield f"{route} takes webhooks in; add it to the patterns of WebhookThrottled and WebhookUnreadable"


def tables(resources: Resources) -> Iterator[str]:
    """A table that refuses writes delays or loses what comes in."""
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        if not _watching(resources, "AWS/DynamoDB", "WriteThrottleEvents", TableName=name):
            yield f"{name} has no alarm on its WriteThrottleEvents"
        for index in table.get("GlobalSecondaryIndexes", []):
            at = {"TableName": name, "GlobalSecondaryIndexName": index["IndexName"]}
            if not _watching(resources, "AWS/DynamoDB", "WriteThrottleEvents", **at):
                yield f"{name} has no alarm on the WriteThrottleEvents of its index {index['IndexName']}"


def _alarms(resources: Resources) -> Alarms:
    return of_type(resources, "AWS::CloudWatch::Alarm")


def _scheduled(resources: Resources) -> list[str]:
    rules = of_type(resources, "AWS::Events::Rule").values()
    return [logical(target["Arn"]) for rule in rules if "ScheduleExpression" in rule for target in rule["Targets"]]


def _watching(resources: Resources, namespace: str, metric: str, **dimensions: str) -> bool:
    wanted = Metric(namespace, metric, dimensions)
    return any(wanted in of_alarm(alarm) for alarm in _alarms(resources).values())
