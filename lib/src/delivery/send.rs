//! Posts a message to an endpoint, once, and tells what came of it. Nothing about an endpoint is an
//! error here: whatever happens is an [`Attempt`].
//!
//! No part of a message, a secret or a URL reaches a log.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, ErrorKind},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE, USER_AGENT,
    },
};
use reqwest::{Client, Response, redirect::Policy};
use thiserror::Error;
use url::Url;

use super::{
    destination::{self, WrongUrl},
    resolver::{NotResolved, Resolver},
    response,
};
use crate::{
    clock::Clock,
    crypto::tls,
    delivery::addresses::Loopback,
    domain::{
        delivery::{
            Attempt,
            signature::{SigningSecret, sign},
        },
        subscription::{SigningSecrets, Subscription, endpoint_proof::CHALLENGE_HEADER},
        timestamp::Timestamp,
    },
};

const NAME: &str = concat!("Ringpost/", env!("CARGO_PKG_VERSION"));
/// What says how a request is transported is not its subscription's to say.
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
/// Some servers close a connection that is idle for 5 s, and a request then is lost on the way.
const IDLE: Duration = Duration::from_secs(4);
/// An answer with more headers is none. The memory for them is taken for every answer: 64 KB.
const MAX_HEADERS: usize = 2_000;

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until the connection is open.
    pub connect: Duration,
    /// Until the answer is read.
    pub total: Duration,
}

impl Timeouts {
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(5),
        total: Duration::from_secs(15),
    };
}

#[derive(Debug, Error)]
pub enum SenderError {
    #[error("the HTTP client cannot be made")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be made")]
    Http(#[from] reqwest::Error),
}

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
    /// A message on its way to a subscription, signed with every secret that is valid at this moment.
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
}

/// Cheap to clone; it keeps connections open.
#[derive(Debug, Clone)]
pub struct Sender {
    http: Client,
    loopback: Loopback,
    clock: Clock,
}

impl Sender {
    /// A sender that goes nowhere else than `loopback` and the public internet.
    pub fn new(loopback: Loopback, clock: Clock) -> Result<Self, SenderError> {
        Self::with_timeouts(loopback, clock, Timeouts::USUAL)
    }

    pub fn with_timeouts(
        loopback: Loopback,
        clock: Clock,
        patience: Timeouts,
    ) -> Result<Self, SenderError> {
        Self::build(loopback, clock, patience, Resolver::system(loopback))
    }

    fn build(
        loopback: Loopback,
        clock: Clock,
        patience: Timeouts,
        resolver: Resolver,
    ) -> Result<Self, SenderError> {
        let http = Client::builder()
            .tls_backend_preconfigured(tls::client_config()?)
            // A proxy would make the connection in our place, to addresses that nobody has judged.
            .no_proxy()
            // A redirect may lead to where the URL itself may not.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(resolver)
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .pool_idle_timeout(IDLE)
            // What a status decides, an odd header must not undo: whoever wrote it has taken the delivery.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(MAX_HEADERS)
            .build()?;
        Ok(Self {
            http,
            loopback,
            clock,
        })
    }

    pub async fn send(&self, parcel: &WebhookRequest<'_>) -> Attempt {
        let (at, started) = (self.clock.now(), Instant::now());
        let mut attempt = Attempt {
            at,
            ..Attempt::default()
        };
        // The policy may have changed since the URL was configured, and a literal address meets no resolver.
        match destination::parse(parcel.url, self.loopback) {
            Ok(url) => match self.post(url, parcel, at).await {
                Ok(answer) => self.take(answer, &mut attempt).await,
                Err(error) => attempt.error = Some(why(&error).to_owned()),
            },
            Err(wrong) => attempt.error = Some(not_posted(wrong).to_owned()),
        }
        attempt.timing = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        attempt
    }

    async fn post(
        &self,
        url: Url,
        parcel: &WebhookRequest<'_>,
        at: Timestamp,
    ) -> reqwest::Result<Response> {
        let request = self
            .http
            .post(url)
            .headers(headers(parcel, at))
            .body(parcel.body.clone());
        request.send().await
    }

    /// The status decides. Once it is there, a body that breaks off or never ends changes nothing.
    async fn take(&self, answer: Response, attempt: &mut Attempt) {
        attempt.status_code = Some(answer.status().as_u16());
        attempt.headers = response::headers(answer.headers());
        attempt.retry_after = response::retry_after(answer.headers(), self.clock.now());
        attempt.body = response::body(answer).await;
    }
}

