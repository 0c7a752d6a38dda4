#!/usr/bin/env python3
"""Measures the release binaries against the budgets: `make bench`.

Each function is driven by lambda_bench.py over the Runtime API, with a stand-in AWS that answers at
once: once over HTTP and once over TLS. Results go to bench/results.json, newest last.
"""

import base64
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from samples.known_secrets import SECRETS  # noqa: E402
from samples.shapes import zstd_frame  # noqa: E402

RESULTS = ROOT / "bench" / "results.json"
PARAMETERS = {
    "livekit-api-keys": f"{SECRETS['LIVEKIT_API_KEY']}:{SECRETS['LIVEKIT_API_SECRET']}",
    "livekit-webhook-secrets": SECRETS["LIVEKIT_WEBHOOK_SECRET"],
    "signalwire-signing-keys": SECRETS["SIGNALWIRE_SIGNING_KEY"],
    "elevenlabs-webhook-secrets": SECRETS["ELEVENLABS_WEBHOOK_SECRET"],
    "token-keys": SECRETS["RINGPOST_JWT_SECRET"],
}
ENVIRONMENT = {
    # Only the local stage takes the secrets of the samples.
    "STAGE": "local",
    # The samples are of 2025, and nothing is announced of events that are older than what is kept.
    "RETENTION_DAYS": "3650",
    "CALL_RETENTION_DAYS": "0",
    "DEFAULT_TENANT": "demo",
    "SECRETS_PREFIX": "/ringpost/bench/",
    "TOKEN_ALGORITHM": "HS256",
    "EVENTS_TABLE": "events",
    "CHUNKS_TABLE": "chunks",
    "CALLS_TABLE": "calls",
    "HISTORY_TABLE": "history",
    "DIRECTORY_TABLE": "directory",
    "FAN_OUT_RETRY_QUEUE_URL": "https://localhost/retry",
    "TRANSCRIPT_QUEUE_URL": "https://localhost/transcripts",
    "DEFERRED_EVENTS_QUEUE_URL": "https://localhost/deferred",
    "DUE_TABLE": "due",
    "DELIVER_TO_LOOPBACK": "true",
    "WEBHOOK_CONFIGS_TABLE": "webhook-configs",
    "DELIVERY_QUEUE_URL": "https://localhost/deliveries",
    "SLOW_DELIVERY_QUEUE_URL": "https://localhost/slow-deliveries",
    "UNFINISHED_AFTER_HOURS": "4",
    "TOKEN_LIFETIME_HOURS": "744",
    "LIMITS_TABLE": "limits",
    "USER_REQUESTS_PER_MINUTE": "1000",
    "ADDRESS_REQUESTS_PER_MINUTE": "0",
    "PUBLISHED_EVENTS_PER_MINUTE": "600",
    "SUBMITTED_CALLS_PER_MINUTE": "3000",
    "ACCOUNT_WEBHOOKS_PER_MINUTE": "6000",
    "QUESTIONS_PER_MINUTE": "60",
    "DEFAULT_AGENT_NAME": "telephony-agent",
    "ELEVENLABS_STATUS_ALLOW_LIST": "127.0.0.1/32",
}
# What each function is measured with: its sample event, made different each time by {i}. After a comma stands which
# case of a function it is.
FUNCTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "call-completed": ("call-completed", {"evt_abc123def456": "evt_{i}", "RM_xyz789abc123": "RM_{i}"}),
    "sip-inbound": ("sip-inbound", {}),
    "livekit-events": ("livekit-events", {}),
    "signalwire": ("signalwire-form", {}),
    "elevenlabs": ("elevenlabs-transcription", {}),
    "call-status": ("call-status", {}),
    "call-capture": ("call-capture", {}),
    "call-outcome": ("call-outcome", {}),
    "fan-out": ("fan-out", {"livekit:evt_abc123def456": "livekit:evt_{i}"}),
    "fan-out, one delivery": ("fan-out", {"livekit:evt_abc123def456": "livekit:evt_{i}"}),
    "deliver": ("deliver", {}),
}
# design budget: figure -> (most, which run)
BUDGETS = {
    "init_ms": (10, "http"),
    "first_ms": (3, "http"),
    "cpu_per_invocation_ms": (0.6, "http"),
    "peak_mib": (12, "http"),
    "binary_mib": (7, "http"),
    "first_ms over TLS": (8, "tls"),
}


