//! The program `ringpost` against the local stack, as people and scripts run it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test and its support fail by panicking"
)]

mod commands;
mod listening;
mod program;
mod samples;
