//! What of a call's life is announced to customers, and which event did so.

use serde::{Deserialize, Serialize};

use super::{agent_status::StatusWord, facts::Facts, key::EventKey, timestamp::Timestamp};

/// The lifecycle of a call as it is announced to customers, each type once per call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Announcement {
    /// The call exists.
    Created,
    /// It rings.
    Ringing,
    /// It was answered.
    Answered,
    /// Its agent's conversation began.
    ConversationStarted,
    /// Its agent's conversation ended; the call may go on without it.
    ConversationCompleted,
    /// It ended, however it ended.
    Completed,
}

impl Announcement {
    /// All of them, in the order in which they happen.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Ringing,
        Self::Answered,
        Self::ConversationStarted,
        Self::ConversationCompleted,
        Self::Completed,
    ];

    /// The event type that customers subscribe to.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "call.created",
            Self::Ringing => "call.ringing",
            Self::Answered => "call.answered",
            Self::ConversationStarted => "conversation.started",
            Self::ConversationCompleted => "conversation.completed",
            Self::Completed => "call.completed",
        }
    }

    /// Reads a stored type.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|announcement| announcement.as_str() == text)
    }

    pub(super) fn is_due(self, facts: &Facts) -> bool {
        match self {
            Self::Created => true,
            Self::Ringing => facts.ringing.get().is_some(),
            Self::Answered => facts.answered.get().is_some(),
            Self::ConversationStarted => is_in_conversation(facts),
            Self::ConversationCompleted => is_in_conversation(facts) && has_conversed(facts),
            Self::Completed => facts.ending().is_some(),
        }
    }

    /// When it happened, as far as the facts tell.
    #[must_use]
    pub fn occurred_at(self, facts: &Facts) -> Option<Timestamp> {
        let ended_at = || facts.ending().map(|ending| ending.at);
        match self {
            Self::Created => facts.started_at().or(facts.first_event.get()),
            Self::Ringing => facts.ringing.get(),
            Self::Answered => facts.answered.get(),
            Self::ConversationStarted => facts.answered.get().or_else(|| facts.started_at()),
            Self::ConversationCompleted => facts.conversation_ended.get().copied().or_else(ended_at),
            Self::Completed => ended_at(),
        }
    }
}

/// A conversation has its name before anybody answers, and keeps it when nobody does.
fn is_in_conversation(facts: &Facts) -> bool {
    let told = facts.agent_status.get().map(|status| status.word);
    !facts.conversation_id.is_empty()
        && (facts.answered.get().is_some() || told == Some(StatusWord::Answered) || has_conversed(facts))
}

/// Only ElevenLabs knows the end of its conversation: the leg of the call may be another one's.
fn has_conversed(facts: &Facts) -> bool {
    let told = facts.agent_status.get().map(|status| status.word);
    !facts.conversation_ended.is_empty()
        || !facts.transcript.is_empty()
        || matches!(told, Some(StatusWord::Completed | StatusWord::Ended))
}

/// The event that announced something, for ever. Stored as the array `[by, at]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(EventKey, Timestamp)", into = "(EventKey, Timestamp)")]
pub struct Announced {
    /// The event.
    pub by: EventKey,
    /// When it was received.
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
