//! The status of an agent's call, in the words of the ElevenLabs call status document.

use serde::{Deserialize, Serialize};

use super::{facts::Facts, key::EventKey, outcome::Outcome};

/// A status, and the event that tells it: its payload is the `rawResponse` of a status query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgentStatus {
    /// The status.
    pub word: StatusWord,
    /// The event.
    pub event: EventKey,
}

/// The statuses of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusWord {
    /// The call has been initiated.
    Initiated,
    /// It rings.
    Ringing,
    /// It was answered.
    Answered,
    /// It completed successfully.
    Completed,
    /// It has ended.
    Ended,
    /// It failed to initiate.
    InitiationFailed,
    /// The recipient is busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// It failed.
    Failed,
    /// It was canceled.
    Canceled,
    /// The recipient cannot be reached.
    Unreachable,
    /// The recipient rejected it.
    Rejected,
}

impl StatusWord {
    /// The word of the document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Completed => "completed",
            Self::Ended => "ended",
            Self::InitiationFailed => "initiation_failed",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Unreachable => "unreachable",
            Self::Rejected => "rejected",
        }
    }

    /// The status of a call: what ElevenLabs told, unless others know that the call went on from there.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let (told, seen) = (facts.agent_status.get().map(|status| status.word), Self::seen(facts));
        told.filter(|told| told.is_terminal() || told.progress() >= seen.progress()).unwrap_or(seen)
    }

    /// The status as the carrier, the room and the dialer show it.
    fn seen(facts: &Facts) -> Self {
        if facts.ending().is_some() {
            return match facts.outcome() {
                Some(Outcome::Completed) => Self::Completed,
                Some(Outcome::NoAnswer) => Self::NoAnswer,
                Some(Outcome::Busy) => Self::Busy,
                Some(Outcome::Failed) => Self::Failed,
                None => Self::Ended,
            };
        }
        if facts.answered_at().is_some() {
            Self::Answered
        } else if facts.ringing_at().is_some() {
            Self::Ringing
        } else {
            Self::Initiated
        }
    }

    /// Whether nothing follows it.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Initiated | Self::Ringing | Self::Answered)
    }

    /// How far a call with this status has come: a claim's rank, so that a status that arrives late
    /// does not take back a later one, and that `ended` does not hide how it ended.
    #[must_use]
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
    use crate::domain::{
        facts::Hangup,
        register::{Claim, EarliestTime, Latest},
        timestamp::Timestamp,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn told(word: StatusWord) -> Facts {
        let status = AgentStatus { word, event: EventKey::of("elevenlabs-call-status", "1") };
        let agent_status = Latest::claimed(Some(Claim::new(word.progress(), at(100), status)));
        Facts { agent_status, ..Facts::default() }
    }

    fn hung_up(verdict: Option<Outcome>) -> Facts {
        let hangup = Hangup { at: at(160), reason: None };
        Facts {
            hangup: Latest::claimed(Some(Claim::new(3, at(160), hangup))),
            verdict: Latest::claimed(verdict.map(|verdict| Claim::new(3, at(160), verdict))),
            ..Facts::default()
        }
    }

    #[test]
    fn without_elevenlabs_the_call_itself_shows_its_status() {
        let mut facts = Facts::default();
        assert_eq!(StatusWord::of(&facts), StatusWord::Initiated);
        facts.ringing = EarliestTime::claimed(Some(at(101)));
        assert_eq!(StatusWord::of(&facts), StatusWord::Ringing);
        facts.answered = EarliestTime::claimed(Some(at(105)));
        assert_eq!(StatusWord::of(&facts), StatusWord::Answered);
        for (verdict, word) in [
            (None, StatusWord::Ended),
            (Some(Outcome::Completed), StatusWord::Completed),
            (Some(Outcome::NoAnswer), StatusWord::NoAnswer),
            (Some(Outcome::Busy), StatusWord::Busy),
            (Some(Outcome::Failed), StatusWord::Failed),
        ] {
            assert_eq!(StatusWord::of(&hung_up(verdict)), word);
        }
    }

    #[test]
    fn what_elevenlabs_told_counts_until_others_know_more() {
        let mut facts = told(StatusWord::Ringing);
        assert_eq!(StatusWord::of(&facts), StatusWord::Ringing);
        facts.answered = EarliestTime::claimed(Some(at(105)));
        assert_eq!(StatusWord::of(&facts), StatusWord::Answered);
        facts.merge(hung_up(Some(Outcome::Completed)));
        assert_eq!(StatusWord::of(&facts), StatusWord::Completed);
        let mut unreachable = told(StatusWord::Unreachable);
        unreachable.merge(hung_up(Some(Outcome::NoAnswer)));
        assert_eq!(StatusWord::of(&unreachable), StatusWord::Unreachable);
        let mut ended = told(StatusWord::Ended);
        ended.merge(hung_up(Some(Outcome::Completed)));
        assert_eq!(StatusWord::of(&ended), StatusWord::Ended);
    }
}
