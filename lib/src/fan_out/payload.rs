//! The payloads of call events as the Webhook API document defines them, in the envelope
//! `{type, timestamp, data}`.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use crate::domain::{
    call::{
        Call,
        announcement::{Announcement, progress},
        direction::Direction,
        facts::Facts,
        outcome::Outcome,
        public_leg::{self, LegView, PublicLeg},
    },
    directory::{Lead, LeadStatus},
    key::CallId,
    phone::PhoneNumber,
    scalar::Scalar,
    timestamp::Timestamp,
};

/// By what a receiver sorts its events: when they were announced and when they happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventOrder {
    sequence: i64,
    #[serde(serialize_with = "shown")]
    occurred_at: Timestamp,
}

/// One event may announce several types within one millisecond.
const PLACES: i64 = 16;

impl EventOrder {
    /// `place` sorts what one event announces (0 to 15).
    pub fn new(announced_at: Timestamp, place: u8, occurred_at: Timestamp) -> Self {
        let place = i64::from(place).min(PLACES - 1);
        Self {
            sequence: announced_at.as_millis() * PLACES + place,
            occurred_at,
        }
    }
}

/// Details of an event in a call, under the name of the event's family.
pub type More = BTreeMap<String, BTreeMap<&'static str, Scalar>>;

/// The current state of a call, `data` of every event about it. Unknown fields are left out. `callId` is
/// the carrier's id, as in the document; `callLogId` never changes.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallData<'a> {
    call_id: String,
    call_log_id: CallId,
    direction: Option<Direction>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    status: &'static str,
    duration: Option<u64>,
    #[serde(serialize_with = "shown")]
    start_time: Timestamp,
    end_time: Option<String>,
    campaign_id: Option<&'a str>,
    contact_id: Option<Scalar>,
    agent_id: Option<&'a str>,
    agent_config_id: Option<&'a str>,
    recording_url: Option<&'a str>,
    outcome: Option<Outcome>,
    failure_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outcomes: BTreeMap<String, bool>,
    metadata: Option<Metadata>,
    conversation_id: Option<&'a str>,
    room_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    legs: Vec<PublicLeg>,
    transfer: Option<PublicLeg>,
    previous: Option<&'a Map<String, Value>>,
    #[serde(flatten)]
    order: EventOrder,
    #[serde(flatten)]
    more: More,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    transferred_to_agent: bool,
    voicemail_left: bool,
}

impl<'a> CallData<'a> {
    /// Of a lifecycle event, or of another event whose details are in `more`.
    pub fn of(
        call: &'a Call,
        announcement: Option<Announcement>,
        order: EventOrder,
        more: More,
    ) -> Self {
        let (facts, ending) = (&call.facts, call.facts.ending());
        let direction = facts.direction();
        let [other_side, line] =
            [facts.other_side(), facts.line_number()].map(|number| number.map(PhoneNumber::as_str));
        let (from, to) = match direction {
            Some(Direction::Outbound) => (line, other_side),
            Some(Direction::Inbound) => (other_side, line),
            // The numbers come from a room's name, which gives no direction. A room named after our number
            // was called on it; whether another number is the caller's or ours depends on the dispatch rule.
            None => (None, line),
        };
        let results = facts.results();
        let achieved = |words: &[&str]| {
            results.is_some_and(|results| words.iter().any(|word| results.contains(*word)))
        };
        Self {
            call_id: call_id(call),
            call_log_id: call.id,
            direction,
            from,
            to,
            status: status(announcement, facts),
            duration: call.duration_seconds(),
            start_time: call.started_at(),
            end_time: ending.map(|ending| ending.at.to_string()),
            campaign_id: call.campaign_id(),
            contact_id: call.lead_id().map(|id| id.scalar().clone()),
            agent_id: facts.agent_id().map(String::as_str),
            agent_config_id: call
                .owner
                .as_ref()
                .and_then(|owner| owner.agent_config_id.as_deref()),
            recording_url: facts.recording_url.get().map(String::as_str),
            outcome: facts.outcome(),
            failure_reason: call.failure_reason(),
            outcomes: results
                .into_iter()
                .flatten()
                .map(|name| (camel_case(name), true))
                .collect(),
            metadata: ending.map(|_| Metadata {
                transferred_to_agent: achieved(&["transferred_to_agent", "transferred"]),
                voicemail_left: achieved(&["voicemail_left", "voicemail"]),
            }),
            conversation_id: facts.conversation_id().map(String::as_str),
            room_name: facts.room_name.get().map(String::as_str),
            legs: if announcement == Some(Announcement::Completed) {
                public_leg::of(facts)
            } else {
                Vec::new()
            },
            transfer: None,
            previous: None,
            order,
            more,
        }
    }

