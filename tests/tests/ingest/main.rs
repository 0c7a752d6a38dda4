//! What providers and dialers post to the deployed functions.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod call_status;
mod capture;
mod capture_repetitions;
mod crash_points;
mod elevenlabs;
mod elevenlabs_client;
mod follow_ups;
mod inbound;
mod inbound_calls;
mod inbound_outages;
mod refusals;
mod signalwire;
mod transcripts;
