//! Webhooks out: what is configured about them, and what became of them.

pub mod recover;
