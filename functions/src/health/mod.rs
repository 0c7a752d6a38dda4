//! Whether the service runs.

pub mod call_completed_health;
pub mod webhooks_health;
