//! ElevenLabs.

pub mod api;
pub mod call_status;
mod conversation;
mod results;
mod wire;

pub use conversation::{Conversation, ConversationStatus};

use crate::domain::{call::CallUpdate, event::Event};

pub(super) fn read_update(_event: &Event) -> Option<CallUpdate> {
    None
}
