//! Events on their way to the endpoints of customers.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod breakers;
mod deliveries;
mod delivery_crashes;
mod delivery_retries;
mod outbound;
mod recover;
mod recover_crashes;
mod recover_refusals;
mod recovery_jobs;
mod sender;
mod shared_bodies;
mod verdicts;
