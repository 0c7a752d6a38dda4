//! Recoveries: at a tenant's request the deliveries that an outage left behind are queued again.

pub mod order;
pub mod run;
