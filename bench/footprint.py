#!/usr/bin/env python3
"""Counts what a webhook leaves behind: `python3 bench/footprint.py [folder of the binaries]`.

The real binaries take webhooks in, fold them and deliver, against a stand-in for AWS that bills as DynamoDB does
(tables.py) and a customer that takes everything. bench/footprint.json then holds the write and read units of each
table, the items, the requests, and the log lines: what bench/cost.py puts a price on. Durations are not measured
here; a debug build counts the same. By default the binaries are those of `make bench`, in target/release.
"""

import copy
import hashlib
import hmac
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from run import ENVIRONMENT, PARAMETERS, entry, subscription  # noqa: E402
from tables import Tables, size  # noqa: E402

from samples.known_secrets import SECRETS  # noqa: E402
from samples.livekit import DOCUMENTED, LIVEKIT, from_relay  # noqa: E402
from samples.shapes import compact, queue_message  # noqa: E402
from samples.workers import stream_record  # noqa: E402

RESULT = ROOT / "bench" / "footprint.json"
FUNCTIONS = ("call-completed", "fan-out", "fan-out-retry", "deliver")
# Who works on what is sent to a queue, by the end of its URL.
WORKERS = {"retry": "fan-out-retry", "deliveries": "deliver"}
BATCH = 10
OK, ACCEPTED = 200, 202
# The event types of the second scenario's customer.
LIFECYCLE = ["call.created", "call.answered", "call.completed"]
NEVER = ["webhook.disabled"]
Json = dict[str, Any]


