//! Calls, for frontends.

pub mod agent_call_status;
pub mod call_explanation;
pub mod call_list;
pub mod call_outcome;
pub mod call_stats;
pub mod call_timeline;
