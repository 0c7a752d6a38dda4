//! The use cases. Each step is conditional on a deterministic key, and whoever repeats a step whose
//! condition fails goes on with the steps after it.

pub mod accept;
pub mod agenda;
pub mod agent_calls;
pub mod agent_choice;
mod announce;
mod announce_platform;
pub mod api_keys;
pub mod browse;
pub mod capture;
pub mod dispatch;
pub mod fan_out;
pub mod fold;
pub mod history;
pub mod leads;
pub mod limiter;
pub mod order_recovery;
pub mod publish;
pub mod recover;
pub mod redeliver;
pub mod regions;
pub mod samples;
pub mod subscriptions;
pub mod sweep;
pub mod tally;
pub mod unfinished;
pub mod visible;
