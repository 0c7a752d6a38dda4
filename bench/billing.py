"""What AWS bills for what was counted: counts by prices, as template.yaml sets it up."""

import json
import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .stack import Stack

BENCH = Path(__file__).resolve().parent
PRICES = tomllib.loads((BENCH / "prices.toml").read_text())
FOOTPRINT = json.loads((BENCH / "footprint.json").read_text())
RESULTS = json.loads((BENCH / "results.json").read_text())
FIRST, WHOLE, UNHEARD = FOOTPRINT
MILLION, GB, DAYS_A_MONTH, HOURS_A_MONTH, SECONDS_AN_HOUR = 1_000_000, 1_000_000_000, 30.4, 730, 3600

# What follows is assumed, for nothing here can measure it. docs/COST.md says so.
UTILISATION = 0.7  # of provisioned capacity: what auto scaling aims at; a load that rises and falls has less
AWS_MS = 6  # an AWS request takes so long inside a region
FAN_OUT_WAIT_MS = 75  # a batch of ten waits so long for AWS (the design's budget at 6 ms a request)
ENDPOINT_MS = 100  # ten endpoints, side by side
MB_OF_A_CPU = 1769  # with so much memory a function has one whole processor, with less a part of it
EVENT_OVERHEAD = 26  # bytes that CloudWatch's API adds to each line; whether the bill does is not known
ITEM_OVERHEAD = 100  # bytes that DynamoDB adds to each stored item, and to each entry of an index
LATE_DAYS = 2  # what has expired is deleted so much later
CONNECTION_BYTES = 1_100  # a TLS handshake as its client sends it, and the packets; each delivery has its own
ANSWER_BYTES = 400  # head and packets of an answer to a provider, which keeps its connection
POLLERS, POLL_SECONDS = 5, 20  # how Lambda asks an idle queue
STREAM_SHARDS, STREAM_POLL_SECONDS = 4, 0.25  # of a new table on demand, and how often Lambda looks at each
WARM_ENVIRONMENTS = 10  # that read two secrets anew every five minutes
SCALING_ALARMS = 4  # of each scaling policy
# A tenant with one call in ten minutes files an entry for it and `sweep` removes it; with more calls they share it.
DUE_WRITES = 2
SWEEP_READS = 0.5  # read units for looking at a call that began ten minutes of it
SWEEP_MS, SWEEP_MINUTES, SWEEP_LOG_BYTES = 50, 7, 300

# A line of the access log, and what Lambda writes about an invocation: documented shapes, usual values.
ACCESS = {
    "requestId": "JKJaXmPLvHcESHA=",
    "requestTimeEpoch": "1767312000123",
    "identity.sourceIp": "203.0.113.195",
    "routeKey": "POST /api/webhooks/call_completed",
    "status": "200",
    "responseLatency": "24",
    "integrationStatus": "200",
    "integrationLatency": "22",
    "integrationErrorMessage": "-",
}
UNKNOWN = "x" * 16
REQUEST_ID = "6f0b4f6e-9d2b-4b1d-a7c8-3f0c1a528e90"
SYSTEM_LINES = (
    f'{{"time":"2026-01-02T00:00:00.123Z","type":"platform.start","record":{{"requestId":"{REQUEST_ID}",'
    '"version":"$LATEST"}}',
    f'{{"time":"2026-01-02T00:00:00.147Z","type":"platform.report","record":{{"requestId":"{REQUEST_ID}",'
    '"metrics":{"durationMs":21.374,"billedDurationMs":22,"memorySizeMB":256,"maxMemoryUsedMB":31},"status":"success"}}',
)
# The tables whose capacity may be provisioned.
LARGE = {"events": "Events", "calls": "Calls", "history": "History"}
# The functions that work on batches, as template.yaml names them.
BATCHED = {"fan-out": "FanOut", "fan-out-retry": "FanOutRetry", "deliver": "Deliver"}
# The functions whose lines are counted.
FUNCTIONS = ("call-completed", "fan-out", "fan-out-retry", "deliver")
# How many values a dimension of our metrics has; one reason, for webhooks are rarely refused.
VALUES = {"Result": 8, "Outcome": 4, "Reason": 1}
# What an invocation waits for beside its own work, and which benchmark measured that work.
WAITS = {
    "call-completed": (2 * AWS_MS, "call-completed"),
    "fan-out": (FAN_OUT_WAIT_MS, "fan-out, one delivery"),
    "fan-out-retry": (FAN_OUT_WAIT_MS, "fan-out, one delivery"),
    "deliver": (2 * AWS_MS + ENDPOINT_MS, "deliver"),
}
LEAST = "the least capacity, as long as the load is below it"
Json = dict[str, Any]
Batches = dict[str, float]


