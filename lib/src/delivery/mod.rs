//! Delivering messages to subscriptions' endpoints: which addresses are allowed, how a message is posted,
//! and what follows from each attempt.
//!
//! A configured URL must not let a tenant reach what only Ringpost can reach (SSRF). So a destination is
//! checked three times: when it is configured, before every request, and, for the addresses that its name
//! resolves to, whenever a connection is made.

pub mod addresses;
pub mod attempt;
mod consequences;
pub mod deliver;
pub(crate) mod delivery_events;
pub mod destination;
pub mod manual_retry;
mod message_state;
mod pacing;
pub mod recovery;
pub mod request;
mod resolver;
mod response;
pub mod send;
