//! Folding updates into calls, and what of a call does not depend on arrival.

use std::collections::BTreeSet;

use ringpost::{
    domain::{
        call::{
            Call, CallStatus, CallUpdate, announcement::Announcement, facts::Facts,
            outcome::Outcome, owner::Owner,
        },
        timestamp::Timestamp,
    },
    http::call_log::CallLog,
};
use serde_json::Value;

use super::events;

/// The moment at which the event in this place of the queue arrives: one a second.
pub(crate) fn arrival(place: usize) -> Timestamp {
    let millis = i64::try_from(place).expect("a short queue") * 1_000;
    let first = events::time("2027-01-15T08:00:00Z").as_millis();
    Timestamp::from_millis(first + millis).expect("a time")
}

pub(crate) fn updates(bodies: &[Value]) -> Vec<CallUpdate> {
    let update = |body: &Value| {
        let (_, update) =
            events::read(body.to_string().as_bytes(), arrival(0)).expect("a readable body");
        update.expect("a call")
    };
    bodies.iter().map(update).collect()
}

pub(crate) fn owner() -> Owner {
    Owner::tenant("acme")
}

/// The same updates as they arrive in this order.
pub(crate) fn arriving(updates: &[CallUpdate], order: &[usize]) -> Vec<CallUpdate> {
    let place = |(place, index): (usize, &usize)| CallUpdate {
        received_at: arrival(place),
        ..updates[*index].clone()
    };
    order.iter().enumerate().map(place).collect()
}

pub(crate) fn fold(updates: &[CallUpdate]) -> Call {
    let (first, others) = updates.split_first().expect("an event");
    let mut call = Call::begin(first, Some(&owner()));
    for update in others {
        call.apply(update, Some(&owner()));
    }
    call
}

/// All that a call shows, but for the times of arrival.
#[derive(Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) facts: Facts,
    pub(crate) status: CallStatus,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) duration_seconds: Option<u64>,
    pub(crate) announced: BTreeSet<Announcement>,
    pub(crate) call_log: Value,
}

pub(crate) fn view(call: &Call) -> View {
    let owner = owner();
    let mut call_log = serde_json::to_value(CallLog::of(call, &owner)).expect("JSON");
    let members = call_log.as_object_mut().expect("an object");
    assert!(members.remove("createdAt").is_some() && members.remove("updatedAt").is_some());
    View {
        facts: call.facts.clone(),
        status: call.status(),
        outcome: call.facts.outcome(),
        duration_seconds: call.duration_seconds(),
        announced: call.announced.keys().copied().collect(),
        call_log,
    }
}
