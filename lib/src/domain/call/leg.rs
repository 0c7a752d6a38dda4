//! A leg: one phone or one person in a room, when it joined and left.

use std::{borrow::Borrow, ops::Not};

use serde::{Deserialize, Serialize};

use super::{
    claims::{EarliestTime, FirstLast, Highest, merge_fields},
    outcome::Outcome,
};
use crate::domain::{
    bounded::{BoundedSet, Merge},
    phone::PhoneNumber,
    timestamp::Timestamp,
};

/// A longer identity is cut; the beginning still distinguishes participants.
const MAX_IDENTITY_BYTES: usize = 128;
const PHONE: char = 'p';
const PERSON: char = 'w';

/// Phone or person, and its identity in the room. A person who reloads the page and a phone that is
/// dialled again under one identity remain the same leg.
///
/// Phones sort before persons, so that a crowd of listeners does not displace them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegKey(String);

impl LegKey {
    /// All phones without a name share one key.
    pub fn phone(name: &str) -> Self {
        Self::of(PHONE, name)
    }

    /// A person in a browser, an app or a messenger.
    pub fn person(name: &str) -> Self {
        Self::of(PERSON, name)
    }

    fn of(kind: char, name: &str) -> Self {
        let (name, _) = name.split_at(name.floor_char_boundary(MAX_IDENTITY_BYTES));
        Self(format!("{kind}{name}"))
    }

    pub fn is_phone(&self) -> bool {
        self.0.starts_with(PHONE)
    }

