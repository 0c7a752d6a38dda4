//! LiveKit's question which agent answers an inbound call.

use crate::domain::{call::CallUpdate, event::Event};

pub(in crate::providers) fn read_update(_event: &Event) -> Option<CallUpdate> {
    None
}