def price(name: str) -> float:
    """Of one."""
    return PRICES[name]["price"] / PRICES[name]["per"]


def full_batches(stack: Stack) -> Batches:
    """As many records as an invocation of each function may get."""
    return {name: stack.sources(function)["Source"]["BatchSize"] for name, function in BATCHED.items()}


def batches_at(stack: Stack, webhooks: float, deliveries: float) -> Batches:
    """The same at a given number a second: an estimate, which only a stack on AWS can confirm."""
    most, source = full_batches(stack), stack.sources("FanOut")["Source"]
    readers = STREAM_SHARDS * source["ParallelizationFactor"]
    gathered = webhooks / readers * (STREAM_POLL_SECONDS + float(source["MaximumBatchingWindowInSeconds"]))
    fan_out = min(most["fan-out"], max(1.0, gathered))
    # What a batch of fan-out sends lies in the queue together.
    sent = max(1.0, fan_out * deliveries / webhooks)
    waited = deliveries / POLLERS * float(stack.sources("Deliver")["Source"]["MaximumBatchingWindowInSeconds"])
    return {"fan-out": fan_out, "fan-out-retry": sent, "deliver": min(most["deliver"], max(sent, waited))}


class Counts:
    """What a scenario was counted to need, for one webhook."""

    def __init__(self, scenario: str, batches: Batches, change: Callable[[Json], None] | None = None) -> None:
        """`change` says what another implementation would need less."""
        self.batches = batches
        self.alone, self.together = (json.loads(json.dumps(run)) for run in FOOTPRINT[scenario].values())
        for run in (self.alone, self.together):
            for function in run["functions"].values():
                # How often the same entry was filed depends on the moment.
                function.get("writes", {}).pop("due", None)
            if change:
                change(run)
        self.webhooks = self.together["webhooks"]

    def of(self, function: str, *path: str) -> float:
        """A count of a function, between that of single records and that of full batches."""
        alone, together = (_at(run["functions"][function], path) for run in (self.alone, self.together))
        if function not in self.batches:
            return together / self.webhooks
        once_a_batch = (alone - together) / (1 - 1 / self.together["batch"])
        return (alone - once_a_batch + once_a_batch / self.batches[function]) / self.webhooks

    def total(self, *path: str) -> float:
        """A count of all functions."""
        return sum(self.of(function, *path) for function in self.together["functions"])

    def plain(self, name: str) -> float:
        """A count that batches do not change."""
        return self.together[name] / self.webhooks

    def tables(self, what: str) -> list[str]:
        """The tables that have any of `what`."""
        runs = (self.alone, self.together)
        return sorted({name for run in runs for f in run["functions"].values() for name in f.get(what, {})})

    def stored(self, table: str) -> float:
        """Bytes that stay in a table or an index, with its overhead."""
        found = self.together["stored"].get(table, {"bytes": 0, "items": 0})
        return (found["bytes"] + found["items"] * ITEM_OVERHEAD) / self.webhooks

    def due_writes(self) -> float:
        """Write units of the table `due`, at most."""
        return DUE_WRITES * self.plain("calls") * ("due" in self.together["stored"])


def _at(value: Json, path: tuple[str, ...]) -> float:
    found: Any = value
    for name in path:
        found = found.get(name, {})
    return found or 0


def cpu_ms(function: str) -> float:
    """Of a warm invocation with one record, by the last benchmark that measured it."""
    run = next(run["functions"][function] for run in reversed(RESULTS) if function in run["functions"])
    return run["http"]["cpu_per_invocation_ms"]


