//! The use cases. Each step is conditional on a deterministic key, and whoever repeats a step whose
//! condition fails goes on with the steps after it.

pub mod accept;
pub mod agenda;
pub mod fan_out;
pub mod fold;
pub mod sweep;
pub mod visible;
