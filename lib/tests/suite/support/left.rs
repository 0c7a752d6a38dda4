//! A `participant_left` of a phone as LiveKit writes it, and its many variations.

use ringpost::{domain::call::CallUpdate, providers::livekit::LiveKitEvent};
use serde_json::{Value, json};

use super::events;
pub(crate) use super::events::time;

/// The body, with `changes` merged into its objects.
pub(crate) fn left(changes: Value) -> Value {
    let mut body = json!({
        "event": "participant_left",
        "id": "EV_1",
        "createdAt": "1767312060",
        "room": { "sid": "RM_1", "name": "room-1", "creationTime": "1767312000" },
        "participant": { "sid": "PA_1", "identity": "sip_1", "kind": "SIP" },
    });
    merge(&mut body, changes);
    body
}

fn merge(into: &mut Value, changes: Value) {
    match changes {
        Value::Object(changes) if into.is_object() => {
            for (name, value) in changes {
                merge(&mut into[name], value);
            }
        }
        other => *into = other,
    }
}

/// The event, and what it says of its call.
pub(crate) fn read(body: &Value) -> (LiveKitEvent, CallUpdate) {
    let read = events::read(body.to_string().as_bytes(), time("2026-01-02T00:01:01Z"));
    let (event, update) = read.unwrap_or_else(|error| panic!("{error}: {body}"));
    (event, update.expect("a call"))
}