    /// Empty if none was reported.
    pub fn identity(&self) -> &str {
        self.0.get(1..).unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for LegKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// When a connection ended, when it had begun, and why it ended. Stored as an array; of two at the
/// same moment, that of the younger connection is the later one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Disconnection(Timestamp, Option<Timestamp>, Option<String>);

impl Disconnection {
    /// A connection from `joined` to `at`; `reason` is the provider's.
    pub fn new(at: Timestamp, joined: Option<Timestamp>, reason: Option<String>) -> Self {
        Self(at, joined, reason)
    }

    pub fn at(&self) -> Timestamp {
        self.0
    }

    pub fn reason(&self) -> Option<&str> {
        self.2.as_deref()
    }

    /// Whether this is the end of the connection that began at `joined`. LiveKit reports whole
    /// seconds: if a participant leaves and rejoins within a second, the begin of the ended
    /// connection distinguishes the two.
    fn ends(&self, joined: Timestamp) -> bool {
        self.0 > joined || (self.0 == joined && self.1.is_none_or(|of| of >= joined))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Leg {
    /// A dispatch rule let it in: an inbound call.
    #[serde(rename = "r", skip_serializing_if = "Not::not")]
    pub by_rule: bool,
    /// It came over a trunk without a rule: the platform dialled it.
    #[serde(rename = "d", skip_serializing_if = "Not::not")]
    pub dialled: bool,
    /// First and last. A phone joins when it is dialled.
    #[serde(rename = "j", skip_serializing_if = "FirstLast::is_empty")]
    pub joined: FirstLast,
    #[serde(rename = "i", skip_serializing_if = "EarliestTime::is_empty")]
    pub ringing: EarliestTime,
    #[serde(rename = "a", skip_serializing_if = "EarliestTime::is_empty")]
    pub answered: EarliestTime,
    #[serde(rename = "l", skip_serializing_if = "Highest::is_empty")]
    pub left: Highest<Disconnection>,
    /// The last attempt that never connected.
    #[serde(rename = "m", skip_serializing_if = "Highest::is_empty")]
    pub missed: Highest<Disconnection>,
    /// The numbers of the other side.
    #[serde(rename = "n", skip_serializing_if = "BoundedSet::is_empty")]
    pub numbers: BoundedSet<PhoneNumber, 4>,
    /// Our own numbers.
    #[serde(rename = "o", skip_serializing_if = "BoundedSet::is_empty")]
    pub lines: BoundedSet<PhoneNumber, 4>,
    #[serde(rename = "s", skip_serializing_if = "BoundedSet::is_empty")]
    pub sip_calls: BoundedSet<String, 4>,
    #[serde(rename = "c", skip_serializing_if = "BoundedSet::is_empty")]
    pub call_sids: BoundedSet<String, 4>,
}

impl Merge for Leg {
    fn merge(&mut self, other: Self) {
        merge_fields!(
            self, other,
            registers: [joined, ringing, answered, left, missed, numbers, lines, sip_calls, call_sids],
            flags: [by_rule, dialled]
        );
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LegOutcome {
    Connected,
    Busy,
    Declined,
    NoAnswer,
    Failed,
}

impl From<Outcome> for LegOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Connected,
            Outcome::NoAnswer => Self::NoAnswer,
            Outcome::Busy => Self::Busy,
            Outcome::Failed => Self::Failed,
        }
    }
}

impl Leg {
    /// Without the ids that `keeps` rejects.
    pub fn with_ids(self, keeps: impl Fn(&String) -> bool) -> Self {
        let (sip_calls, call_sids) = (self.sip_calls.filter(&keeps), self.call_sids.filter(&keeps));
        Self {
            sip_calls,
            call_sids,
            ..self
        }
    }

    /// Whether it joined and, according to its room, has not left.
    pub(super) fn is_present(&self) -> bool {
        let disconnections = || {
            [&self.left, &self.missed]
                .into_iter()
                .filter_map(Highest::get)
        };
        self.joined
            .last()
            .is_some_and(|joined| !disconnections().any(|left| left.ends(joined)))
    }

    /// LiveKit has no event for an answer: a phone was answered if it was seen active, or left for
    /// a reason that only a conversation has.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.get().is_some()
            || self.left.get().is_some_and(|left| !reports_no_answer(left))
    }

    /// Of a conversation if there was one, else of an attempt.
    pub(super) fn last_disconnection(&self) -> Option<&Disconnection> {
        self.left.get().or(self.missed.get())
    }

    /// According to its room.
    pub(super) fn outcome(&self) -> Option<LegOutcome> {
        if self.is_answered() {
            return Some(LegOutcome::Connected);
        }
        let left = self
            .left
            .get()
            .max(self.missed.get())
            .filter(|_| !self.is_present())?;
        Some(match left.reason() {
            Some("USER_REJECTED") => LegOutcome::Declined,
            reason => match reason.and_then(Outcome::of_reason) {
                Some(Outcome::Busy) => LegOutcome::Busy,
                Some(Outcome::Failed) => LegOutcome::Failed,
                _ => LegOutcome::NoAnswer,
            },
        })
    }
}

/// Whether the reason means that the call was not answered. Media and connections also fail in
/// conversations.
fn reports_no_answer(left: &Disconnection) -> bool {
    match left.reason() {
        Some("SIP_TRUNK_FAILURE" | "JOIN_FAILURE") => true,
        reason => matches!(
            reason.and_then(Outcome::of_reason),
            Some(Outcome::Busy | Outcome::NoAnswer)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_failed_was_declined_or_was_missed_as_its_last_reason_says() {
        let at = |second| Timestamp::from_seconds(second).unwrap();
        let outcome = |reason: &str| {
            let end = Disconnection::new(at(20), Some(at(10)), Some(reason.to_owned()));
            let leg = Leg {
                joined: FirstLast::of(Some(at(10))),
                missed: Highest::of(Some(end)),
                ..Leg::default()
            };
            leg.outcome()
        };
        for (reason, expected) in [
            ("USER_REJECTED", LegOutcome::Declined),
            ("BUSY_HERE", LegOutcome::Busy),
            ("SIP_TRUNK_FAILURE", LegOutcome::Failed),
            ("USER_UNAVAILABLE", LegOutcome::NoAnswer),
            ("CLIENT_INITIATED", LegOutcome::NoAnswer),
        ] {
            assert_eq!(outcome(reason), Some(expected), "{reason}");
        }
    }

    #[test]
    fn media_and_connections_also_fail_in_conversations() {
        let end =
            |reason: &str| Disconnection::new(Timestamp::EPOCH, None, Some(reason.to_owned()));
        for (reason, unanswered) in [
            ("SIP_TRUNK_FAILURE", true),
            ("JOIN_FAILURE", true),
            ("USER_REJECTED", true),
            ("USER_UNAVAILABLE", true),
            ("BUSY_HERE", true),
            ("MEDIA_FAILURE", false),
            ("CONNECTION_TIMEOUT", false),
            ("CLIENT_INITIATED", false),
        ] {
            assert_eq!(reports_no_answer(&end(reason)), unanswered, "{reason}");
        }
        assert!(!reports_no_answer(&Disconnection::new(
            Timestamp::EPOCH,
            None,
            None
        )));
    }
}
