//! Calls, for frontends.

pub mod agent_call_status;
pub mod outcome;
