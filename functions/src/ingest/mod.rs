//! Webhooks in.

pub mod call_capture;
pub mod call_completed;
pub mod gate;
