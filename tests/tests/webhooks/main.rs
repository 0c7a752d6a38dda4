//! The endpoints that configure webhooks, publish events and show the history.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod endpoint_proof;
mod publish_event;
mod publishing;
mod publishing_beside_calls;
mod publishing_filters;
mod publishing_payloads;
mod reported_call;
mod webhook_config_faults;
mod webhook_config_health;
mod webhook_configs;
mod webhook_configs_deployed;
mod webhook_event_details;
mod webhook_event_retry;
mod webhook_events;
mod webhook_secret_rotation;
mod webhook_tests;
