"""What each function is measured with: an event, and what AWS answers to it."""

import json
import subprocess
import sys
import tomllib
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from samples.known_secrets import SECRETS
from samples.workers import stream_record

from .binaries import FOLDER, ROOT
from .items import api_key, delivery, entry, stored_call, subscription, watermark
from .settings import ENVIRONMENT, PARAMETERS
from .stand_in import serve
from .webhooks import first_of_a_call

# The id of a row of the history, by its time.
FIRST_ROW = 194_013_670_400_000_000 // 1_000
SCRIPT = ROOT / "bench" / "lambda_bench.py"
# Cases whose sample has another name than the function. After a comma stands which case of a function it is.
SAMPLES = {"signalwire": "signalwire-form", "elevenlabs": "elevenlabs-transcription"}
# What is made different in each invocation by {i}.
CHANGES = {
    "call-completed": {"evt_abc123def456": "evt_{i}", "RM_xyz789abc123": "RM_{i}"},
    "fan-out": {"livekit:evt_abc123def456": "livekit:evt_{i}"},
}

# The functions, as functions/Cargo.toml lists them.
FUNCTIONS = [bin_["name"] for bin_ in tomllib.loads((ROOT / "functions" / "Cargo.toml").read_text())["bin"]]
BATCH = 10
ONE, TEN_IN, TEN_OUT = "fan-out, one delivery", "fan-out, ten events with a delivery each", "deliver, ten deliveries"
# They ask ElevenLabs, for which there is no stand-in here.
UNMEASURED = ("agent-call-status", "fetch-transcript")
CASES = [*(name for name in FUNCTIONS if name not in UNMEASURED), ONE, TEN_IN, TEN_OUT]


def binary(case: str) -> str:
    """The function of a case."""
    return case.split(",", maxsplit=1)[0]


def event_text(case: str) -> str:
    """The event, with {i} where the number of the invocation stands."""
    name = binary(case)
    event = json.loads((ROOT / "events" / f"{SAMPLES.get(name, name)}.json").read_text())
    if case == TEN_IN:
        event = {"Records": list(map(_record, range(BATCH)))}
    if case == TEN_OUT:
        event = {"Records": [_message(event["Records"][0], number) for number in range(BATCH)]}
    text = json.dumps(event, separators=(",", ":"))
    for old, new in CHANGES.get(name, {}).items():
        text = text.replace(old, new)
    return text


def _record(call: int) -> dict[str, Any]:
    """An event of a call, under another key each time."""
    [webhook] = first_of_a_call(call)
    made = stream_record(webhook)
    key = {"S": f"livekit:evt_{{i}}_{call}"}
    made["dynamodb"]["Keys"] = {"key": key}
    made["dynamodb"]["NewImage"]["key"] = key
    return made


def _message(message: dict[str, Any], number: int) -> dict[str, Any]:
    """The message of another delivery of the same tenant."""
    body = json.loads(message["body"])
    body["id"] += number
    return message | {"messageId": str(number), "body": json.dumps(body)}


def drive(case: str, folder: Path, *more: str, wrapped: tuple[str, ...] = ()) -> dict[str, Any]:
    """What lambda_bench.py measures of a case; `wrapped` is a program that runs the binary."""
    event, answers = folder / "event.json", folder / "answers.json"
    text = event_text(case)
    event.write_text(text)
    answers.write_text(json.dumps(canned(case)))
    arguments = ["--event", str(event), "--answers", str(answers), *more]
    if "x-livekit-signature" in text:
        arguments += ["--secret", SECRETS["LIVEKIT_WEBHOOK_SECRET"]]
    for pair in ENVIRONMENT.items():
        arguments += ["--env", "=".join(pair)]
    command = [*wrapped, str(FOLDER / binary(case))]
    return measured(case, arguments, command)


def measured(case: str, arguments: list[str], command: list[str]) -> dict[str, Any]:
    """What lambda_bench.py measures of a command."""
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments, "--", *command], check=False, capture_output=True, text=True
    )
    if ran.returncode:
        raise SystemExit(f"{case} was not measured: {ran.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(ran.stdout)
    if result["errors"]:
        raise SystemExit(f"{case} failed: {result['error']}")
    return result


def canned(name: str) -> dict[str, object]:
    """Answers that make each invocation do the whole of its work."""
    parameters = [
        {"Name": f"/ringpost/bench/{short}", "Value": value, "Type": "SecureString"}
        for short, value in PARAMETERS.items()
    ]
    answers: dict[str, object] = {"GetParameters": {"Parameters": parameters, "InvalidParameters": []}}
    if name in ("call-outcome", "call-timeline", "call-explanation"):
        answers["GetItem"] = {"Item": stored_call()}
    if name in ("webhook-config-health", "webhook-rotate-secret", "webhook-test", "webhook-recover"):
        answers["GetItem"] = {"Item": subscription("https://customer.example")}
    if name == "webhook-config":
        answers["UpdateItem"] = {"Attributes": {"given": {"N": "1"}}}
    if name == "call-capture":
        answers["GetItem"] = {"Item": entry("api-key", api_key())}
    if name in (ONE, TEN_IN):
        answers["Query"] = {"Items": [subscription("https://customer.example")], "Count": 1, "ScannedCount": 1}
    if binary(name) == "deliver":
        messages = [json.loads(record["body"]) for record in json.loads(event_text(name))["Records"]]
        rows = [delivery(message["id"]) for message in messages]
        found = {"history": rows, "webhook-configs": [subscription(Customer().url)]}
        answers["BatchGetItem"] = {"Responses": found, "UnprocessedKeys": {}}
    if name == "webhook-events":
        rows = [delivery(FIRST_ROW + number) for number in range(10)]
        found = {"Items": [{"id": row["id"]} for row in rows], "Count": len(rows), "ScannedCount": len(rows)}
        answers |= {"Query": found, "BatchGetItem": {"Responses": {"history": rows}, "UnprocessedKeys": {}}}
    if name == "sweep":
        answers["GetItem"] = {"Item": watermark()}
    if name == "sip-inbound":
        answers["GetItem"] = {"Item": entry("number", {"number": "+17678189426", "tenantId": "demo"})}
    return answers


class Customer:
    """An endpoint that takes everything and keeps its connections open."""

    def __init__(self) -> None:
        """Ready to be posted to."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer is sent whole: in two parts it waits for an acknowledgement.
            wbufsize = -1

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(200)
                self.send_header("content-length", "8")
                self.end_headers()
                self.wfile.write(b"Received")

            def log_message(self, *_: object) -> None:
                pass

        self.url = serve(Handler) + "/"
