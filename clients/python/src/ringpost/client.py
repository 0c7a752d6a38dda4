"""The client, for threads and for asyncio. Both send the same requests and read the answers in the same way."""

import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx
from httpx_retries import Retry, RetryTransport

from .models import CallLog, CallPage, ListCallsParametersQuery, PublishedEvent

Token = str | Callable[[], str]
# API Gateway answers within 30 seconds.
TIMEOUT_SECONDS = 35
RETRIED_STATUSES = (429, 500, 502, 503, 504)


class RingpostError(Exception):
    """An answer of the API that is not a success; its text is the API's own."""

    def __init__(self, message: str, status: int, field: str | None, body: object) -> None:
        super().__init__(message)
        self.status = status
        self.field = field
        self.body = body


class _Auth(httpx.Auth):
    """The token of each request; a function is asked each time."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token if isinstance(self._token, str) else self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


class _Requests:
    """What a method sends, and what its answer means."""

    def __init__(self, base_url: str, token: Token, retries: int) -> None:
        self._settings: dict[str, Any] = {"base_url": base_url, "auth": _Auth(token), "timeout": TIMEOUT_SECONDS}
        # POST too: the only one here has an Idempotency-Key.
        self._transport = RetryTransport(
            retry=Retry(
                total=retries,
                allowed_methods=("GET", "POST"),
                status_forcelist=RETRIED_STATUSES,
                backoff_factor=0.25,
                backoff_jitter=0.5,
                max_backoff_wait=60,
            )
        )

    @staticmethod
    def _outcome(call_id: str, user_id: str) -> dict[str, Any]:
        return {"method": "GET", "url": f"/api/calls/{quote(call_id, safe='')}/outcome", "params": {"user_id": user_id}}

    @staticmethod
    def _calls(filters: Mapping[str, Any], cursor: str | None) -> dict[str, Any]:
        params = {**filters, "cursor": cursor} if cursor else filters
        # The API reads a list as `status=busy,failed`.
        texts = {name: ",".join(value) if isinstance(value, list | tuple) else value for name, value in params.items()}
        return {"method": "GET", "url": "/api/calls", "params": texts}

    @staticmethod
    def _publish(event: PublishedEvent, idempotency_key: str | None) -> dict[str, Any]:
        key = idempotency_key or str(uuid.uuid4())
        return {"method": "POST", "url": "/api/events", "json": event, "headers": {"Idempotency-Key": key}}


def _data(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json()
    try:
        body = response.json()
    except ValueError:
        body = response.text
    fields = body if isinstance(body, dict) else {}
    message = fields.get("error") or fields.get("message") or f"HTTP {response.status_code}"
    raise RingpostError(message, response.status_code, fields.get("field"), body)


class Ringpost(_Requests):
    """A client of one stage with one token. Use it in a `with`, or close it.

    A request is repeated after 429, 5xx or no answer, with growing waits; Retry-After is honoured up to a minute.
    `token` may be a function that returns a JWT.
    """

    def __init__(self, base_url: str, token: Token, *, retries: int = 3) -> None:
        super().__init__(base_url, token, retries)
        self._http = httpx.Client(**self._settings, transport=self._transport)

    def call_outcome(self, call_id: str, user_id: str) -> CallLog:
        """A call of a user. Raises RingpostError: `Call not found` for an unknown call and for another user's."""
        return cast(CallLog, self._sent(self._outcome(call_id, user_id)))

    def calls(self, filters: ListCallsParametersQuery | None = None) -> Iterator[CallLog]:
        """Calls, newest first. The pages are loaded when they are needed."""
        cursor: str | None = None
        while True:
            page = cast(CallPage, self._sent(self._calls(filters or {}, cursor)))
            yield from page["calls"]
            cursor = page.get("nextCursor")
            if not cursor:
                return

    def publish_event(self, event: PublishedEvent, *, idempotency_key: str | None = None) -> str:
        """Publishes an event to the tenant's own subscriptions and returns its `webhook-id`.

        The same key again publishes nothing. By default each call has a key of its own.
        """
        return cast(str, self._sent(self._publish(event, idempotency_key))["eventId"])

    def _sent(self, request: dict[str, Any]) -> Any:
        return _data(self._http.request(**request))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncRingpost(_Requests):
    """`Ringpost` for asyncio, with the same methods."""

    def __init__(self, base_url: str, token: Token, *, retries: int = 3) -> None:
        super().__init__(base_url, token, retries)
        self._http = httpx.AsyncClient(**self._settings, transport=self._transport)

    async def call_outcome(self, call_id: str, user_id: str) -> CallLog:
        """See Ringpost.call_outcome."""
        return cast(CallLog, await self._sent(self._outcome(call_id, user_id)))

    async def calls(self, filters: ListCallsParametersQuery | None = None) -> AsyncIterator[CallLog]:
        """See Ringpost.calls."""
        cursor: str | None = None
        while True:
            page = cast(CallPage, await self._sent(self._calls(filters or {}, cursor)))
            for call in page["calls"]:
                yield call
            cursor = page.get("nextCursor")
            if not cursor:
                return

    async def publish_event(self, event: PublishedEvent, *, idempotency_key: str | None = None) -> str:
        """See Ringpost.publish_event."""
        return cast(str, (await self._sent(self._publish(event, idempotency_key)))["eventId"])

    async def _sent(self, request: dict[str, Any]) -> Any:
        return _data(await self._http.request(**request))

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
