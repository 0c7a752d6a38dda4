//! What a call announced, by the events that announced it: each key occurs once, for DynamoDB bills by the
//! kilobyte and keys are long.
//!
//! ```text
//! {"livekit:EV_1": [0, "created"], "livekit:EV_5": [60000, "completed", "*"]}
//! ```
//!
//! A number is a moment, in milliseconds since the record was made, and holds for what follows it: a
//! type without its `call.`, a recording and its state (`completed#EG_1`), a leg that is called into the
//! call and its state (`transfer.completed#psip_2`), or `*`, which means that the event changed fields that
//! filters compare. An object holds the fields that the event changed after they had been announced, with
//! the values that customers had received before.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    domain::{
        call::{
            Call,
            announcement::{Announced, Announcement},
        },
        key::EventKey,
        timestamp::Timestamp,
    },
    store::StoreError,
};

const OF_CALL: &str = "call.";
const TRANSFER: &str = "transfer.";
const REMATCH: &str = "*";
const CORRUPT: StoreError = StoreError::Corrupt { what: "announced" };

pub(super) type Stored = BTreeMap<EventKey, Vec<Value>>;

pub(super) fn write(call: &Call) -> Stored {
    let types = call.announced.iter().map(|(announcement, announced)| {
        let name = announcement.as_str();
        (announced, name.strip_prefix(OF_CALL).unwrap_or(name))
    });
    let states = call.recordings.iter().chain(&call.transfers);
    let states = states.map(|(state, announced)| (announced, state.as_str()));
    let (mut stored, mut last) = (Stored::new(), BTreeMap::new());
    for (announced, name) in types.chain(states) {
        let marks = stored.entry(announced.by.clone()).or_default();
        if last.insert(&announced.by, announced.at) != Some(announced.at) {
            marks.push((announced.at.as_millis() - call.created_at.as_millis()).into());
        }
        marks.push(name.into());
    }
    for event in &call.rematch_events {
        stored
            .entry(event.clone())
            .or_default()
            .push(REMATCH.into());
    }
    for (event, previous) in &call.updates {
        stored
            .entry(event.clone())
            .or_default()
            .push(previous.clone().into());
    }
    stored
}

/// Puts what was stored into a call whose `created_at` is known.
pub(super) fn read(stored: Stored, call: &mut Call) -> Result<(), StoreError> {
    for (by, marks) in stored {
        let mut at = call.created_at;
        for mark in marks {
            match mark {
                Value::Number(millis) => {
                    at = later(call.created_at, millis.as_i64()).ok_or(CORRUPT)?;
                }
                Value::String(name) => note(call, Announced { by: by.clone(), at }, name),
                Value::Object(previous) => drop(call.updates.insert(by.clone(), previous)),
                _ => return Err(CORRUPT),
            }
        }
    }
    Ok(())
}

fn later(from: Timestamp, millis: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_millis(from.as_millis().checked_add(millis?)?)
}

/// A type that this version does not know is ignored.
fn note(call: &mut Call, announced: Announced, name: String) {
    if name == REMATCH {
        call.rematch_events.insert(announced.by);
    } else if name.starts_with(TRANSFER) && name.contains('#') {
        call.transfers.insert(name, announced);
    } else if name.contains('#') {
        call.recordings.insert(name, announced);
    } else if let Some(announcement) =
        Announcement::parse(&name).or_else(|| Announcement::parse(&format!("{OF_CALL}{name}")))
    {
        call.announced.insert(announcement, announced);
    }
}
