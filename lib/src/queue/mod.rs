//! SQS, concrete. Messages are versioned and small: they name what is in the database, or carry what could
//! not be written there.

pub mod deferred_events;
pub mod deliveries;
pub mod fan_out_retry;
pub mod recoveries;
mod send;
pub mod transcripts;
mod waits;

pub use send::SendError;

/// The client of all queues.
pub type Client = aws_sdk_sqs::Client;
