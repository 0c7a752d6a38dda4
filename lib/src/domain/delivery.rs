//! A delivery: one message to one subscription, and the results of its attempts.

pub mod endpoint_health;
pub mod pace;
pub mod recovery;
pub mod retry;
pub mod signature;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    key::{CallId, EventKey},
    subscription::Traits,
    timestamp::Timestamp,
};
use crate::crypto::sha256;

/// The same for every subscription that gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `webhook-id`: the same for every attempt and receiver. It has no dot, because a dot
    /// separates the parts of what is signed.
    pub id: String,
    pub tenant_id: String,
    pub event_type: String,
    pub occurred_at: Timestamp,
    /// When Ringpost received the event: the position of its deliveries in the history.
    pub announced_at: Timestamp,
    pub call_id: Option<CallId>,
    pub user_id: Option<String>,
    pub traits: Traits,
    /// `{type, timestamp, data}` in JSON.
    pub body: Bytes,
}

/// The prefix of a test message's id.
pub const TEST_PREFIX: &str = "evt_test_";

/// The id of the message that these names identify for ever.
pub fn message_id(names: &[&str]) -> String {
    // As JSON, so that no two lists of names make the same text.
    let text = serde_json::json!(names).to_string();
    format!("evt_{}", hex::encode(&sha256(text.as_bytes())[..16]))
}

/// The id of the message of this type that an event announces. It is derived from the announcing
/// event, which never changes. `about` distinguishes several messages of one type.
pub fn announced_id(tenant_id: &str, by: &EventKey, event_type: &str, about: &[&str]) -> String {
    message_id(&[&[tenant_id, by.as_str(), event_type], about].concat())
}

/// A delivery by its position in the tenant's history.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeliveryRef {
    pub tenant_id: String,
    pub id: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its place in the history.
    pub at: DeliveryRef,
    pub subscription_id: u64,
    pub message_id: String,
    pub event_type: String,
    pub call_id: Option<CallId>,
    pub user_id: Option<String>,
    /// Byte for byte. `None` if it was not read, or is no longer kept.
    pub body: Option<Bytes>,
    pub status: DeliveryStatus,
    pub attempts: u32,
    /// The attempts before the current run of the retry schedule: a manual retry starts a new run.
    pub earlier_attempts: u32,
    /// The attempts of this run that were refused as too many at once. They do not count against
    /// the schedule.
    pub refused: u32,
    /// `None` for at once, or when nothing follows.
    pub next_attempt_at: Option<Timestamp>,
    pub last: Option<Attempt>,
    /// The recovery that queued it again, if one did.
    pub recovery: Option<String>,
    pub occurred_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Refusals beyond this number count as failures.
const REFUSALS: u32 = 20;

impl Delivery {
    /// The failed attempts of the current run, which count against the schedule.
    pub fn failures(&self) -> u32 {
        self.attempts
            .saturating_sub(self.earlier_attempts)
            .saturating_sub(self.refused)
    }

    /// The refusals of the current run once this attempt is recorded.
    pub fn refused_after(&self, attempt: &Attempt) -> u32 {
        self.refused + u32::from(attempt.is_refusal() && self.refused < REFUSALS)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryStatus {
    Pending,
    Delivered,
    /// No attempt follows, unless it is requested.
    Failed,
    Cancelled,
}

impl DeliveryStatus {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// One attempt and its response: `responseData` of the Webhook API document.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub at: Timestamp,
    pub status_code: Option<u16>,
    /// The beginning of the answer's body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How long it took, in milliseconds.
    pub timing: u64,
    /// Why there was no response, or why no request was made.
    pub error: Option<String>,
    /// In seconds.
    pub retry_after: Option<u64>,
    /// When the subscription had last been changed before this attempt, if the endpoint answered
    /// 410: its owner may have changed the URL since.
    pub configured_at: Option<Timestamp>,
}

/// Why an attempt got no answer in time.
pub const TIMED_OUT: &str = "timed out";

/// How an attempt was answered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray,
)]
pub enum Answer {
    #[strum(serialize = "2xx")]
    Success,
    #[strum(serialize = "3xx")]
    Redirect,
    #[strum(serialize = "4xx")]
    Refusal,
    #[strum(serialize = "5xx")]
    ServerError,
    #[strum(serialize = "timeout")]
    Timeout,
    /// There was no connection, or it broke.
    #[strum(serialize = "connection")]
    NoConnection,
}

impl Answer {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Attempt {
    pub fn answer(&self) -> Answer {
        match (self.status_code.map(|code| code / 100), &self.error) {
            (Some(2), _) => Answer::Success,
            (Some(3), _) => Answer::Redirect,
            (Some(4), _) => Answer::Refusal,
            (Some(_), _) => Answer::ServerError,
            (None, Some(error)) if error == TIMED_OUT => Answer::Timeout,
            (None, _) => Answer::NoConnection,
        }
    }

    pub fn succeeded(&self) -> bool {
        self.status_code
            .is_some_and(|code| (200..300).contains(&code))
    }

    /// Whether the endpoint rejected the delivery as too many at once.
    pub fn is_refusal(&self) -> bool {
        match self.status_code {
            Some(429) => true,
            Some(503) => self.retry_after.is_some(),
            _ => false,
        }
    }

    pub fn is_gone(&self) -> bool {
        self.status_code == Some(410)
    }
}

#[cfg(test)]
pub(crate) mod tests;
