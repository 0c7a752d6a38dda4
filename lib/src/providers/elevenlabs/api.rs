//! Conversations read from ElevenLabs' API.

use super::conversation::{self, Conversation};
use crate::domain::{call::CallUpdate, event::Event};

/// The payload is the answer of `GET /v1/convai/conversations/{id}` as it came.
pub(in crate::providers) fn read_update(event: &Event) -> Option<CallUpdate> {
    conversation::update(&Conversation::parse(&event.payload)?, event)
}
