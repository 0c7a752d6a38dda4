//! What tenants have to tell their own subscriptions.

pub mod publish_event;
