//! A leg: one phone or one person in a room, and what is known of its comings and goings.

use std::{borrow::Borrow, ops::Not};

use serde::{Deserialize, Serialize};

use super::{
    claims::{EarliestTime, FirstLast, Highest, merge_fields},
    outcome::Outcome,
};
use crate::domain::{
    bounded::{Few, Merge},
    phone::PhoneNumber,
    timestamp::Timestamp,
};

/// A longer identity is cut: what is left of it still tells one participant from another.
const MAX_IDENTITY_BYTES: usize = 128;
const PHONE: char = 'p';
const PERSON: char = 'w';

/// Which leg it is: phone or person, and the identity that the room gives it. A person who reloads the
/// page and a phone that is dialled again under one identity stay the same leg.
///
/// Phones stand before persons, so that a crowd of listeners leaves them their room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegKey(String);

impl LegKey {
    /// The key of a phone; without a name it is one of those that nobody can tell apart.
    pub fn phone(name: &str) -> Self {
        Self::of(PHONE, name)
    }

    /// The key of a person in a browser, an app or a messenger.
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

    /// The identity; empty where none was told.
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

/// A leaving: when, since when the connection that ended had been there, and why. Stored as an array;
/// of two at the same moment that of the younger connection is the later one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left(Timestamp, Option<Timestamp>, Option<String>);

impl Left {
    /// A leaving at `at` of the connection that was made at `joined`, for the provider's `reason`.
    pub fn new(at: Timestamp, joined: Option<Timestamp>, reason: Option<String>) -> Self {
        Self(at, joined, reason)
    }

    pub fn at(&self) -> Timestamp {
        self.0
    }

    pub fn reason(&self) -> Option<&str> {
        self.2.as_deref()
    }

    /// Whether this is the end of a connection that was made at `joined`. LiveKit tells whole seconds:
    /// who leaves and comes back in the same second is told apart by the connection that ended.
    fn ends(&self, joined: Timestamp) -> bool {
        self.0 > joined || (self.0 == joined && self.1.is_none_or(|of| of >= joined))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Leg {
    /// A dispatch rule let it in: it called us.
    #[serde(rename = "r", skip_serializing_if = "Not::not")]
    pub by_rule: bool,
    /// It came over a trunk and by no rule: the platform dialled it.
    #[serde(rename = "d", skip_serializing_if = "Not::not")]
    pub dialled: bool,
    /// When it joined its room, first and last; a phone joins when it is dialled.
    #[serde(rename = "j", skip_serializing_if = "FirstLast::is_empty")]
    pub joined: FirstLast,
    #[serde(rename = "i", skip_serializing_if = "EarliestTime::is_empty")]
    pub ringing: EarliestTime,
    #[serde(rename = "a", skip_serializing_if = "EarliestTime::is_empty")]
    pub answered: EarliestTime,
    #[serde(rename = "l", skip_serializing_if = "Highest::is_empty")]
    pub left: Highest<Left>,
    /// Its last attempt that is known never to have been connected.
    #[serde(rename = "m", skip_serializing_if = "Highest::is_empty")]
    pub missed: Highest<Left>,
    /// The numbers of the other side.
    #[serde(rename = "n", skip_serializing_if = "Few::is_empty")]
    pub numbers: Few<PhoneNumber, 4>,
    /// Our own numbers.
    #[serde(rename = "o", skip_serializing_if = "Few::is_empty")]
    pub lines: Few<PhoneNumber, 4>,
    #[serde(rename = "s", skip_serializing_if = "Few::is_empty")]
    pub sip_calls: Few<String, 4>,
    #[serde(rename = "c", skip_serializing_if = "Few::is_empty")]
    pub call_sids: Few<String, 4>,
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
    /// The leg with those of its ids that `keeps`.
    pub fn with_ids(self, keeps: impl Fn(&String) -> bool) -> Self {
        let (sip_calls, call_sids) = (self.sip_calls.filter(&keeps), self.call_sids.filter(&keeps));
        Self {
            sip_calls,
            call_sids,
            ..self
        }
    }

    /// Whether it came and, as far as its room tells, has not gone.
    pub(super) fn is_there(&self) -> bool {
        let leavings = || {
            [&self.left, &self.missed]
                .into_iter()
                .filter_map(Highest::get)
        };
        self.joined
            .last()
            .is_some_and(|joined| !leavings().any(|left| left.ends(joined)))
    }

    /// Whether it is known to have been answered. LiveKit has no event for it: a phone that is seen
    /// active was, and so was one that left for a reason that only a conversation has.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.get().is_some()
            || self.left.get().is_some_and(|left| !reports_no_answer(left))
    }

    /// Its last leaving: of a conversation if there was one, else of an attempt.
    pub(super) fn leaving(&self) -> Option<&Left> {
        self.left.get().or(self.missed.get())
    }

    /// How it went, as far as its room tells.
    pub(super) fn outcome(&self) -> Option<LegOutcome> {
        if self.is_answered() {
            return Some(LegOutcome::Connected);
        }
        let left = self
            .left
            .get()
            .max(self.missed.get())
            .filter(|_| !self.is_there())?;
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

/// Whether the reason says that nobody had answered. Media and connections fail in conversations too.
fn reports_no_answer(left: &Left) -> bool {
    match left.reason() {
        Some("SIP_TRUNK_FAILURE" | "JOIN_FAILURE") => true,
        reason => matches!(
            reason.and_then(Outcome::of_reason),
            Some(Outcome::Busy | Outcome::NoAnswer)
        ),
    }
}
