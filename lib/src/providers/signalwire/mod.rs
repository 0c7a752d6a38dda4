//! SignalWire: the callbacks of the carrier of the calls.
//!
//! Three formats are read: the JSON of the Webhook API document, the forms of the Compatibility API
//! (which are Twilio's), and the JSON of RELAY and SWML. Other signed bodies are kept unread.

mod in_call_event;
mod payload;
mod signature;
mod signed_url;
mod update;

use bytes::Bytes;

pub use payload::Callback;
pub use signature::Keys;

use super::PayloadError;
use crate::domain::{
    call::{CallUpdate, in_call_event::InCallEvent},
    event::{Event, Source},
    event_type::is_repeated,
    key::EventKey,
    timestamp::Timestamp,
};

/// The log entry of a verified body. SignalWire gives its callbacks no id and signs no time, so
/// only the key keeps a recorded request from being processed again.
pub fn event(body: &Bytes, received_at: Timestamp) -> Result<Event, PayloadError> {
    let callback = Callback::parse(body)?;
    Ok(Event {
        key: event_key(&callback, body),
        source: Source::SignalWire,
        tenant_id: None,
        region: None,
        occurred_at: callback.occurred_at.unwrap_or(received_at),
        received_at,
        payload: body.clone(),
        event_type: callback.event_type,
    })
}

/// The signature of a form does not cover the order of its parameters, the border between a name
/// and its value, or how often a parameter is repeated. The key is made only of what is signed.
fn event_key(callback: &Callback, body: &[u8]) -> EventKey {
    let source = Source::SignalWire.as_str();
    if !payload::is_json(body) {
        return EventKey::natural(
            source,
            &["form"],
            payload::unique_parameters(body).as_bytes(),
        );
    }
    let at = callback.occurred_at.map(|at| at.as_millis().to_string());
    let natural = [
        callback.call_sid.as_deref(),
        Some(callback.event_type.as_str()),
        callback.state.as_deref(),
        callback.sequence.as_deref(),
        at.as_deref(),
    ]
    .map(Option::unwrap_or_default);
    EventKey::natural(source, &natural, body)
}

pub(super) fn read_update(event: &Event) -> Option<CallUpdate> {
    update::of(&Callback::parse(&event.payload).ok()?, event)
}

pub(super) fn read_in_call_event(event: &Event) -> Option<InCallEvent> {
    if !is_repeated(&event.event_type) {
        return None;
    }
    Some(in_call_event::of(&Callback::parse(&event.payload).ok()?))
}
