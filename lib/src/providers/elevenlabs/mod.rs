//! ElevenLabs: its post-call webhooks, its call status events, and conversations read from its API.
//!
//! ElevenLabs adds fields, types and values at any time, so only what names an event is required of a
//! body; whatever else has not the expected form says nothing, and takes nothing else with it.

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
    // Only bodies that `PostCall::parse` accepted are in the log.
    PostCall::parse(&event.payload).ok()?.update(event)
}

pub(super) fn read_in_call_event(event: &Event) -> Option<InCallEvent> {
    if !is_repeated(&event.event_type) {
        return None;
    }
    PostCall::parse(&event.payload).ok()?.in_call_event()
}
