//! An event: the fact that a verified webhook leaves behind, kept as it came.

use std::fmt;

use bytes::Bytes;

use super::{key::EventKey, timestamp::Timestamp};

/// Who reported an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// LiveKit's own webhooks.
    LiveKit,
}

impl Source {
    /// The name in keys, in the history and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LiveKit => "livekit",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::LiveKit.as_str()).then_some(Self::LiveKit)
    }
}

/// One entry of the event log.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Unique for ever; the idempotency key.
    pub key: EventKey,
    /// Who reported it.
    pub source: Source,
    /// The provider's name for what happened, known to us or not.
    pub event_type: String,
    /// When it happened, as the provider says.
    pub occurred_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// The body of the webhook, byte for byte.
    pub payload: Bytes,
}

/// Shows the key only: the payload never reaches a log by accident.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({})", self.key)
    }
}
