//! What is written down, held against what runs.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod checklist;
mod console;
mod cors;
mod demonstration;
mod documents;
mod imports;
mod layouts;
mod logs;
mod reference;
mod replay;
mod sample_events;
mod tidy;
mod trace;
