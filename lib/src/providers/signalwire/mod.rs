//! SignalWire: the callbacks of the carrier that places and takes the calls.
//!
//! Three senders are read: the JSON of the Webhook API document, the forms of the Compatibility API
//! (which are Twilio's), and the JSON of RELAY and SWML. Whatever else is signed is kept unread.

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

/// The event that a verified body is. SignalWire gives its callbacks no id and signs no time, so the
/// key is all that keeps a recorded request from being told again.
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

/// The signature of a form binds neither the order of its parameters, nor where a name ends and its
/// value begins, nor how often one stands there. Its key is made of what is bound, and of nothing else.
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
    // Only bodies that `Callback::parse` accepted are in the log.
    update::of(&Callback::parse(&event.payload).ok()?, event)
}

pub(super) fn read_in_call_event(event: &Event) -> Option<InCallEvent> {
    if !is_repeated(&event.event_type) {
        return None;
    }
    Some(in_call_event::of(&Callback::parse(&event.payload).ok()?))
}
