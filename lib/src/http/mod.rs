//! The edge: errors and replies in the documented shapes, and who a caller is.

pub mod agent_call;
pub mod call_log;
pub mod call_query;
pub mod dispatch;
pub mod endpoint_health;
pub mod error;
pub mod event_payload;
pub mod event_query;
pub mod event_view;
pub mod explanation_view;
pub mod idempotency;
pub mod json_body;
pub mod page;
pub mod publication;
mod query_params;
pub mod reply;
pub mod webhook_config;
