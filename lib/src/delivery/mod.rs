//! Getting messages to subscriptions' endpoints: where they may go, how they are posted, and what
//! follows from each attempt.
//!
//! Whoever may configure a URL could otherwise let Ringpost ask what only Ringpost can reach. So a
//! destination is judged three times: when it is configured, before every request, and, for the addresses
//! that its name resolves to, whenever a connection is made.

pub mod addresses;
mod answer;
pub mod deliver;
pub mod destination;
mod follow;
pub(crate) mod notice;
mod resolver;
pub mod send;
mod turns;
