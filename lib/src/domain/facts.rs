//! The facts of a call: a join-semilattice. `merge` is commutative, associative and idempotent, so
//! every replay, reordering and regrouping of a call's events ends in the same facts. Status,
//! outcome and duration are views, computed and never stored. There is deliberately no list of
//! applied events.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    agent_status::AgentStatus,
    contact_id::ContactId,
    follow_up::FollowUp,
    key::EventKey,
    outcome::{End, Outcome},
    phone::PhoneNumber,
    register::{Claim, Earliest, EarliestTime, Latest},
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

/// The end of a call as its carrier, its agent platform or a dialer tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hangup {
    /// When the call ended.
    pub at: Timestamp,
    /// The provider's reason, as it spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Everything that the events of a call have told of it. One event tells a few fields. Stored under
/// short names, for DynamoDB bills by the kilobyte and names count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// LiveKit's name of the room.
    #[serde(rename = "name", skip_serializing_if = "Latest::is_empty")]
    pub room_name: Latest<String>,
    /// LiveKit's sid of the room.
    #[serde(rename = "room", skip_serializing_if = "Latest::is_empty")]
    pub room_sid: Latest<String>,
    /// The SIP call id.
    #[serde(rename = "sip", skip_serializing_if = "Latest::is_empty")]
    pub sip_call_id: Latest<String>,
    /// The carrier's call SID.
    #[serde(rename = "sid", skip_serializing_if = "Latest::is_empty")]
    pub call_sid: Latest<String>,
    /// ElevenLabs' id of the conversation.
    #[serde(rename = "conv", skip_serializing_if = "Latest::is_empty")]
    pub conversation_id: Latest<String>,
    /// ElevenLabs' id of the agent.
    #[serde(rename = "agent", skip_serializing_if = "Latest::is_empty")]
    pub agent_id: Latest<String>,
    /// The number of the other side.
    #[serde(rename = "phone", skip_serializing_if = "Latest::is_empty")]
    pub phone_number: Latest<PhoneNumber>,
    /// Our own number, by which the directory knows whose call it is. The other side's number never
    /// decides that: it may be a number of another tenant.
    #[serde(rename = "line", skip_serializing_if = "Latest::is_empty")]
    pub line_number: Latest<PhoneNumber>,
    /// Which way the call went.
    #[serde(rename = "dir", skip_serializing_if = "Latest::is_empty")]
    pub direction: Latest<Direction>,
    /// The campaign that the metadata of a room or of an event names.
    #[serde(rename = "camp", skip_serializing_if = "Latest::is_empty")]
    pub campaign_id: Latest<String>,
    /// Where the recording is.
    #[serde(rename = "rec", skip_serializing_if = "Latest::is_empty")]
    pub recording_url: Latest<String>,
    /// When the first event of the call happened.
    #[serde(rename = "first", skip_serializing_if = "EarliestTime::is_empty")]
    pub first_event: EarliestTime,
    /// When the room was created.
    #[serde(rename = "made", skip_serializing_if = "EarliestTime::is_empty")]
    pub room_created: EarliestTime,
    /// When the first person (not an agent, egress or ingress) joined.
    #[serde(rename = "join", skip_serializing_if = "EarliestTime::is_empty")]
    pub joined: EarliestTime,
    /// When a phone was first seen ringing.
    #[serde(rename = "ring", skip_serializing_if = "EarliestTime::is_empty")]
    pub ringing: EarliestTime,
    /// When a phone was first seen answered.
    #[serde(rename = "answ", skip_serializing_if = "EarliestTime::is_empty")]
    pub answered: EarliestTime,
    /// Whether a phone has taken part; if so, only its leaving ends the call.
    #[serde(rename = "hasPhone", skip_serializing_if = "is_false")]
    pub has_phone: bool,
    /// The last leaving of a phone's participant (`kind: SIP`).
    #[serde(rename = "phoneLeft", skip_serializing_if = "Latest::is_empty")]
    pub phone_left: Latest<Leaving>,
    /// The earliest leaving of a standard participant.
    #[serde(rename = "left", skip_serializing_if = "Earliest::is_empty")]
    pub standard_left: Earliest<Leaving>,
    /// When the room was closed, or the call was first told to be over without saying since when.
    #[serde(rename = "done", skip_serializing_if = "EarliestTime::is_empty")]
    pub room_finished: EarliestTime,
    /// When the call started, as somebody other than LiveKit tells it.
    #[serde(rename = "start", skip_serializing_if = "Latest::is_empty")]
    pub started: Latest<Timestamp>,
    /// How it ended, as somebody other than LiveKit tells it.
    #[serde(rename = "hang", skip_serializing_if = "Latest::is_empty")]
    pub hangup: Latest<Hangup>,
    /// When the agent's conversation ended; the call may go on without it.
    #[serde(rename = "convEnd", skip_serializing_if = "Latest::is_empty")]
    pub conversation_ended: Latest<Timestamp>,
    /// The duration that somebody other than LiveKit tells, in seconds.
    #[serde(rename = "secs", skip_serializing_if = "Latest::is_empty")]
    pub told_seconds: Latest<u64>,
    /// The outcome, as a provider that judges calls itself tells it.
    #[serde(rename = "verd", skip_serializing_if = "Latest::is_empty")]
    pub verdict: Latest<Outcome>,
    /// The status that ElevenLabs reports, by the furthest event.
    #[serde(rename = "status", skip_serializing_if = "Latest::is_empty")]
    pub agent_status: Latest<AgentStatus>,
    /// When ElevenLabs last answered a question about a conversation that went on: nobody needs to ask
    /// again at once, whatever the answer was.
    #[serde(rename = "asked", skip_serializing_if = "Latest::is_empty")]
    pub asked: Latest<()>,
    /// Why the call failed, in the provider's words.
    #[serde(rename = "fail", skip_serializing_if = "Latest::is_empty")]
    pub failure_reason: Latest<String>,
    /// The event that holds the transcript.
    #[serde(rename = "text", skip_serializing_if = "Latest::is_empty")]
    pub transcript: Latest<EventKey>,
    /// What the call achieved, in snake case: `appointment_set`, `follow_up`, ….
    #[serde(rename = "res", skip_serializing_if = "Latest::is_empty")]
    pub results: Latest<BTreeSet<String>>,
    /// The caller of an inbound call is a lead of the line's campaign.
    #[serde(rename = "hasLead", skip_serializing_if = "is_false")]
    pub has_lead: bool,
    /// The lead or contact that a dialer or a carrier names.
    #[serde(rename = "lead", skip_serializing_if = "Latest::is_empty")]
    pub lead_id: Latest<ContactId>,
    /// The employee that a dialer names.
    #[serde(rename = "empl", skip_serializing_if = "Latest::is_empty")]
    pub employee_id: Latest<String>,
    /// When to call again; `None` withdraws what was told before.
    #[serde(rename = "again", skip_serializing_if = "Latest::is_empty")]
    pub follow_up: Latest<Option<FollowUp>>,
    /// A digest of the body that a dialer submitted last.
    #[serde(rename = "said", skip_serializing_if = "Latest::is_empty")]
    pub submitted: Latest<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The rank of a number that only a room's name tells.
