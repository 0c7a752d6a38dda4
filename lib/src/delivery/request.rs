//! The HTTP request of a delivery: its signature and headers.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE, USER_AGENT,
    },
};

use crate::domain::{
    delivery::signature::{SigningSecret, sign},
    subscription::{SigningSecrets, Subscription, endpoint_proof::CHALLENGE_HEADER},
    timestamp::Timestamp,
};

const NAME: &str = concat!("Ringpost/", env!("CARGO_PKG_VERSION"));
/// Headers that a subscription cannot set, because they control the transport.
const TRANSPORT: [HeaderName; 9] = [
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

pub struct WebhookRequest<'a> {
    pub url: &'a str,
    pub message_id: &'a str,
    /// The newest first.
    pub secrets: Vec<&'a SigningSecret>,
    /// The subscription's headers. Those that Ringpost sets are left out.
    pub headers: &'a BTreeMap<String, String>,
    pub body: &'a Bytes,
    /// The text that the endpoint must repeat to prove itself.
    pub challenge: Option<&'a str>,
}

impl<'a> WebhookRequest<'a> {
    /// A message to a subscription, signed with every secret that is valid `now`.
    pub fn to(
        subscription: &'a Subscription,
        secrets: &'a SigningSecrets,
        message_id: &'a str,
        body: &'a Bytes,
        now: Timestamp,
    ) -> Self {
        Self {
            url: &subscription.url,
            message_id,
            secrets: secrets.valid_at(now).collect(),
            headers: &subscription.headers,
            body,
            challenge: None,
        }
    }

    /// The subscription's headers, overridden by ours.
    pub(super) fn signed_headers(&self, at: Timestamp) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            let header = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
            if let (Ok(name), Ok(mut value)) = header
                && !TRANSPORT.contains(&name)
            {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(NAME));
        let secrets = self.secrets.iter().copied();
        let signature = sign(secrets, self.message_id, at, self.body);
        let seconds = at.as_seconds().to_string();
        let challenge = self.challenge.map(|text| (CHALLENGE_HEADER, text));
        let ours = [
            ("webhook-id", self.message_id),
            ("webhook-timestamp", &seconds),
            ("webhook-signature", &signature),
        ];
        for (name, value) in ours.into_iter().chain(challenge) {
            // Ringpost made these values, and they always fit.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_s_headers_displace_none_of_ours() {
        let own = [
            ("X-API-Key", "crm-api-key-123"),
            ("Webhook-Id", "another"),
            ("WEBHOOK-SIGNATURE", "v1,forged"),
            ("Content-Type", "text/plain"),
            ("user-agent", "curl"),
            ("Host", "internal"),
            ("Content-Length", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "upgrade"),
            ("no name", "x"),
            ("X-Split", "a\r\nHost: internal"),
        ];
        let own = own
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let (secret, body) = (
            SigningSecret::parse("webhooksecret123").unwrap(),
            Bytes::from_static(b"{}"),
        );
        let secrets = vec![&secret];
        let request = WebhookRequest {
            url: "",
            message_id: "evt_1",
            secrets,
            headers: &own,
            body: &body,
            challenge: None,
        };
        let at = Timestamp::from_seconds(1_767_312_000).unwrap();
        let headers = request.signed_headers(at);
        let expected = [
            ("x-api-key", "crm-api-key-123"),
            ("content-type", "application/json"),
            ("user-agent", NAME),
            ("webhook-id", "evt_1"),
            ("webhook-timestamp", "1767312000"),
            ("webhook-signature", &sign([&secret], "evt_1", at, b"{}")),
        ];
        for (name, value) in expected {
            assert_eq!(
                headers.get_all(name).iter().collect::<Vec<_>>(),
                [value],
                "{name}"
            );
        }
        assert_eq!(headers.len(), expected.len());
        assert!(!format!("{headers:?}").contains("crm-api-key"));
    }
}
