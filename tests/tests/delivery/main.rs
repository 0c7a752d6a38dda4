//! Events on their way to the endpoints of customers.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod breakers;
mod deliveries;
mod outbound;
mod recover;
mod sender;
mod shared_bodies;
mod verdicts;
