//! Everything in Ringpost that decides anything, without a line of Lambda in it.
//!
//! `domain` is pure; `crypto` names the packages that hash, sign and verify; `providers` turn verified webhooks into what they say of a call; `store` and
//! `queue` talk to AWS; `pipeline` holds the use cases; `http` is the edge. See docs/ARCHITECTURE.md.

pub mod admin;
pub mod auth;
pub mod aws;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod delivery;
pub mod domain;
pub mod fan_out;
pub mod http;
pub mod ingest;
pub mod json;
pub mod providers;
pub mod queries;
pub mod queue;
pub mod secrets;
pub mod store;
pub mod sweep;
pub mod telemetry;