pub const FROM_ROOM_NAME: u8 = 0;
/// The rank of what is told by or of a phone that a dispatch rule let in: the caller.
pub const BY_RULE: u8 = 2;

/// How and when a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    /// When it ended.
    pub at: Timestamp,
    how: How<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How<'a> {
    Left(&'a Leaving),
    HungUp(&'a Hangup),
    /// Only the closing of the room or the end of the conversation is known.
    Closed,
}

impl<'a> Ending<'a> {
    fn by_leaving(claim: &'a Claim<Leaving>) -> Self {
        Self { at: claim.at(), how: How::Left(claim.value()) }
    }

    /// Whose leaving ended it, if one did.
    #[must_use]
    pub fn leaving(&self) -> Option<&'a Leaving> {
        match self.how {
            How::Left(leaving) => Some(leaving),
            How::HungUp(_) | How::Closed => None,
        }
    }

    /// The provider's reason, as it spells it.
    #[must_use]
    pub fn reason(&self) -> Option<&'a str> {
        match self.how {
            How::Left(leaving) => leaving.reason.as_deref(),
            How::HungUp(hangup) => hangup.reason.as_deref(),
            How::Closed => None,
        }
    }
}

impl Facts {
    /// Adds what `other` tells. The order, repetition and grouping of merges do not matter.
    pub fn merge(&mut self, other: Self) {
        // Without `..`, so that a new fact cannot be forgotten here.
        let Self {
            room_name,
            room_sid,
            sip_call_id,
            call_sid,
            conversation_id,
            agent_id,
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
            started,
            hangup,
            conversation_ended,
            told_seconds,
            verdict,
            agent_status,
            asked,
            failure_reason,
            transcript,
            results,
            lead_id,
            employee_id,
            follow_up,
            submitted,
            has_lead,
        } = other;
        self.room_name.merge(room_name);
        self.room_sid.merge(room_sid);
        self.sip_call_id.merge(sip_call_id);
        self.call_sid.merge(call_sid);
        self.conversation_id.merge(conversation_id);
        self.agent_id.merge(agent_id);
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
        self.started.merge(started);
        self.hangup.merge(hangup);
        self.conversation_ended.merge(conversation_ended);
        self.told_seconds.merge(told_seconds);
        self.verdict.merge(verdict);
        self.agent_status.merge(agent_status);
        self.asked.merge(asked);
        self.failure_reason.merge(failure_reason);
        self.transcript.merge(transcript);
        self.results.merge(results);
        self.lead_id.merge(lead_id);
        self.employee_id.merge(employee_id);
        self.follow_up.merge(follow_up);
        self.submitted.merge(submitted);
        self.has_lead |= has_lead;
    }

