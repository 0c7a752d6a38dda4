//! The facts of a call: a join-semilattice. `merge` is commutative, associative and idempotent, so
//! every replay, reordering and regrouping of a call's events ends in the same facts. Status,
//! outcome and duration are views ([`super::ending`]), computed and never stored. There is
//! deliberately no list of applied events.
//!
//! Facts about each phone, person, room, carrier's leg and conversation are kept separately. Which
//! of them counts for the call ([`super::participants`]) can then be decided in any order of
//! events.

use crate::domain::{
    bounded::BoundedMap,
    call::{direction::Direction, report::Hangup},
    contact_id::ContactId,
    follow_up::FollowUp,
    key::EventKey,
    phone::PhoneNumber,
    timestamp::Timestamp,
};
use std::{collections::BTreeSet, mem, ops::Not};

use serde::{Deserialize, Serialize};

use super::{
    agent_status::AgentStatus,
    claims::{Earliest, EarliestTime, Highest, Latest, merge_fields},
    leg::{Leg, LegKey},
    outcome::Outcome,
    report::{ConversationReport, Report, RoomSpan},
};

/// How a participant left, in records of an earlier version, which kept no legs.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LegacyDisconnection {
    pub reason: Option<String>,
    pub identity: Option<String>,
    /// False when the participant is known never to have been connected.
    pub connected: bool,
}

/// The rank of facts about a phone that a dispatch rule let in: the caller.
pub const BY_RULE: u8 = 2;
/// The rank of a number that comes from a room's name only.
pub const FROM_ROOM_NAME: u8 = 0;

/// More legs than any call has. A record with this many stays far below DynamoDB's item limit.
pub const MAX_LEGS: usize = 40;
pub const MAX_REPORTS: usize = 40;
const MAX_ROOMS: usize = 8;
const MAX_TALKS: usize = 16;

