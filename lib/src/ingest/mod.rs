//! From a verified webhook to its call: the event becomes durable, then it is folded.

pub mod accept;
pub mod agent_choice;
pub mod capture;
pub mod dispatch;
pub mod fold;
pub mod regions;
