//! What must happen in time, with nothing else beside it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod hostile_acts;
mod hostile_day;
mod outage;
mod pace;
mod tenants_day;
mod two_tenants;
