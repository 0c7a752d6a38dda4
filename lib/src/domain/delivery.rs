//! A delivery: one message on its way to one subscription, and what came of each attempt.

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

/// Something that customers are told: the same for every subscription that gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `webhook-id`: the same whenever and to whomever it is posted. It has no dot, which would blur
    /// what is signed.
    pub id: String,
    pub tenant_id: String,
    pub event_type: String,
    pub occurred_at: Timestamp,
    /// When Ringpost learned of it: the place of its deliveries in the history.
    pub announced_at: Timestamp,
    pub call_id: Option<CallId>,
    pub user_id: Option<String>,
    pub traits: Traits,
    /// What is posted: `{type, timestamp, data}` in JSON.
    pub body: Bytes,
}

/// What the id of a message begins with that was posted for a test.
pub const TEST_PREFIX: &str = "evt_test_";

/// The id of the message that follows from these names, which say for ever what it is about.
pub fn message_id(names: &[&str]) -> String {
    // As JSON, so that no two lists of names make the same text.
    let text = serde_json::json!(names).to_string();
    format!("evt_{}", hex::encode(&sha256(text.as_bytes())[..16]))
}

/// The id of the message of this type that an event of the tenant announces: it follows from what
/// announced it, which never changes. `about` tells apart several of one type.
pub fn announced_id(tenant_id: &str, by: &EventKey, event_type: &str, about: &[&str]) -> String {
    message_id(&[&[tenant_id, by.as_str(), event_type], about].concat())
}

/// Names a delivery: its place in the tenant's history.
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
    /// What is posted, byte for byte. `None` if it was not read, or is not kept any more.
    pub body: Option<Bytes>,
    pub status: DeliveryStatus,
    pub attempts: u32,
    /// How many of them came before the present run of the retry schedule: it begins anew with every
    /// manual retry.
    pub earlier_attempts: u32,
    /// How many attempts of this run were refused: the endpoint took too much at once, so that they do
    /// not count against the schedule.
    pub refused: u32,
    /// When the next attempt is to be made; `None` for at once, or when nothing follows.
    pub next_attempt_at: Option<Timestamp>,
    pub last: Option<Attempt>,
    /// The recovery that queued it again, if one did.
    pub recovery: Option<String>,
    pub occurred_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// So many refusals of one delivery are no failures; those that follow are.
const REFUSALS: u32 = 20;

impl Delivery {
    /// How many attempts of the present run have failed: those that count against the schedule.
    pub fn failures(&self) -> u32 {
        self.attempts
            .saturating_sub(self.earlier_attempts)
            .saturating_sub(self.refused)
    }

    /// How many attempts of the present run are refusals once this one is recorded.
    pub fn refused_after(&self, attempt: &Attempt) -> u32 {
        self.refused + u32::from(attempt.is_refusal() && self.refused < REFUSALS)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryStatus {
    Pending,
    Delivered,
    /// Nothing more is tried, until somebody asks for it.
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

/// One attempt, and what the endpoint answered: `responseData` of the Webhook API document.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub at: Timestamp,
    /// The HTTP status, if there was an answer.
    pub status_code: Option<u16>,
    /// The beginning of the answer's body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How long it took, in milliseconds.
    pub timing: u64,
    /// Why there was no answer, or why no request was made.
    pub error: Option<String>,
    /// How many seconds the endpoint asked us to wait.
    pub retry_after: Option<u64>,
    /// When the subscription had last been changed that it was made for, where the endpoint wants no more
    /// deliveries: its owner may have changed where they go.
    pub configured_at: Option<Timestamp>,
}

impl Attempt {
    pub fn succeeded(&self) -> bool {
        self.status_code
            .is_some_and(|code| (200..300).contains(&code))
    }

    /// Whether the endpoint says that this was too much at once: later, not never.
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
