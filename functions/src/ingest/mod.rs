//! Webhooks in.

pub mod append_only;
pub mod call_capture;
pub mod call_completed;
pub mod call_status;
pub mod call_status_gate;
pub mod elevenlabs;
pub mod gate;
pub mod livekit_events;
mod receipt;
pub mod signalwire;
pub mod sip_inbound;
pub mod webhooks_test;
