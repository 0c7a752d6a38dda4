//! Calls, for frontends.

pub mod outcome;
