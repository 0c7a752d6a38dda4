//! From a verified webhook to its call: the event is appended to the log, then folded.

pub mod accept;
pub mod agent_choice;
pub mod capture;
pub mod dispatch;
pub mod fold;
pub mod regions;
