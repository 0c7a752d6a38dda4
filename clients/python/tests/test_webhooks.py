"""Webhooks that are signed by the official library."""

import base64
import json
import unittest
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from ringpost import OutboundEvent, WebhookVerificationError, verify_webhook

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"the secret before its rotation..").decode()
EVENT = {
    "type": "call.completed",
    "timestamp": "2026-01-01T23:59:30.000Z",
    "data": {"callLogId": "75de", "outcome": "busy"},
}
BODY = json.dumps(EVENT)


def signed(body: str = BODY, at: datetime | None = None, webhook: Webhook | None = None) -> dict[str, str]:
    """The headers as Ringpost sends them."""
    at = at or datetime.now(UTC)
    signature = (webhook or Webhook(SECRET)).sign("evt_1", at, body)
    return {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signature}


def outcome(event: OutboundEvent) -> str | None:
    """What a receiver writes: mypy knows the payload by the type."""
    return event["data"].get("outcome") if event["type"] == "call.completed" else None


class WebhookTest(unittest.TestCase):
    def refused(self, body: bytes | str, headers: dict[str, str], secrets: str | list[str], why: str) -> None:
        with self.assertRaisesRegex(WebhookVerificationError, why):
            verify_webhook(body, headers, secrets)

    def test_a_signed_body_is_an_event(self) -> None:
        self.assertEqual(verify_webhook(BODY, signed(), SECRET), EVENT)
        event = verify_webhook(BODY.encode(), signed(), SECRET)
        self.assertEqual(outcome(event), "busy")

    def test_another_body_secret_id_or_time_is_refused(self) -> None:
        self.refused(BODY + " ", signed(), SECRET, "No matching signature")
        self.refused(BODY, signed(), OLD_SECRET, "No matching signature")
        self.refused(BODY, signed() | {"Webhook-Id": "evt_2"}, SECRET, "No matching signature")
        for minutes in (-6, 6):
            self.refused(BODY, signed(at=datetime.now(UTC) + timedelta(minutes=minutes)), SECRET, "timestamp too")
        self.refused(BODY, {}, SECRET, "Missing required headers")

    def test_one_of_several_secrets_must_fit_and_one_of_several_signatures(self) -> None:
        self.assertEqual(verify_webhook(BODY, signed(), [OLD_SECRET, SECRET]), EVENT)
        self.refused(BODY, signed(), [OLD_SECRET], "No matching signature")
        headers = signed()
        both = f"{signed(webhook=Webhook(OLD_SECRET))['Webhook-Signature']} {headers['Webhook-Signature']}"
        self.assertEqual(verify_webhook(BODY, headers | {"Webhook-Signature": both}, SECRET), EVENT)

    def test_a_secret_without_whsec_is_taken_as_its_bytes(self) -> None:
        own = "mein Schlüssel"
        self.assertEqual(verify_webhook(BODY, signed(webhook=Webhook(own.encode())), own), EVENT)

    def test_what_cannot_be_read_is_refused(self) -> None:
        for signature in ("v1", "v1,a,b", "v1,é", "v1,a"):
            self.refused(BODY, signed() | {"Webhook-Signature": signature}, SECRET, "")
        self.refused(b"\xff", signed(), SECRET, "")

    def test_a_signed_body_that_is_no_event_is_refused(self) -> None:
        bodies = (
            "",
            "null",
            "[]",
            "{}",
            '{"type":',
            '{"type":"a","timestamp":"b"}',
            '{"type":"a","timestamp":1,"data":{}}',
        )
        for body in bodies:
            self.refused(body, signed(body), SECRET, "not an event of Ringpost")

    def test_a_mistake_of_the_receiver_is_no_refusal(self) -> None:
        mistakes: list[str | list[str]] = [[], "", "whsec_", "whsec_a"]
        for secrets in mistakes:
            with self.assertRaises(Exception) as raised:
                verify_webhook(BODY, signed(), secrets)
            self.assertNotIsInstance(raised.exception, WebhookVerificationError)