def main() -> int:
    print("Building the release binaries (about a minute each the first time) …", flush=True)
    bins = [flag for name in dict.fromkeys(map(binary, FUNCTIONS)) for flag in ("--bin", name)]
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "ringpost-functions", *bins], cwd=ROOT, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        measured = {name: measure(name, Path(folder)) for name in FUNCTIONS}
    history = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    history.append(
        {"date": time.strftime("%Y-%m-%d"), "commit": commit, "machine": machine(), "functions": measured}
    )
    RESULTS.write_text(json.dumps(history, indent=1) + "\n")
    return report(measured)


def binary(name: str) -> str:
    return name.split(",")[0]


def measure(name: str, folder: Path) -> dict[str, dict[str, object]]:
    sample, changes = FUNCTIONS[name]
    text = json.dumps(json.loads((ROOT / "events" / f"{sample}.json").read_text()), separators=(",", ":"))
    for old, new in changes.items():
        text = text.replace(old, new)
    event, answers = folder / "event.json", folder / "answers.json"
    event.write_text(text)
    answers.write_text(json.dumps(canned(name)))
    certificate, key = make_certificate(folder)
    common = ["--event", str(event), "--answers", str(answers)]
    if "x-livekit-signature" in text:
        common += ["--secret", SECRETS["LIVEKIT_WEBHOOK_SECRET"]]
    for pair in ENVIRONMENT.items():
        common += ["--env", "=".join(pair)]
    tls = ["--tls-cert", str(certificate), "--tls-key", str(key), "--env", f"SSL_CERT_FILE={certificate}"]
    return {"http": bench(name, common), "tls": bench(name, common + tls)}