    /// When the call started: with its room, as somebody else told, with the first person in it, or so
    /// long before its end as it is told to have lasted.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        let told = self.room_created.get().or(self.started.get().copied()).or(self.joined.get());
        told.or_else(|| self.ending()?.at.minus_seconds(*self.told_seconds.get()?))
    }

    /// How the call ended: by the leaving of its phone, as its carrier tells, by the earliest leaving
    /// of a standard participant where no phone takes part, else with its room or, without a room,
    /// with its conversation. `None` while it goes on.
    #[must_use]
    pub fn ending(&self) -> Option<Ending<'_>> {
        let by_phone =
            || self.phone_left.claim().filter(|left| self.is_the_callers(left)).map(Ending::by_leaving);
        let by_carrier =
            || self.hangup.get().map(|hangup| Ending { at: hangup.at, how: How::HungUp(hangup) });
        let by_person = || self.standard_left.claim().filter(|_| !self.has_phone).map(Ending::by_leaving);
        let with_room = || self.room_finished.get().map(|at| Ending { at, how: How::Closed });
        let with_conversation = || {
            let ended = self.conversation_ended.get().filter(|_| !self.has_room());
            ended.map(|at| Ending { at: *at, how: How::Closed })
        };
        by_phone().or_else(by_carrier).or_else(by_person).or_else(with_room).or_else(with_conversation)
    }

    /// An inbound call ends with its caller, whom a dispatch rule let in: somebody whom the platform
    /// calls into its room may decline or leave while the caller stays.
    fn is_the_callers(&self, left: &Claim<Leaving>) -> bool {
        let inbound_by_rule = self
            .direction
            .claim()
            .is_some_and(|claim| *claim.value() == Direction::Inbound && claim.rank() >= BY_RULE);
        !inbound_by_rule || left.rank() >= BY_RULE
    }

    fn has_room(&self) -> bool {
        !(self.room_sid.is_empty() && self.room_name.is_empty())
    }

    /// From start to end, in milliseconds: the room's span where one is known, else what was told.
    #[must_use]
    pub fn duration_millis(&self) -> Option<u64> {
        let ending = self.ending()?;
        if let (None, Some(seconds)) = (self.room_created.get(), self.told_seconds.get()) {
            return Some(seconds.saturating_mul(1_000));
        }
        let start = match (self.room_created.get(), ending.how) {
            // Ringing is no duration: a carrier's call lasts from the answer on.
            (None, How::HungUp(_)) if !self.is_answered() => return None,
            (None, How::HungUp(_)) => self.answered.get().or(self.started_at())?,
            _ => self.started_at()?,
        };
        Some(ending.at.millis_since(start))
    }

    fn is_answered(&self) -> bool {
        self.answered.get().is_some()
            || !self.told_seconds.is_empty()
            || self.verdict.get() == Some(&Outcome::Completed)
    }

    /// The outcome of the ended call; `None` while it goes on or when nothing decides.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        let ending = self.ending()?;
        Outcome::decide(End {
            reason: ending.reason(),
            verdict: self.verdict.get().copied(),
            duration_millis: self.duration_millis(),
            connected: match ending.how {
                How::Left(leaving) => leaving.connected,
                // Not told by who only tells the end; but who saw it begin would have seen the answer.
                How::HungUp(_) => {
                    self.is_answered() || (self.ringing.get().is_none() && self.started.is_empty())
                }
                How::Closed => true,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let identity = facts.ending().unwrap().leaving().unwrap().identity.as_deref();
        assert_eq!(identity, Some("first"));
    }

    #[test]
    fn an_inbound_call_ends_with_its_caller_and_not_with_whom_it_is_transferred_to() {
        let left = |rank, seconds, reason: &str| {
            let leaving = Leaving { reason: Some(reason.to_owned()), identity: None, connected: true };
            Latest::claimed(Some(Claim::new(rank, at(seconds), leaving)))
        };
        let mut facts = Facts {
            room_created: EarliestTime::claimed(Some(at(100))),
            has_phone: true,
            direction: Latest::claimed(Some(Claim::new(BY_RULE, at(100), Direction::Inbound))),
            phone_left: left(1, 130, "USER_REJECTED"),
            ..Facts::default()
        };
        assert_eq!((facts.ending(), facts.outcome()), (None, None), "the colleague declined");
        facts.merge(Facts { phone_left: left(BY_RULE, 160, "CLIENT_INITIATED"), ..Facts::default() });
        assert_eq!((facts.duration_millis(), facts.outcome()), (Some(60_000), Some(Outcome::Completed)));
        facts.merge(Facts { phone_left: left(1, 170, "USER_UNAVAILABLE"), ..Facts::default() });
        assert_eq!((facts.duration_millis(), facts.outcome()), (Some(60_000), Some(Outcome::Completed)));
    }

    #[test]
    fn ringing_is_no_duration() {
        let hangup = Hangup { at: at(150), reason: Some("weird".to_owned()) };
        let claim = |time| Latest::claimed(Some(Claim::new(3, at(150), time)));
        let mut facts = Facts {
            started: claim(at(100)),
            hangup: Latest::claimed(Some(Claim::new(3, at(150), hangup))),
            ..Facts::default()
        };
        assert_eq!((facts.duration_millis(), facts.outcome()), (None, Some(Outcome::NoAnswer)));
        facts.merge(Facts { answered: EarliestTime::claimed(Some(at(110))), ..Facts::default() });
        assert_eq!((facts.duration_millis(), facts.outcome()), (Some(40_000), Some(Outcome::Completed)));
    }

    #[test]
    fn a_call_of_which_only_end_and_duration_are_told_started_so_long_before() {
        let hangup = Hangup { at: at(150), reason: None };
        let facts = Facts {
            hangup: Latest::claimed(Some(Claim::new(3, at(150), hangup))),
            told_seconds: Latest::claimed(Some(Claim::new(3, at(150), 40))),
            ..Facts::default()
        };
        assert_eq!((facts.started_at(), facts.duration_millis()), (Some(at(110)), Some(40_000)));
    }

    #[test]
    fn an_end_without_a_start_has_no_duration_and_no_outcome() {
        let facts = Facts { standard_left: Earliest::claimed(leaving(150, "a")), ..Facts::default() };
        assert_eq!((facts.duration_millis(), facts.outcome()), (None, None));
    }
}
