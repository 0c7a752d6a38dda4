//! ElevenLabs: its post-call webhooks, its call status events, and conversations read from its API.
//!
//! ElevenLabs adds fields, types and values at any time. A body must only have what names an event;
//! a value of an unexpected form is ignored and does not affect other fields.

pub mod api;
pub mod call_status;
pub mod client;
mod conversation;
mod initiation_failure;
mod post_call;
mod results;
mod signature;
mod wire;

pub use call_status::CallStatusEvent;
pub use conversation::{Conversation, ConversationStatus};
pub use post_call::PostCall;
pub use signature::Keys;

use crate::domain::{
    call::{CallUpdate, in_call_event::InCallEvent},
    event::Event,
    event_type::is_repeated,
};

pub(super) fn read_update(event: &Event) -> Option<CallUpdate> {
    PostCall::parse(&event.payload).ok()?.update(event)
}

pub(super) fn read_in_call_event(event: &Event) -> Option<InCallEvent> {
    if !is_repeated(&event.event_type) {
        return None;
    }
    PostCall::parse(&event.payload).ok()?.in_call_event()
}
