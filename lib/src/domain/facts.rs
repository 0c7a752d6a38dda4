//! The facts of a call: a join-semilattice. `merge` is commutative, associative and idempotent, so
//! every replay, reordering and regrouping of a call's events ends in the same facts. Status,
//! outcome and duration are views, computed and never stored. There is deliberately no list of
//! applied events.

use serde::{Deserialize, Serialize};

use super::{
    outcome::{End, Outcome},
    phone::PhoneNumber,
    register::{Earliest, EarliestTime, Latest},
    timestamp::Timestamp,
};

/// Which way a call went, seen from the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called one of our numbers.
    Inbound,
    /// The platform called somebody.
    Outbound,
}

/// A participant's leaving.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leaving {
    /// The provider's reason, as it spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The participant's identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// False when the participant is known never to have been connected.
    pub connected: bool,
}

/// Everything that the events of a call have told of it. One event tells a few fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// LiveKit's name of the room.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub room_name: Latest<String>,
    /// LiveKit's sid of the room.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub room_sid: Latest<String>,
    /// The SIP call id.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub sip_call_id: Latest<String>,
    /// The number of the other side.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub phone_number: Latest<PhoneNumber>,
    /// Our own number, by which the directory knows whose call it is. The other side's number never
    /// decides that: it may be a number of another tenant.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub line_number: Latest<PhoneNumber>,
    /// Which way the call went.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub direction: Latest<Direction>,
    /// The campaign that the room's metadata names.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub campaign_id: Latest<String>,
    /// Where the recording is.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub recording_url: Latest<String>,
    /// When the first event of the call happened.
    #[serde(skip_serializing_if = "EarliestTime::is_empty")]
    pub first_event: EarliestTime,
    /// When the room was created.
    #[serde(skip_serializing_if = "EarliestTime::is_empty")]
    pub room_created: EarliestTime,
    /// When the first person (not an agent, egress or ingress) joined.
    #[serde(skip_serializing_if = "EarliestTime::is_empty")]
    pub joined: EarliestTime,
    /// When a phone was first seen ringing.
    #[serde(skip_serializing_if = "EarliestTime::is_empty")]
    pub ringing: EarliestTime,
    /// When a phone was first seen answered.
    #[serde(skip_serializing_if = "EarliestTime::is_empty")]
    pub answered: EarliestTime,
    /// Whether a phone has taken part; if so, only its leaving ends the call.
    #[serde(skip_serializing_if = "is_false")]
    pub has_phone: bool,
    /// The last leaving of a phone's participant (`kind: SIP`).
    #[serde(skip_serializing_if = "Latest::is_empty")]
    pub phone_left: Latest<Leaving>,
    /// The earliest leaving of a standard participant.
    #[serde(skip_serializing_if = "Earliest::is_empty")]
    pub standard_left: Earliest<Leaving>,
    /// When the room was closed.
    #[serde(skip_serializing_if = "EarliestTime::is_empty")]
    pub room_finished: EarliestTime,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// How and when a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    /// When it ended.
    pub at: Timestamp,
    /// Whose leaving ended it; `None` when only the closing of the room is known.
    pub leaving: Option<&'a Leaving>,
}

impl Facts {
    /// Adds what `other` tells. The order, repetition and grouping of merges do not matter.
    pub fn merge(&mut self, other: Self) {
        // Without `..`, so that a new fact cannot be forgotten here.
        let Self {
            room_name,
            room_sid,
            sip_call_id,
            phone_number,
            line_number,
            direction,
            campaign_id,
            recording_url,
            first_event,
            room_created,
            joined,
            ringing,
            answered,
            has_phone,
            phone_left,
            standard_left,
            room_finished,
        } = other;
        self.room_name.merge(room_name);
        self.room_sid.merge(room_sid);
        self.sip_call_id.merge(sip_call_id);
        self.phone_number.merge(phone_number);
        self.line_number.merge(line_number);
        self.direction.merge(direction);
        self.campaign_id.merge(campaign_id);
        self.recording_url.merge(recording_url);
        self.first_event.merge(first_event);
        self.room_created.merge(room_created);
        self.joined.merge(joined);
        self.ringing.merge(ringing);
        self.answered.merge(answered);
        self.has_phone |= has_phone;
        self.phone_left.merge(phone_left);
        self.standard_left.merge(standard_left);
        self.room_finished.merge(room_finished);
    }

    /// When the call started: with its room, or with the first person in it.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        self.room_created.get().or(self.joined.get())
    }

    /// How the call ended: by the leaving of its phone where it has one, else by the earliest
    /// leaving of a standard participant, else with its room. `None` while it goes on.
    #[must_use]
    pub fn ending(&self) -> Option<Ending<'_>> {
        let leaving = if self.has_phone { self.phone_left.claim() } else { self.standard_left.claim() };
        leaving
            .map(|claim| Ending { at: claim.at(), leaving: Some(claim.value()) })
            .or_else(|| self.room_finished.get().map(|at| Ending { at, leaving: None }))
    }

    /// From start to end, in milliseconds.
    #[must_use]
    pub fn duration_millis(&self) -> Option<u64> {
        Some(self.ending()?.at.millis_since(self.started_at()?))
    }

    /// The outcome of the ended call; `None` while it goes on or when nothing decides.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        let leaving = self.ending()?.leaving;
        Outcome::decide(End {
            reason: leaving.and_then(|leaving| leaving.reason.as_deref()),
            duration_millis: self.duration_millis(),
            connected: leaving.is_none_or(|leaving| leaving.connected),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::register::Claim;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn leaving(seconds: i64, identity: &str) -> Option<Claim<Leaving>> {
        let leaving = Leaving { reason: None, identity: Some(identity.to_owned()), connected: true };
        Some(Claim::new(0, at(seconds), leaving))
    }

    #[test]
    fn only_the_phone_ends_a_call_that_has_one() {
        let mut facts = Facts {
            room_created: EarliestTime::claimed(Some(at(100))),
            has_phone: true,
            standard_left: Earliest::claimed(leaving(110, "supervisor")),
            ..Facts::default()
        };
        assert_eq!(facts.ending(), None);
        facts.merge(Facts { room_finished: EarliestTime::claimed(Some(at(170))), ..Facts::default() });
        assert_eq!(facts.duration_millis(), Some(70_000));
        facts.merge(Facts { phone_left: Latest::claimed(leaving(160, "sip_caller")), ..Facts::default() });
        assert_eq!(facts.duration_millis(), Some(60_000));
    }

    #[test]
    fn without_a_phone_the_earliest_standard_leaving_ends_the_call() {
        let mut facts = Facts {
            room_created: EarliestTime::claimed(Some(at(100))),
            standard_left: Earliest::claimed(leaving(150, "second")),
            ..Facts::default()
        };
        facts.merge(Facts { standard_left: Earliest::claimed(leaving(145, "first")), ..Facts::default() });
        assert_eq!(facts.duration_millis(), Some(45_000));
        let identity = facts.ending().unwrap().leaving.unwrap().identity.as_deref();
        assert_eq!(identity, Some("first"));
    }

    #[test]
    fn an_end_without_a_start_has_no_duration_and_no_outcome() {
        let facts = Facts { standard_left: Earliest::claimed(leaving(150, "a")), ..Facts::default() };
        assert_eq!((facts.duration_millis(), facts.outcome()), (None, None));
    }
}
