//! The status of an agent's call, as the ElevenLabs call status document names it.

use serde::{Deserialize, Serialize};

use crate::domain::key::EventKey;

/// A status and the event that reported it. The event's payload is the `rawResponse` of a status
/// query.
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

    /// How far a call with this status has progressed. It is a claim's rank: a late event does not
    /// replace a later status, and `ended` does not replace the status that says how the call
    /// ended.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_ranks_by_how_far_the_call_has_come() {
        use StatusWord::*;
        for (rank, words) in [
            (0, &[Initiated][..]),
            (1, &[Ringing]),
            (2, &[Answered]),
            (3, &[Ended]),
            (4, &[Completed, InitiationFailed, Busy, NoAnswer]),
            (4, &[Failed, Canceled, Unreachable, Rejected]),
        ] {
            for word in words {
                assert_eq!(word.progress(), rank, "{word:?}");
                assert_eq!(word.is_terminal(), rank > 2, "{word:?}");
            }
        }
    }
}
