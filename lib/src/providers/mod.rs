//! The providers: how each signs its webhooks, and what its events report about a call.

pub mod capture;
pub mod elevenlabs;
pub mod livekit;
mod payload_error;
pub mod platform;
pub mod signalwire;
mod values;
pub mod webhook;

pub use payload_error::PayloadError;

use crate::domain::{
    call::{CallUpdate, in_call_event::InCallEvent},
    event::{Event, Source},
};

/// What a stored event reports about a call; `None` when it names no call, or when nothing in it
/// can be read (the event is kept all the same).
pub fn read_update(event: &Event) -> Option<CallUpdate> {
    let update = match event.source {
        Source::LiveKit => livekit::read_update(event),
        Source::SipInbound => livekit::sip_inbound::read_update(event),
        Source::SignalWire => signalwire::read_update(event),
        Source::ElevenLabs => elevenlabs::read_update(event),
        Source::CallStatus => elevenlabs::call_status::read_update(event),
        Source::ElevenLabsApi => elevenlabs::api::read_update(event),
        Source::CallCapture => capture::read_update(event),
        Source::Platform => platform::read_update(event),
    };
    let account = event
        .tenant_id
        .as_deref()
        .filter(|_| event.source.has_accounts());
    update
        .map(CallUpdate::without_placeholders)
        .map(|update| match account {
            Some(tenant_id) => CallUpdate {
                keys: update.keys.in_account_of(tenant_id),
                ..update
            },
            None => update,
        })
}

/// What a stored event reports that may happen many times in a call.
pub fn read_in_call_event(event: &Event) -> Option<InCallEvent> {
    match event.source {
        Source::LiveKit => livekit::read_in_call_event(event),
        Source::SignalWire => signalwire::read_in_call_event(event),
        Source::ElevenLabs => elevenlabs::read_in_call_event(event),
        Source::SipInbound
        | Source::CallStatus
        | Source::ElevenLabsApi
        | Source::CallCapture
        | Source::Platform => None,
    }
}
