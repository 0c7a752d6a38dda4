//! Reads conversations from ElevenLabs' API, one at a time.
//!
//! Neither the key nor a response's body ever reaches an error or a log, and an id from a webhook
//! cannot change the requested path.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode};
use reqwest::{Response, redirect::Policy};
use thiserror::Error;

use crate::{
    crypto::tls::{self, ClientError},
    domain::{
        event::{Event, Source},
        key::EventKey,
        timestamp::Timestamp,
    },
    json::{self, Object},
};

/// The event type of a conversation that was fetched.
pub const FETCHED: &str = "conversation.fetched";

/// The largest response that is read. A transcript of an hour has about 5 MB.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
const MAX_ID_LENGTH: usize = 128;

#[derive(Debug, Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// The key; `None` when it cannot be sent in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(text).ok()?;
        // Its debug form then hides it.
        value.set_sensitive(true);
        Some(Self(value))
    }
}

/// A conversation's id. It becomes a part of the URL without escaping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationId(String);

impl ConversationId {
    /// `None` when it has characters that no id has.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let fits = !text.is_empty() && text.len() <= MAX_ID_LENGTH && text.chars().all(plain);
        fits.then(|| Self(text.to_owned()))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// Until the whole response is read.
    pub total: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConversationApiError {
    #[error("ElevenLabs knows no such conversation (HTTP {0})")]
    NotFound(u16),
    /// The key is wrong or may not read conversations.
    #[error("ElevenLabs refused the API key (HTTP {0})")]
    Refused(u16),
    /// ElevenLabs limits the rate, or has an error.
    #[error("ElevenLabs cannot answer now (HTTP {0})")]
    Unavailable(u16),
    /// No response, or not all of it.
    #[error("ElevenLabs cannot be reached ({0})")]
    Unreachable(&'static str),
    #[error("ElevenLabs' answer cannot be used: {0}")]
    Unusable(&'static str),
}

#[derive(Clone, PartialEq, Eq)]
pub struct FetchedConversation {
    id: String,
    status: String,
    body: Bytes,
}

impl FetchedConversation {
    fn read(id: &ConversationId, body: Bytes) -> Result<Self, ConversationApiError> {
        const NONE: ConversationApiError = ConversationApiError::Unusable("not a conversation");
        let json = json::text(&body);
        let answer = Object::parse(&json).map_err(|_| NONE)?;
        let (named, status) = (
            answer.get("conversation_id").string().ok_or(NONE)?,
            answer.get("status"),
        );
        if status.is_null() {
            return Err(NONE);
        }
        if named != id.0 {
            return Err(ConversationApiError::Unusable("another conversation"));
        }
        // A conversation with an unknown status is ongoing.
        let status = status.scalar().unwrap_or_default().into_owned();
        Ok(Self {
            id: id.0.clone(),
            status,
            body,
        })
    }

    /// Whether it is final.
    pub fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "done" | "failed")
    }

    /// Its log entry. The same response again is the same event.
    pub fn into_event(self, now: Timestamp) -> Event {
        let source = Source::ElevenLabsApi;
        Event {
            key: EventKey::natural(source.as_str(), &[&self.id, &self.status], &self.body),
            source,
            tenant_id: None,
            region: None,
            event_type: FETCHED.to_owned(),
            occurred_at: now,
            received_at: now,
            payload: self.body,
        }
    }
}

#[derive(Debug, Clone)]
pub struct ConversationApi {
    http: reqwest::Client,
    base_url: String,
}

impl ConversationApi {
    /// The base URL has no trailing slash.
    pub fn new(base_url: String, patience: Timeouts) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config()?)
            .user_agent(concat!("ringpost/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            // A redirect would send the key to its target.
            .redirect(Policy::none())
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .build()?;
        Ok(Self { http, base_url })
    }

    pub async fn conversation(
        &self,
        key: &ApiKey,
        id: &ConversationId,
    ) -> Result<FetchedConversation, ConversationApiError> {
        let url = format!("{}/v1/convai/conversations/{}", self.base_url, id.0);
        let sent = self
            .http
            .get(url)
            .header("xi-api-key", key.0.clone())
            .send()
            .await;
        let answer = sent.map_err(|error| unreachable(&error))?;
        judge(answer.status())?;
        FetchedConversation::read(id, body(answer).await?)
    }
}

fn judge(status: StatusCode) -> Result<(), ConversationApiError> {
    let code = status.as_u16();
    match code {
        200 => Ok(()),
        401 | 403 => Err(ConversationApiError::Refused(code)),
        404 | 422 => Err(ConversationApiError::NotFound(code)),
        408 | 425 | 429 | 500.. => Err(ConversationApiError::Unavailable(code)),
        _ => Err(ConversationApiError::Unusable("unexpected status")),
    }
}

async fn body(mut answer: Response) -> Result<Bytes, ConversationApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(ConversationApiError::Unusable("more than 8 MiB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Without the error's text, which contains the URL.
fn unreachable(error: &reqwest::Error) -> ConversationApiError {
    ConversationApiError::Unreachable(if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "no connection"
    } else {
        "connection broken"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_elsewhere() {
        assert!(ConversationId::parse("conv_8001kg64z481ege91gcvyrxngwrs").is_some());
        let long = "c".repeat(MAX_ID_LENGTH + 1);
        for odd in [
            "",
            "../secret",
            "a/b",
            "a?b",
            "a#b",
            "a%2fb",
            "a b",
            "ä",
            &long,
        ] {
            assert_eq!(ConversationId::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let judged = |code| judge(StatusCode::from_u16(code).unwrap());
        assert_eq!(judged(200), Ok(()));
        for code in [401, 403] {
            assert_eq!(judged(code), Err(ConversationApiError::Refused(code)));
        }
        for code in [404, 422] {
            assert_eq!(judged(code), Err(ConversationApiError::NotFound(code)));
        }
        for code in [408, 429, 500, 502, 503, 599] {
            assert_eq!(judged(code), Err(ConversationApiError::Unavailable(code)));
        }
        for code in [201, 204, 301, 302, 400, 418] {
            assert_eq!(
                judged(code),
                Err(ConversationApiError::Unusable("unexpected status"))
            );
        }
    }

    #[test]
    fn the_answer_must_be_the_conversation_that_was_asked_for() {
        let id = ConversationId::parse("conv_1").unwrap();
        let read = |body: &'static str| {
            FetchedConversation::read(&id, Bytes::from_static(body.as_bytes()))
        };
        let over = read(r#"{"conversation_id":"conv_1","status":"done"}"#)
            .ok()
            .unwrap();
        assert!(over.is_over());
        let event = over.into_event(Timestamp::EPOCH);
        assert!(
            event
                .key
                .as_str()
                .starts_with("elevenlabs-api:conv_1:done:"),
            "{}",
            event.key
        );
        assert!(
            !read(r#"{"conversation_id":"conv_1","status":"processing"}"#)
                .ok()
                .unwrap()
                .is_over()
        );
        let another = read(r#"{"conversation_id":"conv_2","status":"done"}"#).err();
        assert_eq!(
            another,
            Some(ConversationApiError::Unusable("another conversation"))
        );
        for odd in ["", "[]", "{}", r#"{"conversation_id":"conv_1"}"#, "<html>"] {
            assert_eq!(
                read(odd).err(),
                Some(ConversationApiError::Unusable("not a conversation")),
                "{odd}"
            );
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = ApiKey::parse("xi-secret").unwrap();
        assert!(!format!("{key:?}").contains("secret"));
        assert!(ApiKey::parse("line\nbreak").is_none());
    }
}
