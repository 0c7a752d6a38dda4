"""What surrounds a function in a measurement: AWS, a customer and the Runtime API, all on loopback."""

import json
import queue
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from .settings import ENVIRONMENT, PARAMETERS
from .tables import Tables

OK, ACCEPTED, REFUSED = 200, 202, 400
Json = dict[str, Any]


def serve(handler: type[BaseHTTPRequestHandler]) -> str:
    """The address of a server that lives as long as the process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class Served:
    """An HTTP server on loopback, for as long as the process lives."""

    def __init__(self, answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes, dict[str, str]]]) -> None:
        """`answer` gets what was asked, its headers and its body, and gives the status, the body and the headers."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer is sent whole: in two parts it waits for an acknowledgement.
            wbufsize = -1

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

        self.url = serve(Handler)


class Aws:
    """Answers DynamoDB, SQS and Parameter Store; what is sent to a queue stays in `sent`.

    `bytes` counts the bodies of requests and answers since `reset`; `unknown` has the requests that it cannot answer.
    """

    def __init__(self) -> None:
        """With empty tables."""
        self.tables, self._lock = Tables(), threading.Lock()
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.bytes, self.unknown = 0, []
        self.url = Served(self._serve).url

    def _serve(self, _: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        with self._lock:
            try:
                status, answer = self._answer(headers["x-amz-target"].split(".")[-1], json.loads(body))
            except (KeyError, ValueError) as error:
                self.unknown.append(str(error))
                status, answer = REFUSED, {"__type": "ValidationException", "message": str(error)}
            content = json.dumps(answer).encode()
            self.bytes += len(body) + len(content)
        return status, content, {"content-type": "application/x-amz-json-1.0"}

    def reset(self) -> None:
        """Begins to count anew."""
        self.tables.reset()
        self.bytes = 0

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
        environment = ENVIRONMENT | {
            "AWS_LAMBDA_RUNTIME_API": Served(self._serve).url.removeprefix("http://"), "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s",
            # The directory knows whose the lines are; and no other stage takes the secrets of the samples.
            "DEFAULT_TENANT": "", "STAGE": "local",
            # A measurement asks more often than a user may.
            "USER_REQUESTS_PER_MINUTE": "1000000",
        }  # fmt: skip
        self._process = subprocess.Popen([folder / name], env=environment, stdout=self._log, stderr=self._log)

    def _serve(self, line: str, _: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        if line.startswith("GET"):
            self.is_ready.set()
            return OK, self._events.get(), self.HEADERS
        self._answers.put(body if "/response" in line else b"failed: " + body)
        return ACCEPTED, b"{}", {}

    def invoke(self, event: Json) -> Json:
        """The answer to an event. It returns when the function asks for its next invocation."""
        self.is_ready.wait(timeout=60)
        self.is_ready.clear()
        self._events.put(json.dumps(event).encode())
        answer = self._answers.get(timeout=60)
        self.is_ready.wait(timeout=60)
        if answer.startswith(b"failed") or b'"batchItemFailures":[{' in answer:
            raise SystemExit(f"An invocation failed: {answer!r}\n{Path(self._log.name).read_text()}")
        return json.loads(answer)

    def cpu_ms(self) -> float:
        """The CPU time of the process until now, of all its threads."""
        # The kernel's clock of a process: see clock_getcpuclockid(3), which Python does not have.
        return time.clock_gettime((~self._process.pid << 3) | 2) * 1_000

    def lines(self) -> list[str]:
        """What it has logged until now."""
        return Path(self._log.name).read_text().splitlines()

    def end(self) -> None:
        """Stops it."""
        self._process.kill()
        self._process.wait()
