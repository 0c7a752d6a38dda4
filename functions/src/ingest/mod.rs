//! Webhooks in.

pub mod call_completed;
pub mod gate;
pub mod signalwire;
