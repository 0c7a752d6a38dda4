//! The library from outside, without a cloud: one binary, since linking each file alone takes minutes.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod calls;
mod providers;
mod reading;
mod support;
mod trust;
