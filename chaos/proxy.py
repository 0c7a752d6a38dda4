"""Stands between the functions and AWS's APIs, and lets them fail as the plan says.

The emulator's own event sources do not pass here: they are the platform, whose redelivery AWS guarantees.
"""

import http.client
import json
import threading
import time
from collections import Counter
from http import HTTPStatus
from typing import Any

from . import batches, kill
from .plan import KILLS, Fault, Kind, Plan
from .server import Handler, serve, url

TIMEOUT_SECONDS = 30
# Headers of one connection; the next has its own.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
# The emulator checks signatures of roles, and none of this account.
UNCHECKED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0"
AWS_JSON = "application/x-amz-json-1.0"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
# What each service answers: the status, the type, the message.
Error = tuple[int, str, str]
INTERNAL: dict[str, Error] = {
    "DynamoDB": (500, f"{DYNAMODB}InternalServerError", "Internal server error"),
    "AmazonSQS": (500, "com.amazon.coral.service#InternalFailure", "We encountered an internal error."),
    "AmazonSSM": (500, "InternalServerError", "An internal error occurred."),
}
THROTTLED: dict[str, list[Error]] = {
    "DynamoDB": [
        (400, f"{DYNAMODB}ProvisionedThroughputExceededException", "The level of configured throughput was exceeded."),
        (400, "com.amazon.coral.availability#ThrottlingException", "Rate of requests exceeds the allowed throughput."),
    ],
    "AmazonSQS": [(400, "com.amazonaws.sqs#RequestThrottled", "Rate exceeded")],
    "AmazonSSM": [(400, "ThrottlingException", "Rate exceeded")],
}


class Proxy:
    """Listens on loopback from its start. Nothing fails until `plan` is set, and after `heal`."""

    def __init__(self, cloud: int) -> None:
        """Passes requests on to the emulator on this port."""
        self.plan: Plan | None = None
        # The logical id of each table and queue, by the name that the emulator gave it.
        self.names: dict[str, str] = {}
        # What happened, kills only where there was a process to kill.
        self.faults: Counter[Kind] = Counter()
        self.requests = 0
        # What the emulator refused although no fault was meant: the run is then worth nothing.
        self.refused: list[str] = []
        self._cloud = cloud
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        proxy = self

        class Connection(Handler):
            def respond(self) -> None:
                proxy._handle(self, self.body())

        self._server = serve(Connection)

    @property
    def url(self) -> str:
        return url(self._server)

    def heal(self) -> None:
        """Nothing fails from now on."""
        self.plan = None

    def stop(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler: Handler, body: bytes) -> None:
        service, _, operation = handler.headers.get("x-amz-target", "").partition(".")
        service = service.partition("_")[0]
        fault = self._fault(service, operation, body)
        match fault.kind:
            case Kind.NONE:
                self._forward(handler, body)
            case Kind.DELAY | Kind.SILENCE:
                time.sleep(fault.seconds)
                self._forward(handler, body)
            case Kind.DROP_BEFORE:
                handler.close_connection = True
            case Kind.DROP_AFTER:
                self._effect(handler, body)
                handler.close_connection = True
            case Kind.ERROR_BEFORE:
                _refuse(handler, INTERNAL[service])
            case Kind.ERROR_AFTER:
                self._effect(handler, body)
                _refuse(handler, INTERNAL[service])
            case Kind.THROTTLE:
                refusals = THROTTLED[service]
                _refuse(handler, refusals[len(body) % len(refusals)])
            case Kind.HALF:
                answer = batches.half(operation, body, lambda part: self._part(handler, part))
                handler.answer(HTTPStatus.OK, answer, {"content-type": AWS_JSON})
            case _:
                self._kill(handler, body, fault)

    def _kill(self, handler: Handler, body: bytes, fault: Fault) -> None:
        port = handler.client_address[1]
        if fault.kind is Kind.KILL_AFTER:
            self._effect(handler, body)
        if fault.kind is Kind.KILL_BETWEEN:
            self._forward(handler, body)
            time.sleep(fault.seconds)
        if kill.peer(port):
            with self._lock:
                self.faults[fault.kind] += 1
        handler.close_connection = True

    def _part(self, handler: Handler, body: bytes) -> dict[str, Any]:
        """The answer to a part of a batch, which the function's signature does not fit."""
        status, _, answer = self._effect(handler, body, {"authorization": UNCHECKED, "x-amz-security-token": ""})
        if status != HTTPStatus.OK:
            self.refused.append(f"the emulator answered {status} to a part of a batch: {answer.decode()}")
            handler.close_connection = True
            raise ConnectionError
        return json.loads(answer)

    def _effect(
        self, handler: Handler, body: bytes, changed: dict[str, str] | None = None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the emulator answered: the request has taken effect."""
        upstream = http.client.HTTPConnection("127.0.0.1", self._cloud, timeout=TIMEOUT_SECONDS)
        try:
            headers = {name.lower(): value for name, value in handler.headers.items() if name.lower() not in HOP}
            upstream.request("POST", handler.path, body, headers | (changed or {}))
            reply = upstream.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            upstream.close()

    def _forward(self, handler: Handler, body: bytes) -> None:
        status, headers, answer = self._effect(handler, body)
        handler.answer(status, answer, {name: value for name, value in headers if name.lower() not in HOP})

    def _fault(self, service: str, operation: str, body: bytes) -> Fault:
        if self.plan is None or service not in INTERNAL:
            return Fault(Kind.NONE)
        table = self._table(body)
        with self._lock:
            number = self._numbers[operation, table]
            self._numbers[operation, table] += 1
            fault = self.plan.request(operation, table, number)
            if fault.kind is Kind.HALF and operation not in batches.OPERATIONS:
                fault = Fault(Kind.NONE)
            self.requests += 1
            if fault.kind not in (Kind.NONE, *KILLS):
                self.faults[fault.kind] += 1
        return fault

    def _table(self, body: bytes) -> str:
        """The first table or queue that a request is about, by its logical id."""
        request = json.loads(body)
        name = request.get("TableName") or next(iter(request.get("RequestItems", {})), None)
        name = name or request.get("QueueUrl", "").rsplit("/", 1)[-1]
        return self.names.get(name, name)


def _refuse(handler: Handler, error: Error) -> None:
    status, kind, message = error
    headers = {"content-type": AWS_JSON, "x-amzn-requestid": "CHAOS"}
    handler.answer(status, json.dumps({"__type": kind, "message": message}).encode(), headers)
