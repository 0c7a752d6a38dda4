"""Both clients against a server on loopback."""

import json
import time
import unittest

import httpx

from ringpost import AsyncRingpost, PublishedEvent, Ringpost, RingpostError

from .loopback import CALL, answering

EVENT: PublishedEvent = {"eventType": "campaign.started", "payload": {"campaignId": "campaign-789"}}
BUSY = {"message": "Service Unavailable"}


class ClientTest(unittest.TestCase):
    def test_a_call_is_read_with_the_token_and_its_ids_are_encoded(self) -> None:
        with answering((200, CALL)) as api, Ringpost(f"{api.url}/_aws/execute-api/1", "jwt") as ringpost:
            self.assertEqual(ringpost.call_outcome("a/b", "user 1&2"), CALL)
        self.assertEqual(api.asked[0].url, "/_aws/execute-api/1/api/calls/a%2Fb/outcome?user_id=user+1%262")
        self.assertEqual(api.asked[0].headers["authorization"], "Bearer jwt")

    def test_the_token_can_come_from_a_function_for_each_request(self) -> None:
        tokens = iter(["one", "two"])
        with answering((200, CALL)) as api, Ringpost(api.url, lambda: next(tokens)) as ringpost:
            ringpost.call_outcome("1", "2")
            ringpost.call_outcome("1", "2")
        self.assertEqual([each.headers["authorization"] for each in api.asked], ["Bearer one", "Bearer two"])

    def test_a_refusal_is_an_error_with_text_status_and_field(self) -> None:
        expected = [
            ((404, {"error": "Call not found", "status": 404}), ("Call not found", 404, None)),
            (
                (400, {"success": False, "message": "limit must be …", "field": "limit"}),
                ("limit must be …", 400, "limit"),
            ),
            ((401, "<html>"), ("HTTP 401", 401, None)),
        ]
        for (status, body), (message, number, field) in expected:
            with answering((status, body)) as api, Ringpost(api.url, "jwt") as ringpost:
                with self.assertRaises(RingpostError) as raised:
                    ringpost.call_outcome("1", "2")
                error = raised.exception
                self.assertEqual((str(error), error.status, error.field, error.body), (message, number, field, body))
                self.assertEqual(len(api.asked), 1)

    def test_calls_are_listed_over_all_pages_also_over_an_empty_one(self) -> None:
        pages = (
            (200, {"success": True, "count": 1, "calls": [CALL], "nextCursor": "a+b"}),
            (200, {"success": True, "count": 0, "calls": [], "nextCursor": "c"}),
            (200, {"success": True, "count": 1, "calls": [CALL | {"id": "call-2"}]}),
        )
        with answering(*pages) as api, Ringpost(api.url, "jwt") as ringpost:
            calls = ringpost.calls({"status": ["busy", "failed"], "from": "2026-11-01"})
            self.assertEqual(api.asked, [])
            self.assertEqual([call["id"] for call in calls], ["call-1", "call-2"])
        query = "/api/calls?status=busy%2Cfailed&from=2026-11-01"
        self.assertEqual([each.url for each in api.asked], [query, f"{query}&cursor=a%2Bb", f"{query}&cursor=c"])

    def test_an_event_is_published_once_under_one_key(self) -> None:
        answers: tuple[tuple[int, object], ...] = ((500, {}), (202, {"success": True, "eventId": "evt_1"}))
        with answering(*answers) as api, Ringpost(api.url, "jwt") as ringpost:
            self.assertEqual(ringpost.publish_event(EVENT), "evt_1")
            ringpost.publish_event(EVENT)
            ringpost.publish_event(EVENT, idempotency_key="campaign-789-started")
        self.assertEqual([json.loads(each.body) for each in api.asked], [EVENT] * 4)
        first, again, other, named = (each.headers["idempotency-key"] for each in api.asked)
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(named, "campaign-789-started")

    def test_requests_are_repeated_three_times_at_most_with_growing_waits(self) -> None:
        with answering((503, BUSY)) as api, Ringpost(api.url, "jwt") as ringpost:
            began = time.monotonic()
            with self.assertRaises(RingpostError) as raised:
                ringpost.call_outcome("1", "2")
            # Half of 0.5, 1 and 2 seconds at least.
            self.assertGreater(time.monotonic() - began, 1.7)
        self.assertEqual((raised.exception.status, str(raised.exception)), (503, "Service Unavailable"))
        self.assertEqual(len(api.asked), 4)

    def test_retry_after_is_waited_for(self) -> None:
        with answering((429, {}, {"Retry-After": "2"}), (200, CALL)) as api, Ringpost(api.url, "jwt") as ringpost:
            began = time.monotonic()
            ringpost.call_outcome("1", "2")
            self.assertGreaterEqual(time.monotonic() - began, 1.99)
        self.assertEqual(len(api.asked), 2)

    def test_no_answer_at_all_is_an_error_of_httpx(self) -> None:
        with answering((200, CALL)) as api:
            pass
        with Ringpost(api.url, "jwt", retries=0) as ringpost, self.assertRaises(httpx.ConnectError):
            ringpost.call_outcome("1", "2")


class AsyncClientTest(unittest.IsolatedAsyncioTestCase):
    async def test_the_methods_are_those_of_the_other_client(self) -> None:
        page = {"success": True, "count": 1, "calls": [CALL]}
        answers: tuple[tuple[int, object], ...] = (
            (503, BUSY),
            (200, CALL),
            (200, page | {"nextCursor": "x"}),
            (200, page),
            (500, {}),
            (202, {"success": True, "eventId": "evt_1"}),
            (404, {"error": "Call not found", "status": 404}),
        )
        with answering(*answers) as api:
            async with AsyncRingpost(api.url, "jwt") as ringpost:
                self.assertEqual(await ringpost.call_outcome("call-1", "user-1"), CALL)
                self.assertEqual([call["id"] async for call in ringpost.calls()], ["call-1", "call-1"])
                self.assertEqual(await ringpost.publish_event(EVENT, idempotency_key="k"), "evt_1")
                with self.assertRaisesRegex(RingpostError, "^Call not found$"):
                    await ringpost.call_outcome("1", "2")
        outcome = "/api/calls/call-1/outcome?user_id=user-1"
        urls = [outcome, outcome, "/api/calls", "/api/calls?cursor=x", "/api/events", "/api/events"]
        self.assertEqual([each.url for each in api.asked][:6], urls)
        self.assertEqual([each.headers.get("idempotency-key") for each in api.asked][4:6], ["k", "k"])
        self.assertEqual({each.headers["authorization"] for each in api.asked}, {"Bearer jwt"})
