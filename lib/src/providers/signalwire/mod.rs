//! SignalWire.

use crate::domain::{call::CallUpdate, event::Event};

pub(super) fn read_update(_event: &Event) -> Option<CallUpdate> {
    None
}
