//! Calls as frontends see them, from the events that came in.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod agent_calls;
mod call_counts;
mod call_counts_kept;
mod call_counts_scan;
mod call_list_filters;
mod call_lists;
mod call_names;
mod call_outcomes;
mod call_timelines;
mod costs;
mod explanations;
mod recovery;
mod three_providers;
mod unfinished;
mod uniting;
mod waiting;
mod who_ends_a_call;
