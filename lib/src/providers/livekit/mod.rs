//! LiveKit: room, participant, egress and ingress events of the rooms in which calls happen.
//!
//! Two formats are read: LiveKit's own (a JWT in `Authorization`, protobuf-JSON) and that of the
//! Call Outcomes document's relay (`X-LiveKit-Signature`, ISO times).

mod event_name;
mod in_call_event;
mod payload;
mod signature;
pub mod sip_inbound;
mod update;

pub use event_name::EventName;
pub use payload::{LiveKitEvent, Room};
pub use signature::{Keys, KeysIfAny};

use crate::domain::{
    call::{CallUpdate, in_call_event::InCallEvent},
    event::Event,
};

/// What an event reports about a call; `livekit` is its payload. `None` when it names no room.
pub fn read(livekit: &LiveKitEvent, event: &Event) -> Option<CallUpdate> {
    update::of(livekit, event).map(CallUpdate::without_placeholders)
}

pub(super) fn read_update(event: &Event) -> Option<CallUpdate> {
    read(&parse(event)?, event)
}

pub(super) fn read_in_call_event(event: &Event) -> Option<InCallEvent> {
    match EventName::parse(&event.event_type) {
        EventName::EgressStarted | EventName::EgressEnded => in_call_event::of(&parse(event)?),
        _ => None,
    }
}

/// The log contains the bodies of all endpoints, of which some are less strict.
fn parse(event: &Event) -> Option<LiveKitEvent> {
    LiveKitEvent::parse_lenient(&event.payload, event.occurred_at).ok()
}