    /// Of `call.updated`: the current state, and the values that were announced before.
    pub fn updated(call: &'a Call, order: EventOrder, previous: &'a Map<String, Value>) -> Self {
        let legs = public_leg::of(&call.facts);
        Self {
            legs,
            previous: Some(previous),
            ..Self::of(call, None, order, More::new())
        }
    }

    /// Of `transfer.*`: the current state, and the leg that is called into the call.
    pub fn of_transfer(call: &'a Call, order: EventOrder, leg: LegView) -> Self {
        Self {
            transfer: Some(leg.into()),
            ..Self::of(call, None, order, More::new())
        }
    }
}

/// `data` of `call.merged`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Merged {
    /// The absorbed call; its id leads to the other one.
    pub from: CallId,
    pub into: CallId,
    #[serde(flatten)]
    pub order: EventOrder,
}

/// `data` of `contact.created`.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactData<'a> {
    id: String,
    name: &'a str,
    phone_number: &'a str,
    campaign_id: Option<&'a str>,
    status: LeadStatus,
    #[serde(serialize_with = "shown")]
    created_at: Timestamp,
    call_id: String,
    call_log_id: CallId,
    #[serde(flatten)]
    order: EventOrder,
}

impl<'a> ContactData<'a> {
    pub fn of(lead: &'a Lead, call: &Call, order: EventOrder) -> Self {
        Self {
            id: lead.id().to_string(),
            name: &lead.name,
            phone_number: lead.phone_number.as_str(),
            campaign_id: lead.campaign_id.as_deref(),
            status: lead.status,
            created_at: lead.created_at,
            call_id: call_id(call),
            call_log_id: call.id,
            order,
        }
    }
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(serialize_with = "shown")]
    timestamp: Timestamp,
    data: &'a T,
}

/// The envelope that is posted.
pub fn body(event_type: &str, occurred_at: Timestamp, data: &impl Serialize) -> Bytes {
    let envelope = Envelope {
        event_type,
        timestamp: occurred_at,
        data,
    };
    // String keys only, so it always serialises.
    serde_json::to_vec(&envelope).unwrap_or_default().into()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's serialize_with passes a reference"
)]
fn shown<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// The carrier's id where it is known, else ours.
fn call_id(call: &Call) -> String {
    call.facts
        .call_sid()
        .map_or_else(|| call.id.to_string(), str::to_owned)
}

/// The document's word for the call's progress: as announced, else the current one.
fn status(announcement: Option<Announcement>, facts: &Facts) -> &'static str {
    match announcement {
        Some(Announcement::Created) => "created",
        Some(Announcement::Ringing) => "ringing",
        Some(Announcement::Answered) => "answered",
        Some(Announcement::Completed) => "completed",
        Some(Announcement::ConversationStarted | Announcement::ConversationCompleted) | None => {
            progress(facts)
        }
    }
}

/// `appointment_set` becomes `appointmentSet`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_camel_case() {
        for (name, camel) in [
            ("appointment_set", "appointmentSet"),
            ("converted", "converted"),
            ("kyc2_passed", "kyc2Passed"),
            ("a_é", "aÉ"),
        ] {
            assert_eq!(camel_case(name), camel);
        }
    }

    #[test]
    fn what_was_announced_later_has_a_higher_number() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let sequence =
            |millis, place| EventOrder::new(at(millis), place, Timestamp::EPOCH).sequence;
        assert!(sequence(5, 0) < sequence(5, 15) && sequence(5, 15) < sequence(6, 0));
        assert!(
            sequence(4_000_000_000_000, 15) < 1 << 53,
            "exact in every JSON reader"
        );
    }
}
