//! Webhooks in.

pub mod call_completed;
pub mod call_status;
pub mod elevenlabs;
pub mod gate;