def bench(name: str, arguments: list[str]) -> dict[str, object]:
    script = ROOT / "bench" / "lambda_bench.py"
    executable = ROOT / "target" / "release" / binary(name)
    ran = subprocess.run(
        [sys.executable, str(script), *arguments, "--", str(executable)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, object] = json.loads(ran.stdout)
    if result["errors"]:
        raise SystemExit(f"{name} failed: {result['error']}")
    return result


def canned(name: str) -> dict[str, object]:
    """Answers that make each invocation do the whole of its work."""
    parameters = [
        {"Name": f"/ringpost/bench/{short}", "Value": value, "Type": "SecureString"}
        for short, value in PARAMETERS.items()
    ]
    answers: dict[str, object] = {"GetParameters": {"Parameters": parameters, "InvalidParameters": []}}
    if name == "call-outcome":
        answers["GetItem"] = {"Item": stored_call()}
    if name == "call-capture":
        answers["GetItem"] = {"Item": entry("api-key", api_key())}
    if name == "fan-out, one delivery":
        answers["Query"] = {"Items": [subscription("https://customer.example")], "Count": 1, "ScannedCount": 1}
    if name == "deliver":
        message = json.loads(json.loads((ROOT / "events" / "deliver.json").read_text())["Records"][0]["body"])
        found = {"history": [delivery(message["id"])], "webhook-configs": [subscription(Customer().url)]}
        answers["BatchGetItem"] = {"Responses": found, "UnprocessedKeys": {}}
    if name == "sip-inbound":
        answers["GetItem"] = {"Item": entry("number", {"number": "+17678189426", "tenantId": "demo"})}
    return answers


def entry(kind: str, content: dict[str, object]) -> dict[str, dict[str, str]]:
    """An item of the directory."""
    return {
        "key": {"S": f"{kind}#bench"},
        "v": {"N": "1"},
        "tenantKind": {"S": f"{kind}#demo"},
        "entry": {"S": json.dumps(content)},
    }


def api_key() -> dict[str, object]:
    key = SECRETS["CALL_CAPTURE_API_KEY"]
    return {
        "id": "3f0c1a52-6f0b-4f6e-9d2b-5b1d6a7c8e90",
        "sha256": hashlib.sha256(key.encode()).hexdigest(),
        "tenantId": "demo",
        "companyId": SECRETS["CALL_CAPTURE_COMPANY_ID"],
        "name": "bench",
        "createdAt": 1761751800000,
    }


def subscription(url: str) -> dict[str, dict[str, str]]:
    at = 1761751800000
    config = {
        "tenantId": "demo",
        "id": 1,
        "name": "bench",
        "url": url,
        "eventTypes": ["call.completed"],
        "status": "active",
        "createdAt": at,
        "updatedAt": at,
    }
    return {
        "tenantId": {"S": "demo"},
        "id": {"N": "1"},
        "v": {"N": "1"},
        "version": {"N": "1"},
        "config": {"S": json.dumps(config)},
        "secrets": {"S": json.dumps({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})},
    }


def delivery(row_id: int) -> dict[str, dict[str, str]]:
    """A delivery of the document's example that waits for its first attempt."""
    data = {
        "callId": "CA123456789abcdef",
        "direction": "outbound",
        "from": "+18005551234",
        "to": "+18005557890",
        "status": "completed",
        "duration": 125,
        "startTime": "2023-07-29T10:15:00Z",
        "endTime": "2023-07-29T10:17:05Z",
        "campaignId": "campaign-123",
        "contactId": 42,
        "outcomes": {"appointmentSet": True, "leadQualified": True},
    }
    body = json.dumps({"type": "call.completed", "timestamp": "2023-07-29T10:17:05Z", "data": data}).encode()
    return {
        "tenantShard": {"S": f"demo#{row_id % 4}"},
        "id": {"N": str(row_id)},
        "v": {"N": "1"},
        "eventKey": {"S": "evt_0123456789abcdef0123456789abcdef#1"},
        "messageId": {"S": "evt_0123456789abcdef0123456789abcdef"},
        "direction": {"S": "outbound"},
        "source": {"S": "11wire"},
        "eventType": {"S": "call.completed"},
        "status": {"S": "pending"},
        "webhookConfigId": {"N": "1"},
        "attempts": {"N": "0"},
        "payload": {"B": base64.b64encode(zstd_frame(body)).decode()},
        "occurredAt": {"N": "1690625825000"},
        "createdAt": {"N": "1690625830000"},
        "expiresAt": {"N": "4102444800"},
    }


class Customer:
    """An endpoint that takes everything."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(200)
                self.send_header("content-length", "8")
                self.end_headers()
                self.wfile.write(b"Received")

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/"


def stored_call() -> dict[str, dict[str, str]]:
    at = 1761751800000
    ended = [0, at + 45123, {"reason": "CLIENT_INITIATED", "identity": "agent", "connected": True}]
    facts = {
        "name": [0, at, "sip-7678189426__1730217045__abc123"],
        "room": [0, at, "RM_xyz789abc123"],
        "phone": [0, at, "+17678189426"],
        "made": at,
        "left": ended,
    }
    owner = {"tenantId": "demo", "userId": "user_demo"}
    return {
        "id": {"S": "75decced-4c31-5f3c-9d47-8892e71acc6e"},
        "v": {"N": "1"},
        "version": {"N": "1"},
        "createdAt": {"N": str(at)},
        "updatedAt": {"N": str(at)},
        "facts": {"S": json.dumps(facts)},
        "announced": {"S": "{}"},
        "seenFrom": {"N": str(at)},
        "seenTo": {"N": str(at)},
        "owner": {"S": json.dumps(owner)},
    }


def make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "localhost.pem", folder / "localhost.key"
    if not certificate.exists():
        command = (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
            f" -keyout {key} -out {certificate} -subj /CN=localhost"
            " -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
        )
        subprocess.run(command.split(), check=True, capture_output=True)
    return certificate, key


def machine() -> str:
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    return f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}"


def report(measured: dict[str, dict[str, dict[str, object]]]) -> int:
    over = 0
    for name, runs in measured.items():
        print(f"\n{name}: calls per invocation {runs['http']['calls_per_invocation']}")
        for figure, (most, run) in BUDGETS.items():
            value = float(str(runs[run][figure.split(" ")[0]]))
            over += value > most
            print(f"  {figure:24} {value:8.2f}   budget {most:6}   {'over' if value > most else 'ok'}")
    print(f"\n{RESULTS.relative_to(ROOT)} holds the numbers.")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