def lambda_ms(counts: Counts, memory: float) -> float:
    """Milliseconds that are billed, of all functions."""
    slower, total = max(1.0, MB_OF_A_CPU / memory), 0.0
    for function, (wait, measured) in WAITS.items():
        records = counts.batches.get(function, 1)
        each = math.ceil(records * cpu_ms(measured) * slower + wait)
        total += counts.of(function, "invocations") * each
    return total


def bill(stack: Stack, counts: Counts) -> dict[str, float]:
    """Dollars for a million webhooks, by what is billed."""
    memory = stack.number("MemorySize")
    gb_seconds = lambda_ms(counts, memory) / 1000 * memory / 1024
    sent = counts.plain("delivery_bytes") + counts.plain("deliveries") * CONNECTION_BYTES
    rows = {
        "API Gateway: requests": price("http_api_request"),
        "Lambda: requests": counts.total("invocations") * price("lambda_request"),
        "Lambda: time": gb_seconds * price(f"lambda_{stack.parameters['Architecture']}"),
        **_requests_of_tables(stack, counts),
        "DynamoDB: stream": price("stream_read"),
        **_storage(stack, counts),
        **_queues(counts),
        **_logs(stack, counts),
        "data transfer out": (sent + counts.plain("answer_bytes") + ANSWER_BYTES) * price("transfer_out") / GB,
    }
    return {row: dollars * MILLION for row, dollars in rows.items()}


def total(stack: Stack, counts: Counts) -> float:
    """Dollars for a million webhooks."""
    return sum(bill(stack, counts).values())


def _requests_of_tables(stack: Stack, counts: Counts) -> dict[str, float]:
    rows = {}
    for what in ("write", "read"):
        for table in counts.tables(f"{what}s"):
            unit, units = _unit(stack, table, what), counts.total(f"{what}s", table)
            if (table, what) == ("calls", "read"):
                units += SWEEP_READS * counts.plain("calls")
            rows[f"DynamoDB: {what}s of `{table}`"] = units * unit
            if what == "write" and (index := counts.total("index_writes", table)):
                rows[f"DynamoDB: writes of `{table}`, index"] = index * unit
        if what == "write":
            rows["DynamoDB: writes of `due`"] = counts.due_writes() * _unit(stack, "due", what)
    return rows


def _unit(stack: Stack, table: str, what: str) -> float:
    """The price of a read or write unit of a table."""
    if table in LARGE and stack.properties(LARGE[table])["BillingMode"] == "PROVISIONED":
        return price(f"{what}_capacity") / SECONDS_AN_HOUR / UTILISATION
    return price(f"{what}_request")


def _storage(stack: Stack, counts: Counts) -> dict[str, float]:
    months = (stack.number("RetentionDays") + LATE_DAYS) / DAYS_A_MONTH
    rows: dict[str, float] = defaultdict(float)
    for table in LARGE:
        kept, recovered = storage_of(stack, counts, table)
        rows["DynamoDB: storage"] += kept * months
        rows["DynamoDB: point-in-time recovery"] += recovered * months
    return rows


