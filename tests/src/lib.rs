//! What the end-to-end tests share: the running local stack, requests signed as LiveKit signs them,
//! a world of tables, and AWS connections that break on command.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's support fails by panicking"
)]

pub mod ask;
pub mod aws;
pub mod commands;
pub mod configs;
mod crash_points;
pub mod elevenlabs;
pub mod elevenlabs_api;
pub mod faults;
pub mod lambda;
pub mod livekit;
pub mod manual_clock;
pub mod noise;
pub mod outage;
mod own_tables;
pub mod receiver;
pub mod recovery;
pub mod routes;
pub mod signalwire;
pub mod stack;
pub mod subscriptions;
pub mod world;
