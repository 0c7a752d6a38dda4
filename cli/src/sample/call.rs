//! A call to a phone that never rang, as all providers report it under the same ids.

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::event::SampleEvent;

/// How the call ends. The words are those of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Completed,
    Busy,
    NoAnswer,
    Failed,
}

/// An outbound call: an agent in a room dials a phone.
#[derive(Debug, Clone)]
pub(crate) struct SampleCall {
    /// 32 hex digits, which are in all of its ids.
    pub(crate) unique: String,
    /// When its room was made.
    pub(crate) start: Timestamp,
    pub(crate) outcome: Outcome,
    /// The tenant's number, which says whose call it is.
    pub(crate) line: String,
    /// The number of the other side.
    pub(crate) other: String,
}

impl Outcome {
    /// The word of the API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
        }
    }

    /// How many seconds after the room was made the phone was gone.
    pub(crate) fn end(self) -> i64 {
        match self {
            Self::Completed => TALKS_FROM + TALKS_FOR,
            Self::Busy | Self::Failed => 8,
            Self::NoAnswer => 32,
        }
    }
}

/// The second at which a phone that answers answers, and for how long it talks then.
pub(crate) const TALKS_FROM: i64 = 6;
pub(crate) const TALKS_FOR: i64 = 45;
/// How long after the phone the agent leaves and the room closes, at most.
const CLOSING: i64 = 3;

impl SampleCall {
    /// A call with new ids that has just ended. The number of the other side is one that is reserved for fiction.
    pub(crate) fn ended_at(now: Timestamp, outcome: Outcome, line: &str) -> Self {
        let length = SignedDuration::from_secs(outcome.end() + CLOSING);
        Self {
            unique: Uuid::new_v4().simple().to_string(),
            start: now.checked_sub(length).unwrap_or(now),
            outcome,
            line: line.to_owned(),
            other: format!("+120255501{:02}", fastrand::u8(..100)),
        }
    }

    /// The carrier's id of the call.
    pub(crate) fn call_sid(&self) -> String {
        format!("CA{}", self.unique)
    }

    /// ElevenLabs' id of the conversation.
    pub(crate) fn conversation_id(&self) -> String {
        format!("conv_{}", self.unique)
    }

    /// The moment that many seconds after the beginning.
    pub(crate) fn second(&self, second: i64) -> Timestamp {
        self.start
            .checked_add(SignedDuration::from_secs(second))
            .unwrap_or(self.start)
    }

    /// What all providers report about it, in the order in which it happens.
    pub(crate) fn events(&self) -> Vec<SampleEvent> {
        let mut events = [
            self.livekit_events(),
            self.signalwire_events(),
            self.elevenlabs_events(),
        ]
        .concat();
        events.sort_by_key(|(second, _)| *second);
        events.into_iter().map(|(_, event)| event).collect()
    }
}

/// Every sample that `trigger` knows, each once, about calls that ended now.
pub(crate) fn catalogue(now: Timestamp, line: &str) -> Vec<SampleEvent> {
    let mut known: Vec<SampleEvent> = Vec::new();
    for outcome in [
        Outcome::Completed,
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::Failed,
    ] {
        let call = SampleCall::ended_at(now, outcome, line);
        for event in call.events().into_iter().chain(call.other_events()) {
            if !known
                .iter()
                .any(|other| other.full_name() == event.full_name())
            {
                known.push(event);
            }
        }
    }
    known
}
