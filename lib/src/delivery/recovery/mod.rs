//! Recoveries: the deliveries that an outage left behind are queued again, when their tenant orders it.

pub mod order;
pub mod run;
