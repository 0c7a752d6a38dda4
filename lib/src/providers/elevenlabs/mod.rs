//! ElevenLabs.

pub mod api;
pub mod call_status;
pub mod client;

use crate::domain::{call::CallUpdate, event::Event};

pub(super) fn read_update(_event: &Event) -> Option<CallUpdate> {
    None
}
