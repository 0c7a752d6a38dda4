//! Conversations read from ElevenLabs' API.

use super::conversation::{self, Conversation, claim};
use crate::domain::{call::CallUpdate, event::Event};

/// The payload is the unchanged response of `GET /v1/convai/conversations/{id}`.
pub(in crate::providers) fn read_update(event: &Event) -> Option<CallUpdate> {
    let conversation = Conversation::parse(&event.payload)?;
    let mut update = conversation::update(&conversation, event)?;
    update.facts.asked = claim(event, 0, (!conversation.is_final()).then_some(()));
    Some(update)
}
