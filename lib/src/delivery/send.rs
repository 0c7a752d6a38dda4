//! Posts a message to an endpoint once. A failure of the endpoint is no error here: every result is an
//! [`Attempt`].
//!
//! No part of a message, a secret or a URL reaches a log.

use std::{
    error::Error,
    io::{self, ErrorKind},
    time::{Duration, Instant},
};

use reqwest::{Client, Response, redirect::Policy};
use url::Url;

use super::{
    destination::{self, WrongUrl},
    request::WebhookRequest,
    resolver::{NotResolved, Resolver},
    response,
};
use crate::{
    clock::Clock,
    crypto::tls::{self, ClientError},
    delivery::addresses::Loopback,
    domain::{
        delivery::{Attempt, TIMED_OUT},
        timestamp::Timestamp,
    },
};

/// Some servers close a connection that is idle for 5 s; a request at that moment is lost.
const IDLE: Duration = Duration::from_secs(4);
/// A response with more headers counts as broken. Every response reserves memory for them: 64 KB.
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

/// Cheap to clone; it keeps connections open.
#[derive(Debug, Clone)]
pub struct Sender {
    http: Client,
    loopback: Loopback,
    clock: Clock,
}

impl Sender {
    pub fn new(loopback: Loopback, clock: Clock) -> Result<Self, ClientError> {
        Self::with_timeouts(loopback, clock, Timeouts::USUAL)
    }

    pub fn with_timeouts(
        loopback: Loopback,
        clock: Clock,
        timeouts: Timeouts,
    ) -> Result<Self, ClientError> {
        Self::build(loopback, clock, timeouts, Resolver::system(loopback))
    }

    fn build(
        loopback: Loopback,
        clock: Clock,
        timeouts: Timeouts,
        resolver: Resolver,
    ) -> Result<Self, ClientError> {
        let http = Client::builder()
            .tls_backend_preconfigured(tls::client_config()?)
            // A proxy would connect to addresses that were not checked.
            .no_proxy()
            // A redirect may lead to a forbidden address.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(resolver)
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .pool_idle_timeout(IDLE)
            // The status decides, even if a header is malformed: the endpoint has received the delivery.
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

    pub async fn send(&self, request: &WebhookRequest<'_>) -> Attempt {
        let (at, started) = (self.clock.now(), Instant::now());
        let mut attempt = Attempt {
            at,
            ..Attempt::default()
        };
        // The policy may have changed since the URL was configured, and a literal address is not resolved.
        match destination::parse(request.url, self.loopback) {
            Ok(url) => match self.post(url, request, at).await {
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
        request: &WebhookRequest<'_>,
        at: Timestamp,
    ) -> reqwest::Result<Response> {
        let request = self
            .http
            .post(url)
            .headers(request.signed_headers(at))
            .body(request.body.clone());
        request.send().await
    }

    /// The status decides. After it, a body that breaks off or never ends changes nothing.
    async fn take(&self, answer: Response, attempt: &mut Attempt) {
        attempt.status_code = Some(answer.status().as_u16());
        attempt.headers = response::headers(answer.headers());
        attempt.retry_after = response::retry_after(answer.headers(), self.clock.now());
        attempt.body = response::body(answer).await;
    }
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
        return TIMED_OUT;
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
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;

    fn sender(loopback: Loopback) -> Sender {
        let clock = Clock::new(|| Timestamp::from_seconds(1_767_312_000).unwrap());
        Sender::new(loopback, clock).unwrap()
    }

    async fn error(sender: &Sender, url: &str) -> Option<String> {
        let (headers, body) = (BTreeMap::new(), Bytes::from_static(b"{}"));
        let request = WebhookRequest {
            url,
            message_id: "evt_1",
            secrets: Vec::new(),
            headers: &headers,
            body: &body,
            challenge: None,
        };
        let attempt = sender.send(&request).await;
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
            // The address is allowed, but no server listens on this port.
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
}