def storage_of(stack: Stack, counts: Counts, table: str) -> tuple[float, float]:
    """Dollars for a month of what a webhook leaves in a table with its index, and for its recovery."""
    recovery = stack.properties(LARGE[table])["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    size = counts.stored(table)
    stored = (size + counts.stored(f"{table} by-tenant")) * price("table_storage") / GB
    return stored, size * price("recovery_storage") / GB * bool(recovery)


def _queues(counts: Counts) -> dict[str, float]:
    sent = counts.total("requests", "SendMessageBatch")
    # An invocation is a batch that was received by one request and deleted by another.
    delivering = 2 * counts.of("deliver", "invocations")
    driving = 2 * counts.of("fan-out-retry", "invocations")
    return {
        "SQS: requests": (sent + delivering + driving) * price("sqs_request"),
        "SQS: fair queue": (sent + delivering) * price("sqs_fair"),
    }


def _logs(stack: Stack, counts: Counts) -> dict[str, float]:
    logs_all = stack.globals["Function"]["LoggingConfig"]["SystemLogLevel"] == "INFO"
    of_invocation = sum(len(line) + EVENT_OVERHEAD for line in SYSTEM_LINES) * logs_all
    ours = lambdas = volume = 0.0
    of_functions = _log_price(stack, "FunctionLogs")
    for function in FUNCTIONS:
        own = counts.of(function, "log_bytes") + counts.of(function, "log_lines") * EVENT_OVERHEAD
        system = counts.of(function, "invocations") * of_invocation
        ours += own * of_functions
        lambdas += system * of_functions
        volume += own + system
    access = access_line(stack) + EVENT_OVERHEAD
    months = stack.number("LogRetentionDays") / DAYS_A_MONTH
    return {
        "CloudWatch: lines of the functions": ours,
        "CloudWatch: Lambda's own lines": lambdas,
        "CloudWatch: access log": access * _log_price(stack, "ApiLogs"),
        "CloudWatch: storage of logs": (volume + access) * months * price("log_storage") / GB,
    }


def _log_price(stack: Stack, group: str) -> float:
    return price(f"log_{stack.properties(group).get('LogGroupClass', 'STANDARD').lower()}") / GB


def access_line(stack: Stack) -> int:
    """Bytes of a line of the access log, by its format in template.yaml."""
    line = stack.globals["HttpApi"]["AccessLogSettings"]["Format"]
    return len(re.sub(r"\$context\.([\w.]+)", lambda found: ACCESS.get(found[1], UNKNOWN), line))


def fixed(stack: Stack) -> dict[str, float]:
    """Dollars a month of a stage that nobody calls."""
    alarms = [stack.properties(name) for name in stack.of("AWS::CloudWatch::Alarm")]
    metrics = sum(sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1 for alarm in alarms)
    sources = (source for name in stack.of("AWS::Serverless::Function") for source in stack.sources(name).values())
    queues = sum(source["Type"] == "SQS" for source in sources)
    counted = sum(_series(stack.properties(name)) for name in stack.of("AWS::Logs::MetricFilter"))
    seconds = HOURS_A_MONTH * SECONDS_AN_HOUR
    polls = POLLERS * seconds / POLL_SECONDS
    rows = {
        f"{queues} queues that Lambda asks for messages": queues * polls * price("sqs_request"),
        f"{metrics} metrics with an alarm": metrics * price("alarm"),
        f"{counted} metrics of our own, if each has data all the time": counted * price("metric"),
        "dashboards": len(list(stack.of("AWS::CloudWatch::Dashboard"))) * price("dashboard"),
        "`sweep`, every minute": _sweep(stack),
        "secrets: Parameter Store, and KMS for it": WARM_ENVIRONMENTS * 2 * seconds / 300 * price("kms_request"),
    }
    if policies := len(list(stack.of("AWS::ApplicationAutoScaling::ScalingPolicy"))):
        rows[f"{policies} scaling policies, with their alarms"] = policies * SCALING_ALARMS * price("alarm")
        writes = stack.number("MinWriteUnits") * price("write_capacity")
        reads = stack.number("MinReadUnits") * price("read_capacity")
        # Each large table, and the index of one.
        least = (len(LARGE) + 1) * (writes + reads)
        rows[LEAST] = HOURS_A_MONTH * least
    return rows


def _series(counter: dict[str, Any]) -> int:
    """The metrics that a filter counts: one for each combination of its dimensions' values."""
    dimensions = [each["Key"] for each in counter["MetricTransformations"][0].get("Dimensions", [])]
    functions = counter["FilterPattern"].count("$.function =")
    return math.prod(functions if key == "Function" else VALUES[key] for key in dimensions)


def _sweep(stack: Stack) -> float:
    """It reads how far it is and four partitions of each minute since, and writes how far it is."""
    run = (1 + 4 * SWEEP_MINUTES) * price("read_request") + price("write_request") + price("lambda_request")
    run += SWEEP_MS / 1000 * stack.number("MemorySize") / 1024 * price(f"lambda_{stack.parameters['Architecture']}")
    return HOURS_A_MONTH * 60 * (run + SWEEP_LOG_BYTES * price("log_standard") / GB)
