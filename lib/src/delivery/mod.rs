//! Getting messages to subscriptions' endpoints: where they may go, how they are posted, and what
//! follows from each attempt.
//!
//! Whoever may configure a URL could otherwise let Ringpost ask what only Ringpost can reach. So a
//! destination is judged three times: when it is configured, before every request, and, for the addresses
//! that its name resolves to, whenever a connection is made.

pub mod addresses;
pub mod attempt;
mod consequences;
pub mod deliver;
pub(crate) mod delivery_events;
pub mod destination;
pub mod manual_retry;
mod pacing;
pub mod recovery;
mod resolver;
mod response;
pub mod send;