class Served:
    """An HTTP server on loopback, for as long as the process lives."""

    def __init__(self, answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes, dict[str, str]]]) -> None:
        """`answer` gets what was asked, its headers and its body, and gives the status, the body and the headers."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, content, headers = answer(self.requestline, dict(self.headers.items()), body)
                self.send_response_only(status)
                for name, value in {**headers, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"


class Aws:
    """Answers DynamoDB, SQS and Parameter Store; what is sent to a queue stays in `sent`."""

    def __init__(self) -> None:
        """With empty tables."""
        self.tables, self._lock = Tables(), threading.Lock()
        self.sent: dict[str, list[str]] = {queue: [] for queue in WORKERS}
        self.url = Served(self._serve).url

    def _serve(self, _: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        with self._lock:
            status, answer = self._answer(headers["x-amz-target"].split(".")[-1], json.loads(body))
        return status, json.dumps(answer).encode(), {"content-type": "application/x-amz-json-1.0"}

    def _answer(self, operation: str, body: Json) -> tuple[int, Json]:
        match operation:
            case "GetParameters":
                prefix = ENVIRONMENT["SECRETS_PREFIX"]
                found = [{"Name": name, "Value": PARAMETERS[name.removeprefix(prefix)]} for name in body["Names"]]
                return OK, {"Parameters": found, "InvalidParameters": []}
            case "SendMessageBatch":
                self.tables.requests[operation] += 1
                self.sent[body["QueueUrl"].split("/")[-1]] += [entry["MessageBody"] for entry in body["Entries"]]
                done = [{"Id": e["Id"], "MessageId": "m", "MD5OfMessageBody": ""} for e in body["Entries"]]
                return OK, {"Successful": done, "Failed": []}
        return self.tables.answer(operation, body)


class Customer:
    """An endpoint behind a usual web server; it remembers how many bytes each delivery has."""

    HEADERS: ClassVar = {
        "server": "nginx/1.18.0",
        "date": "Sat, 29 Jul 2023 10:17:12 GMT",
        "content-type": "application/json",
        "connection": "close",
    }

    def __init__(self) -> None:
        """Ready to be posted to."""
        self.bytes: list[int] = []
        self.url = Served(self._serve).url

    def _serve(self, line: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        # Each line of the head ends with two bytes, as does the head.
        head = len(line) + 4 + sum(len(name) + len(value) + 4 for name, value in headers.items())
        self.bytes.append(head + len(body))
        return OK, b"Received", self.HEADERS


class Function:
    """A running binary, which takes its invocations from here."""

    HEADERS: ClassVar = {
        "Lambda-Runtime-Aws-Request-Id": "6f0b4f6e-9d2b-4b1d-a7c8-3f0c1a528e90",
        "Lambda-Runtime-Deadline-Ms": "4102444800000",
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:bench",
        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        "content-type": "application/json",
    }

    def __init__(self, folder: Path, name: str, aws: Aws) -> None:
        """Starts it; `is_ready` is set when it asks for its first invocation."""
        self.is_ready = threading.Event()
        self._events: queue.Queue[bytes] = queue.Queue()
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._log = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115
        environment = os.environ | ENVIRONMENT | {
            "AWS_LAMBDA_RUNTIME_API": Served(self._serve).url.removeprefix("http://"), "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s",
            # The directory knows whose the lines are; and no other stage takes the secrets of the samples.
            "DEFAULT_TENANT": "", "STAGE": "local",
        }  # fmt: skip
        self._process = subprocess.Popen([folder / name], env=environment, stdout=self._log, stderr=self._log)

    def _serve(self, line: str, _: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        if line.startswith("GET"):
            self.is_ready.set()
            return OK, self._events.get(), self.HEADERS
        self._answers.put(body if "/response" in line else b"failed: " + body)
        return ACCEPTED, b"{}", {}

    def invoke(self, event: Json) -> Json:
        """The answer to an event."""
        self._events.put(json.dumps(event).encode())
        answer = self._answers.get(timeout=60)
        if answer.startswith(b"failed") or b'"batchItemFailures":[{' in answer:
            raise SystemExit(f"An invocation failed: {answer!r}\n{Path(self._log.name).read_text()}")
        return json.loads(answer)

    def lines(self) -> list[str]:
        """What it has logged until now."""
        return Path(self._log.name).read_text().splitlines()

    def end(self) -> None:
        """Stops it."""
        self._process.kill()
        self._process.wait()


def signed(payload: Json) -> Json:
    """The event of a webhook that the relay has signed."""
    event = from_relay(payload)
    secret = SECRETS["LIVEKIT_WEBHOOK_SECRET"].encode()
    event["headers"]["x-livekit-signature"] = hmac.digest(secret, event["body"].encode(), hashlib.sha256).hex()
    event["requestContext"]["requestId"] = "JKJaXmPLvHcESHA="
    return event


def first_of_a_call(call: int) -> list[Json]:
    """The documented webhook, which begins and ends a call."""
    text = json.dumps(DOCUMENTED).replace("abc123def456", f"{call:012}").replace("xyz789abc123", f"{call:012}")
    return [json.loads(text.replace("__abc123", f"__{call:06}"))]


def whole_call(call: int) -> list[Json]:
    """The eight webhooks that a LiveKit server sends of an inbound call, as tests/src/livekit.rs has them."""
    text = json.dumps(LIVEKIT).replace("hycBMAjmt6Ub", f"{call:012}").replace("Xq7Lw2Zk9TpB", f"{call:012}")
    text = text.replace("8fP2mQ4sVxTb", f"{call:012}").replace("0123456789abcdef0123456789abcdef", f"{call:032}")
    text = text.replace("0f3c8d21-9a1b-123e-4b9c-0242ac120002", f"0f3c8d21-9a1b-123e-4b9c-{call:012}")
    left = json.loads(text)
    room, caller = left["room"], left["participant"]
    agent = {"sid": "PA_agent", "identity": "agent-1", "kind": "AGENT"}
    active = copy.deepcopy(caller)
    active["attributes"]["sip.callStatus"] = active["state"] = "active"
    del active["disconnectReason"]
    steps = [
        ("room_started", 0, {}),
        ("participant_joined", 2, {"participant": active}),
        ("participant_joined", 3, {"participant": agent}),
        ("track_published", 3, {"participant": {"identity": "agent-1"}}),
        ("participant_left", 60, {"participant": caller}),
        ("participant_left", 61, {"participant": agent}),
        ("room_finished", 80, {}),
    ]
    start = int(room["creationTime"])
    events = [
        {"event": name, "id": f"EV_{call:08}{number}", "createdAt": str(start + after), "room": room, **more}
        for number, (name, after, more) in enumerate(steps)
    ]
    egress = {
        "egressId": f"EG_{call:012}", "roomId": room["sid"], "status": "EGRESS_COMPLETE",
        "endedAt": f"{start + 85}500000000", "fileResults": [{"location": "https://recordings.example.com/call.ogg"}],
    }  # fmt: skip
    ended = {"event": "egress_ended", "id": f"EV_{call:08}8", "createdAt": str(start + 90), "egressInfo": egress}
    return [*events, ended]


def play(folder: Path, calls: list[list[Json]], wanted: list[str], batch: int) -> Json:
    """What `calls` leave behind when fan-out and deliver get this number of records at once."""
    aws, customer = Aws(), Customer()
    for number in ("+17678189426", "+18588796658"):
        line = entry("number", {"number": number, "tenantId": "demo", "userId": "user_demo"})
        aws.tables.put("directory", line | {"key": {"S": f"number#{number}"}})
    subscribed = subscription(f"{customer.url}/webhooks")
    config = json.loads(subscribed["config"]["S"]) | {"eventTypes": wanted}
    aws.tables.put("webhook-configs", subscribed | {"config": {"S": json.dumps(config)}})
    before = aws.tables.stored()
    functions = {name: Function(folder, name, aws) for name in FUNCTIONS}
    counted = {name: {"invocations": 0} for name in FUNCTIONS}
    answers: list[int] = []
    for function in functions.values():
        function.is_ready.wait(timeout=60)
    # What a cold start reads is not a webhook's.
    aws.tables.reset()
    try:
        # The first events of all calls, then their second ones: a batch holds events of different calls.
        for webhooks in zip(*calls, strict=True):
            known = set(aws.tables.items["events"])
            for webhook in webhooks:
                answers.append(len(json.dumps(run(functions, counted, aws, "call-completed", signed(webhook))["body"])))
            records = [record(item) for key, item in aws.tables.items["events"].items() if key not in known]
            for some in chunks(records, batch):
                run(functions, counted, aws, "fan-out", {"Records": some})
            for queue_name, worker in WORKERS.items():
                messages = [queue_message(queue_name, json.loads(body)) for body in aws.sent[queue_name]]
                counted[worker]["messages"] = counted[worker].get("messages", 0) + len(messages)
                aws.sent[queue_name].clear()
                for some in chunks(messages, batch):
                    numbered = [message | {"messageId": str(place)} for place, message in enumerate(some)]
                    run(functions, counted, aws, worker, {"Records": numbered})
        for name, function in functions.items():
            lines = function.lines()
            counted[name] |= {"log_lines": len(lines), "log_bytes": sum(len(line.encode()) for line in lines)}
        sample = {name: max(function.lines(), key=len, default="") for name, function in functions.items()}
    finally:
        for function in functions.values():
            function.end()
    after = aws.tables.stored()
    empty = {"items": 0, "bytes": 0}
    return {
        "webhooks": sum(map(len, calls)),
        "calls": len(calls),
        "deliveries": len(customer.bytes),
        "batch": batch,
        "webhook_bytes": sum(len(compact(webhook)) for call in calls for webhook in call),
        "answer_bytes": sum(answers),
        "delivery_bytes": sum(customer.bytes),
        "functions": counted,
        "stored": {
            table: {what: found[what] - before.get(table, empty)[what] for what in found}
            for table, found in sorted(after.items())
            if found != before.get(table, empty)
        },
        "log_samples": sample,
    }


def run(functions: dict[str, Function], counted: Json, aws: Aws, name: str, event: Json) -> Json:
    """Invokes a function and adds what that cost to what it has cost."""
    answer = functions[name].invoke(event)
    cost, tables = counted[name], aws.tables
    cost["invocations"] += 1
    for what in ("requests", "writes", "index_writes", "reads"):
        for key, count in getattr(tables, what).items():
            cost.setdefault(what, {})[key] = cost.setdefault(what, {}).get(key, 0) + count
    tables.reset()
    return answer


def record(item: Json) -> Json:
    """The insertion of an item as the stream reports it."""
    made = stream_record(DOCUMENTED)
    made["dynamodb"] |= {"Keys": {"key": item["key"]}, "NewImage": item, "SizeBytes": size(item)}
    return made


def chunks(items: list[Any], length: int) -> list[list[Any]]:
    """The items in parts of this length."""
    return [items[start : start + length] for start in range(0, len(items), length)]


def main() -> int:
    """Plays every scenario with single records and with full batches."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target" / "release"
    scenarios = {
        "a call's first webhook": (first_of_a_call, ["call.completed"]),
        "a whole call": (whole_call, LIFECYCLE),
        "a whole call without a subscription": (whole_call, NEVER),
    }
    found = {}
    for name, (make, wanted) in scenarios.items():
        calls = [make(call) for call in range(1, BATCH + 1)]
        found[name] = {f"batches of {batch}": play(folder, calls, wanted, batch) for batch in (1, BATCH)}
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{RESULT.relative_to(ROOT)} holds the counts.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
