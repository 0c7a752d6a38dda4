"""The emulator, without its polling, and with streams that behave as AWS's do.

MiniStack serves the Runtime API of each warm function by two threads that wake up ten times a second to see whether
they should end, which adds up with the hundreds of functions that a test run leaves. Here they wait until something
happens.

It takes a batch of a stream of which a part failed for done. Lambda starts over from the first record that failed, and
so it does here; a batch whose function died the emulator repeats itself. And no queue waits for a stream: each is
polled by itself.

It parses the condition of a query anew for each item of the partition, which took most of its time. Here it is parsed
once for each query. Two thirds of what was left was its HTTP server, in Python; the one that runs it here is in C.
Run as a program, by local/cloud.py.
"""

import functools
import os
import queue
import resource
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import uvicorn
from ministack import app
from ministack.core import concurrency, lambda_runtime
from ministack.services import dynamodb, lambda_svc

# How soon a function that is given up notices. A new event wakes it at once.
LOOK_SECONDS = 5
# How long a part of a stream's batch waits until it is repeated.
STREAM_SECONDS = 1
# Conditions that are evaluated for many items of a request.
FOR_ITEMS = ("KeyConditionExpression", "FilterExpression")
Invoke = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
Evaluate = Callable[..., bool]


class PatientQueue(queue.Queue):
    """What a function waits at for its next event."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """As the original, whose caller polls ten times a second."""
        return super().get(block, timeout and max(timeout, LOOK_SECONDS))


class PatientServer(socketserver.ThreadingTCPServer):
    """What a function asks for its next event."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ending, self._ended = threading.Event(), threading.Event()

    def serve_forever(self, poll_interval: float = 0) -> None:  # noqa: ARG002 - nothing is polled
        """Waits for connections."""
        while not self._ending.is_set():
            self.handle_request()
        self._ended.set()

    def shutdown(self) -> None:
        """Ends `serve_forever`, which a last connection wakes."""
        self._ending.set()
        with suppress(OSError), socket.create_connection(self.server_address, timeout=1):
            pass
        self._ended.wait(LOOK_SECONDS)


class Beside:
    """Polls the streams in a thread of its own, once at a time, so that a long batch holds up no queue."""

    def __init__(self, poll: Callable[[], bool]) -> None:
        """Of the original, which returns when the batch is done."""
        self._poll, self._busy = poll, threading.Lock()

    def __call__(self) -> bool:
        """Never says that there was something: the thread wakes the loop itself."""
        if self._busy.acquire(blocking=False):
            threading.Thread(target=self._run, daemon=True).start()
        return False

    def _run(self) -> None:
        try:
            worked = self._poll()
        finally:
            self._busy.release()
        if worked:
            concurrency.esm_wake.set()


class ParsedOnce:
    """Evaluates a condition, and keeps the parts of its text for the other items of the same request."""

    def __init__(self, evaluate: Evaluate) -> None:
        """Of the original, which checks the text and splits it for each item."""
        self._evaluate = evaluate
        self._last: tuple[str, Any, list[tuple[str, str]]] = ("", None, [])

    def __call__(self, text: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> bool:
        """As the original, which checks the text at the first item."""
        last_text, last_values, tokens = self._last
        # Each request has a dictionary of values of its own.
        if last_text == text and last_values is values:
            return dynamodb._ExprEval(tokens, item, values, names).evaluate()
        result = self._evaluate(text, item, values, names, slot)
        if slot in FOR_ITEMS and text and values:
            self._last = text, values, dynamodb._tokenize(text)
        return result


def repeating(invoke: Invoke) -> Invoke:
    """Invokes as the original, and repeats what a function reports as failed of a stream's batch."""

    def invoke_all(function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        result = invoke(function, event)
        while rest := _failed(event, result):
            time.sleep(STREAM_SECONDS)
            event = {"Records": rest}
            result = invoke(function, event)
        return result

    return invoke_all


def _failed(event: dict[str, Any], result: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a stream from the first that failed on."""
    records, body = isinstance(event, dict) and event.get("Records"), result.get("body")
    if not records or records[0].get("eventSource") != "aws:dynamodb" or result.get("error"):
        return []
    failures = body.get("batchItemFailures", []) if isinstance(body, dict) else []
    failed = {failure["itemIdentifier"] for failure in failures}
    places = [place for place, record in enumerate(records) if record["dynamodb"]["SequenceNumber"] in failed]
    return records[min(places) :] if places else []


def main() -> None:
    """Runs until it is ended."""
    lambda_svc._execute_function = repeating(lambda_svc._execute_function)
    lambda_svc._poll_dynamodb_streams = Beside(lambda_svc._poll_dynamodb_streams)
    dynamodb._evaluate_condition = ParsedOnce(dynamodb._evaluate_condition)
    dynamodb._condition_syntax_error = functools.cache(dynamodb._condition_syntax_error)
    # The module's own view of the library; nothing else in the process sees another queue.
    lambda_runtime.queue = SimpleNamespace(Queue=PatientQueue, Empty=queue.Empty, Full=queue.Full)
    # Imported where it is used, so it is replaced for all; the class does what the original does.
    socketserver.ThreadingTCPServer = PatientServer
    # An answer is sent in two parts; the second waited 40 ms until the function had confirmed the first.
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    serve()


def serve() -> None:
    """Serves the application as `app.main` does, with another server."""
    # Many functions keep a connection each. macOS refuses an unlimited number.
    with suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvicorn.run(
        app.app,
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        loop="uvloop",
        http="httptools",
        timeout_keep_alive=75,
        log_level="warning",
        access_log=False,
        # The application sends its own.
        date_header=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