/// All facts that a call's events reported. One event reports a few of them. The stored names are
/// short, because DynamoDB charges by the kilobyte, names included.
///
/// A field here holds what was reported about the call as a whole, by sources that know neither its
/// legs nor its rooms. The methods of the same names combine it with the reports about legs and
/// rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    #[serde(rename = "name", skip_serializing_if = "Latest::is_empty")]
    pub room_name: Latest<String>,
    #[serde(skip_serializing_if = "BoundedMap::is_empty")]
    pub legs: BoundedMap<LegKey, Leg, MAX_LEGS>,
    /// There were more legs than are kept.
    #[serde(rename = "crowded", skip_serializing_if = "Not::not")]
    pub legs_overflowed: bool,
    /// The legs that carriers report, by call SID.
    #[serde(rename = "sids", skip_serializing_if = "BoundedMap::is_empty")]
    pub reports: BoundedMap<String, Report, MAX_REPORTS>,
    /// LiveKit's rooms, by sid.
    #[serde(skip_serializing_if = "BoundedMap::is_empty")]
    pub rooms: BoundedMap<String, RoomSpan, MAX_ROOMS>,
    /// ElevenLabs' conversations, by id.
    #[serde(rename = "talks", skip_serializing_if = "BoundedMap::is_empty")]
    pub talks: BoundedMap<String, ConversationReport, MAX_TALKS>,
    /// When an agent or another machine last joined a room.
    #[serde(rename = "in", skip_serializing_if = "Highest::is_empty")]
    pub machine_joined: Highest<Timestamp>,
    #[serde(rename = "out", skip_serializing_if = "Highest::is_empty")]
    pub machine_left: Highest<Timestamp>,
    /// In records of earlier versions only.
    #[serde(rename = "room", skip_serializing_if = "Latest::is_empty")]
    pub room_sid: Latest<String>,
    #[serde(rename = "sip", skip_serializing_if = "Latest::is_empty")]
    pub sip_call_id: Latest<String>,
    #[serde(rename = "sid", skip_serializing_if = "Latest::is_empty")]
    pub call_sid: Latest<String>,
    #[serde(rename = "conv", skip_serializing_if = "Latest::is_empty")]
    pub conversation_id: Latest<String>,
    #[serde(rename = "agent", skip_serializing_if = "Latest::is_empty")]
    pub agent_id: Latest<String>,
    /// The number of the other side.
    #[serde(rename = "phone", skip_serializing_if = "Latest::is_empty")]
    pub phone_number: Latest<PhoneNumber>,
    /// Our own number, by which the directory finds the owner. The other side's number never
    /// decides: it may be another tenant's number.
    #[serde(rename = "line", skip_serializing_if = "Latest::is_empty")]
    pub line_number: Latest<PhoneNumber>,
    #[serde(rename = "dir", skip_serializing_if = "Latest::is_empty")]
    pub direction: Latest<Direction>,
    /// From the metadata of a room or an event.
    #[serde(rename = "camp", skip_serializing_if = "Latest::is_empty")]
    pub campaign_id: Latest<String>,
    #[serde(rename = "rec", skip_serializing_if = "Latest::is_empty")]
    pub recording_url: Latest<String>,
    /// When the first event of the call happened.
    #[serde(rename = "first", skip_serializing_if = "EarliestTime::is_empty")]
    pub first_event: EarliestTime,
    /// For a room of which only the name is known.
    #[serde(rename = "made", skip_serializing_if = "EarliestTime::is_empty")]
    pub room_created: EarliestTime,
    /// In records of earlier versions only.
    #[serde(rename = "join", skip_serializing_if = "EarliestTime::is_empty")]
    pub joined: EarliestTime,
    #[serde(rename = "ring", skip_serializing_if = "EarliestTime::is_empty")]
    pub ringing: EarliestTime,
    #[serde(rename = "answ", skip_serializing_if = "EarliestTime::is_empty")]
    pub answered: EarliestTime,
    /// In a phone call, a person's leaving does not end the call.
    #[serde(rename = "hasPhone", skip_serializing_if = "Not::not")]
    pub has_phone: bool,
    /// The last of a phone, in records of earlier versions only.
    #[serde(rename = "phoneLeft", skip_serializing_if = "Latest::is_empty")]
    pub phone_left: Latest<LegacyDisconnection>,
    /// The earliest of a person, in records of earlier versions only.
    #[serde(rename = "left", skip_serializing_if = "Earliest::is_empty")]
    pub standard_left: Earliest<LegacyDisconnection>,
    /// When a room of which only the name is known was closed, or when the call was first reported
    /// to be over without an end time.
    #[serde(rename = "done", skip_serializing_if = "EarliestTime::is_empty")]
    pub room_finished: EarliestTime,
    /// When the last event arrived, if no end was reported for hours after it.
    #[serde(rename = "lost", skip_serializing_if = "EarliestTime::is_empty")]
    pub silent_since: EarliestTime,
    /// As reported by a source other than LiveKit.
    #[serde(rename = "start", skip_serializing_if = "Latest::is_empty")]
    pub started: Latest<Timestamp>,
    /// As reported by a source other than LiveKit.
    #[serde(rename = "hang", skip_serializing_if = "Latest::is_empty")]
    pub hangup: Latest<Hangup>,
    /// The call may continue after it.
    #[serde(rename = "convEnd", skip_serializing_if = "Latest::is_empty")]
    pub conversation_ended: Latest<Timestamp>,
    /// As reported by a source other than LiveKit.
    #[serde(rename = "secs", skip_serializing_if = "Latest::is_empty")]
    pub reported_seconds: Latest<u64>,
    /// The outcome that a provider reported.
    #[serde(rename = "verd", skip_serializing_if = "Latest::is_empty")]
    pub verdict: Latest<Outcome>,
    /// The status of ElevenLabs' call that has progressed furthest.
    #[serde(rename = "status", skip_serializing_if = "Latest::is_empty")]
    pub agent_status: Latest<AgentStatus>,
    /// When ElevenLabs' API last returned an ongoing conversation: it is not asked again at once.
    #[serde(rename = "asked", skip_serializing_if = "Latest::is_empty")]
    pub asked: Latest<()>,
    /// In the provider's words.
    #[serde(rename = "fail", skip_serializing_if = "Latest::is_empty")]
    pub failure_reason: Latest<String>,
    #[serde(rename = "text", skip_serializing_if = "Latest::is_empty")]
    pub transcript: Latest<EventKey>,
    /// In snake case: `appointment_set`, `follow_up`, ….
    #[serde(rename = "res", skip_serializing_if = "Latest::is_empty")]
    pub results: Latest<BTreeSet<String>>,
    /// The caller of an inbound call is a lead of the line's campaign.
    #[serde(rename = "hasLead", skip_serializing_if = "Not::not")]
    pub has_lead: bool,
    /// The lead or contact that a dialer or a carrier named.
    #[serde(rename = "lead", skip_serializing_if = "Latest::is_empty")]
    pub lead_id: Latest<ContactId>,
    #[serde(rename = "empl", skip_serializing_if = "Latest::is_empty")]
    pub employee_id: Latest<String>,
    /// When to call again; `None` withdraws an earlier follow-up.
    #[serde(rename = "again", skip_serializing_if = "Latest::is_empty")]
    pub follow_up: Latest<Option<FollowUp>>,
    /// A digest of the last body that a dialer submitted.
    #[serde(rename = "said", skip_serializing_if = "Latest::is_empty")]
    pub submitted: Latest<String>,
}

impl Facts {
    /// Adds what `other` reports. The order, repetition and grouping of merges do not matter.
    pub fn merge(&mut self, mut other: Self) {
        self.legs_overflowed |= self.legs.merge(mem::take(&mut other.legs));
        merge_fields!(
            self, other,
            registers: [
                room_name, room_sid, sip_call_id, call_sid, conversation_id, agent_id,
                legs, reports, rooms, talks, machine_joined, machine_left,
                phone_number, line_number, direction, campaign_id, lead_id, employee_id,
                first_event, room_created, started, joined, ringing, answered,
                phone_left, standard_left, room_finished, silent_since, hangup, conversation_ended,
                reported_seconds, verdict, failure_reason, agent_status, asked,
                recording_url, transcript, results, follow_up, submitted
            ],
            flags: [legs_overflowed, has_phone, has_lead]
        );
    }
}
