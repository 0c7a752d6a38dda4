//! What a tenant's developers configure: subscriptions, their tests, and API keys.

pub mod api_keys;
pub mod subscriptions;
