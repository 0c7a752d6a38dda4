//! What a caller may read: calls, the history and leads.

pub mod agent_call_status;
pub mod call;
pub mod call_list;
pub mod call_stats;
pub mod endpoint_health;
pub mod explanation;
pub mod history;
pub mod leads;
