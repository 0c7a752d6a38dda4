//! Whether the service runs.

pub mod call_completed;
pub mod webhooks;
