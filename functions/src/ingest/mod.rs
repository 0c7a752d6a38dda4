//! Webhooks in.

pub mod call_completed;
pub mod gate;
pub mod livekit_events;
pub mod signalwire;
pub mod sip_inbound;
pub mod webhooks_test;
