//! The edge: errors and replies in the documented shapes, and who a caller is.

pub mod agent_call;
pub mod allow_list;
pub mod call_event;
pub mod call_log;
pub mod call_query;
pub mod dispatch;
pub mod error;
pub mod event_payload;
pub mod event_query;
pub mod event_view;
pub mod fields;
mod given;
pub mod idempotency;
pub mod legs;
pub mod page;
pub mod publication;
pub mod reply;
pub mod role;
pub mod token;
pub mod webhook_config;
