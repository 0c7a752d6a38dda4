//! The status of an agent's call, in the words of the ElevenLabs call status document.

use serde::{Deserialize, Serialize};

use crate::domain::key::EventKey;

/// A status, and the event that tells it: its payload is the `rawResponse` of a status query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgentStatus {
    pub word: StatusWord,
    pub event: EventKey,
}

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum StatusWord {
    Initiated,
    Ringing,
    Answered,
    Completed,
    Ended,
    InitiationFailed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
    Unreachable,
    Rejected,
}

impl StatusWord {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Initiated | Self::Ringing | Self::Answered)
    }

    /// How far a call with this status has come: a claim's rank, so that a status that arrives late
    /// does not take back a later one, and that `ended` does not hide how it ended.
    pub fn progress(self) -> u8 {
        match self {
            Self::Initiated => 0,
            Self::Ringing => 1,
            Self::Answered => 2,
            Self::Ended => 3,
            _ => 4,
        }
    }
}
