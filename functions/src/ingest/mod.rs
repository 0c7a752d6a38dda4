//! Webhooks in.

pub mod call_completed;