/// The subscription's headers, overridden by ours.
fn headers(parcel: &WebhookRequest<'_>, at: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in parcel.headers {
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
    let signature = sign(
        parcel.secrets.iter().copied(),
        parcel.message_id,
        at,
        parcel.body,
    );
    let seconds = at.as_seconds().to_string();
    let challenge = parcel
        .challenge
        .map(|challenge| (CHALLENGE_HEADER, challenge));
    let ours = [
        ("webhook-id", parcel.message_id),
        ("webhook-timestamp", &seconds),
        ("webhook-signature", &signature),
    ];
    for (name, value) in ours.into_iter().chain(challenge) {
        // These are of our own making and always fit.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

fn not_posted(wrong: WrongUrl) -> &'static str {
    match wrong {
        WrongUrl::Address => "address not allowed",
        WrongUrl::Malformed | WrongUrl::NotHttps | WrongUrl::Credentials | WrongUrl::Port => {
            "URL not allowed"
        }
    }
}

/// Why there was no answer. Never the error's own text, which names the URL.
fn why(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        return "timed out";
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(phrase) = known(error) {
            return phrase;
        }
        // An I/O error's source is not what it wraps, but what that wraps.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        cause = wrapped.map_or_else(|| error.source(), |wrapped| Some(wrapped));
    }
    if error.is_connect() {
        "no connection"
    } else {
        "connection broken"
    }
}

fn known(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(not_resolved) = error.downcast_ref::<NotResolved>() {
        return Some(match not_resolved {
            NotResolved::Unknown => "name does not resolve",
            NotResolved::Forbidden => "address not allowed",
        });
    }
    if error.is::<rustls::Error>() {
        return Some("TLS failed");
    }
    let refused = error.downcast_ref::<io::Error>()?.kind() == ErrorKind::ConnectionRefused;
    refused.then_some("connection refused")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(loopback: Loopback) -> Sender {
        let clock = Clock::new(|| Timestamp::from_seconds(1_767_312_000).unwrap());
        Sender::new(loopback, clock).unwrap()
    }

    async fn error(sender: &Sender, url: &str) -> Option<String> {
        let (headers, body) = (BTreeMap::new(), Bytes::from_static(b"{}"));
        let parcel = WebhookRequest {
            url,
            message_id: "evt_1",
            secrets: Vec::new(),
            headers: &headers,
            body: &body,
            challenge: None,
        };
        let attempt = sender.send(&parcel).await;
        assert_eq!(attempt.status_code, None);
        attempt.error
    }

    #[tokio::test]
    async fn nothing_is_posted_where_the_policy_forbids_it() {
        let sender = sender(Loopback::Refused);
        for (url, phrase) in [
            ("https://127.0.0.1/", "address not allowed"),
            ("https://[::ffff:10.0.0.1]/", "address not allowed"),
            ("https://localhost/", "address not allowed"),
            ("http://example.com/", "URL not allowed"),
            ("https://user:secret@example.com/", "URL not allowed"),
            ("https://example.com:0/", "URL not allowed"),
            ("", "URL not allowed"),
        ] {
            assert_eq!(error(&sender, url).await.as_deref(), Some(phrase), "{url}");
        }
    }

    #[tokio::test]
    async fn no_connection_is_made_to_a_name_that_leads_inside() {
        let clock = Clock::system();
        for (resolver, phrase) in [
            (
                Resolver::fixed(&["93.184.215.14", "10.0.0.1"], Loopback::Allowed),
                "address not allowed",
            ),
            (
                Resolver::fixed(&["127.0.0.1"], Loopback::Refused),
                "address not allowed",
            ),
            (
                Resolver::fixed(&[], Loopback::Allowed),
                "name does not resolve",
            ),
            // Allowed, so it is tried: nobody listens on this port.
            (
                Resolver::fixed(&["127.0.0.1"], Loopback::Allowed),
                "connection refused",
            ),
        ] {
            let sender =
                Sender::build(Loopback::Allowed, clock.clone(), Timeouts::USUAL, resolver).unwrap();
            assert_eq!(
                error(&sender, "https://hooks.example.com:1/")
                    .await
                    .as_deref(),
                Some(phrase)
            );
        }
    }

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
        let parcel = WebhookRequest {
            url: "",
            message_id: "evt_1",
            secrets,
            headers: &own,
            body: &body,
            challenge: None,
        };
        let at = Timestamp::from_seconds(1_767_312_000).unwrap();
        let headers = headers(&parcel, at);
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
