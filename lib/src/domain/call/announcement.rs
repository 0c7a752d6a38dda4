//! What a call announces to customers, and which event announced it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::VariantArray;

use super::{agent_status::StatusWord, facts::Facts, outcome::Outcome};
use crate::domain::{key::EventKey, timestamp::Timestamp};

/// The lifecycle of a call as it is announced to customers, each type once per call.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    VariantArray,
)]
pub enum Announcement {
    #[strum(serialize = "call.created")]
    Created,
    #[strum(serialize = "call.ringing")]
    Ringing,
    #[strum(serialize = "call.answered")]
    Answered,
    #[strum(serialize = "conversation.started")]
    ConversationStarted,
    /// The call may continue after its agent's conversation.
    #[strum(serialize = "conversation.completed")]
    ConversationCompleted,
    #[strum(serialize = "call.completed")]
    Completed,
}

impl Announcement {
    /// All of them, in the order in which they happen.
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    pub(super) fn is_due(self, facts: &Facts) -> bool {
        match self {
            Self::Created => true,
            Self::Ringing => facts.ringing_at().is_some(),
            Self::Answered => facts.answered_at().is_some(),
            Self::ConversationStarted => is_in_conversation(facts),
            Self::ConversationCompleted => is_in_conversation(facts) && has_conversed(facts),
            Self::Completed => facts.ending().is_some(),
        }
    }

    /// When it happened, if the facts show it.
    pub fn occurred_at(self, facts: &Facts) -> Option<Timestamp> {
        let ended_at = || facts.ending().map(|ending| ending.at);
        match self {
            Self::Created => facts.started_at().or(facts.first_event.get()),
            Self::Ringing => facts.ringing_at(),
            Self::Answered => facts.answered_at(),
            Self::ConversationStarted => facts.answered_at().or_else(|| facts.started_at()),
            Self::ConversationCompleted => facts.conversation_ended_at().or_else(ended_at),
            Self::Completed => ended_at(),
        }
    }
}

/// A conversation has an id before it is answered, and keeps it if it never is.
fn is_in_conversation(facts: &Facts) -> bool {
    let status = facts.agent_status.get().map(|status| status.word);
    facts.conversation_id().is_some()
        && (facts.answered_at().is_some()
            || status == Some(StatusWord::Answered)
            || has_conversed(facts))
}

/// Only ElevenLabs knows when its conversation ended: the call's leg may belong to another
/// conversation.
fn has_conversed(facts: &Facts) -> bool {
    let status = facts.agent_status.get().map(|status| status.word);
    facts.conversation_ended_at().is_some()
        || facts.transcript().is_some()
        || matches!(status, Some(StatusWord::Completed | StatusWord::Ended))
}

/// How far a call has progressed, as announced to customers.
pub fn progress(facts: &Facts) -> &'static str {
    if facts.ending().is_some() {
        "completed"
    } else if facts.answered_at().is_some() {
        "answered"
    } else if facts.ringing_at().is_some() {
        "ringing"
    } else {
        "created"
    }
}

/// The announced values of an ended call. When one changes, `call.updated` follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedState {
    status: &'static str,
    outcome: Option<Outcome>,
    duration: Option<u64>,
    recording_url: Option<String>,
}

impl AnnouncedState {
    pub fn of(facts: &Facts) -> Self {
        Self {
            status: progress(facts),
            outcome: facts.outcome(),
            duration: facts.duration_millis().map(|millis| millis / 1_000),
            recording_url: facts.recording_url.get().cloned(),
        }
    }

    /// The old values that differ from `now`, by their public names; an unknown one is null.
    pub fn changed_to(&self, now: &Self) -> Map<String, Value> {
        let outcome = |shown: &Self| Value::from(shown.outcome.map(Outcome::as_str));
        let recording = |shown: &Self| Value::from(shown.recording_url.clone());
        let values = [
            ("status", self.status.into(), now.status.into()),
            ("outcome", outcome(self), outcome(now)),
            ("duration", self.duration.into(), now.duration.into()),
            ("recordingUrl", recording(self), recording(now)),
        ];
        let changed = values.into_iter().filter(|(_, was, is)| was != is);
        changed
            .map(|(name, was, _): (&str, Value, Value)| (name.to_owned(), was))
            .collect()
    }
}

/// The event that announced something. Stored as the array `[by, at]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(EventKey, Timestamp)", into = "(EventKey, Timestamp)")]
pub struct Announced {
    pub by: EventKey,
    pub at: Timestamp,
}

impl From<(EventKey, Timestamp)> for Announced {
    fn from((by, at): (EventKey, Timestamp)) -> Self {
        Self { by, at }
    }
}

impl From<Announced> for (EventKey, Timestamp) {
    fn from(announced: Announced) -> Self {
        (announced.by, announced.at)
    }
}

#[cfg(test)]
mod tests;
