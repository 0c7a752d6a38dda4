//! What a carrier reports about one leg, and ElevenLabs about one conversation. They are kept
//! apart, so that it can be decided at any time which of them counts for the call.

use std::{collections::BTreeSet, ops::Not};

use serde::{Deserialize, Serialize};

use super::{
    claims::{EarliestTime, Latest, merge_fields},
    outcome::Outcome,
};
use crate::domain::{
    bounded::Merge, call::direction::Direction, key::EventKey, phone::PhoneNumber,
    timestamp::Timestamp,
};

/// The end of a call as reported by its carrier, its agent platform or a dialer.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hangup {
    pub at: Timestamp,
    pub reason: Option<String>,
}

/// A leg as reported by its carrier, or by a source that knows it by the carrier's call SID.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The carrier itself reports the leg's progress: it will also report its end.
    #[serde(rename = "c", skip_serializing_if = "Not::not")]
    pub by_carrier: bool,
    #[serde(rename = "p", skip_serializing_if = "Not::not")]
    pub is_phone: bool,
    /// Another leg dialled it: it is a dialled-in leg of that call, and a call of its own.
    #[serde(rename = "x", skip_serializing_if = "Not::not")]
    pub was_dialled: bool,
    #[serde(rename = "s", skip_serializing_if = "Latest::is_empty")]
    pub started: Latest<Timestamp>,
    #[serde(rename = "i", skip_serializing_if = "EarliestTime::is_empty")]
    pub ringing: EarliestTime,
    #[serde(rename = "a", skip_serializing_if = "EarliestTime::is_empty")]
    pub answered: EarliestTime,
    #[serde(rename = "h", skip_serializing_if = "Latest::is_empty")]
    pub hangup: Latest<Hangup>,
    #[serde(rename = "v", skip_serializing_if = "Latest::is_empty")]
    pub verdict: Latest<Outcome>,
    #[serde(rename = "t", skip_serializing_if = "Latest::is_empty")]
    pub seconds: Latest<u64>,
    #[serde(rename = "f", skip_serializing_if = "Latest::is_empty")]
    pub failure: Latest<String>,
    #[serde(rename = "d", skip_serializing_if = "Latest::is_empty")]
    pub direction: Latest<Direction>,
    /// The number of the other side.
    #[serde(rename = "n", skip_serializing_if = "Latest::is_empty")]
    pub number: Latest<PhoneNumber>,
    /// Our own number.
    #[serde(rename = "o", skip_serializing_if = "Latest::is_empty")]
    pub line: Latest<PhoneNumber>,
}

impl Merge for Report {
    fn merge(&mut self, other: Self) {
        merge_fields!(
            self, other,
            registers: [
                started, ringing, answered, hangup, verdict, seconds, failure, direction, number, line
            ],
            flags: [by_carrier, is_phone, was_dialled]
        );
    }
}

impl Report {
    pub(super) fn is_answered(&self) -> bool {
        self.answered.get().is_some()
            || self.verdict.get() == Some(&Outcome::Completed)
            || self.seconds.get().is_some_and(|seconds| *seconds > 0)
    }

    /// The carrier reports the leg and has not reported its end yet.
    pub(super) fn is_ongoing(&self) -> bool {
        self.by_carrier && self.hangup.is_empty()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConversationReport {
    #[serde(rename = "g", skip_serializing_if = "Latest::is_empty")]
    pub agent_id: Latest<String>,
    /// The call may continue after it.
    #[serde(rename = "e", skip_serializing_if = "Latest::is_empty")]
    pub ended: Latest<Timestamp>,
    #[serde(rename = "x", skip_serializing_if = "Latest::is_empty")]
    pub transcript: Latest<EventKey>,
    /// What it achieved, in snake case.
    #[serde(rename = "r", skip_serializing_if = "Latest::is_empty")]
    pub results: Latest<BTreeSet<String>>,
    /// The phone call of the conversation, as reported by ElevenLabs.
    #[serde(rename = "p", skip_serializing_if = "is_empty")]
    pub report: Report,
}

fn is_empty(report: &Report) -> bool {
    *report == Report::default()
}

impl Merge for ConversationReport {
    fn merge(&mut self, other: Self) {
        merge_fields!(
            self, other,
            registers: [agent_id, ended, transcript, results, report],
            flags: []
        );
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomSpan {
    #[serde(rename = "c", skip_serializing_if = "EarliestTime::is_empty")]
    pub created: EarliestTime,
    #[serde(rename = "f", skip_serializing_if = "EarliestTime::is_empty")]
    pub finished: EarliestTime,
}

impl Merge for RoomSpan {
    fn merge(&mut self, other: Self) {
        merge_fields!(self, other, registers: [created, finished], flags: []);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::tests::at;

    fn latest<T: Ord>(value: T) -> Latest<T> {
        Latest::of(1, at(1), Some(value))
    }

    #[test]
    fn a_leg_was_answered_if_its_answer_its_verdict_or_its_duration_says_so() {
        for (report, answered) in [
            (Report::default(), false),
            (
                Report {
                    answered: EarliestTime::claimed(Some(at(5))),
                    ..Report::default()
                },
                true,
            ),
            (
                Report {
                    verdict: latest(Outcome::Completed),
                    ..Report::default()
                },
                true,
            ),
            (
                Report {
                    verdict: latest(Outcome::Busy),
                    ..Report::default()
                },
                false,
            ),
            (
                Report {
                    seconds: latest(0),
                    ..Report::default()
                },
                false,
            ),
            (
                Report {
                    seconds: latest(1),
                    ..Report::default()
                },
                true,
            ),
            (
                Report {
                    seconds: latest(2),
                    ..Report::default()
                },
                true,
            ),
        ] {
            assert_eq!(report.is_answered(), answered, "{report:?}");
        }
    }

    #[test]
    fn a_conversation_stores_its_phone_call_only_if_one_is_known() {
        let stored = |talk: &ConversationReport| serde_json::to_value(talk).unwrap();
        let unknown = stored(&ConversationReport::default());
        assert_eq!(unknown, serde_json::json!({}));
        let known = ConversationReport {
            report: Report {
                is_phone: true,
                ..Report::default()
            },
            ..ConversationReport::default()
        };
        let json = stored(&known);
        assert_eq!(json, serde_json::json!({ "p": { "p": true } }));
        let read: ConversationReport = serde_json::from_value(json).unwrap();
        assert_eq!(read, known);
    }
}
