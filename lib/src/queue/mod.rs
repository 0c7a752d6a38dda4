//! SQS, concrete. Messages are versioned and small: they name what is in the database.

pub mod fan_out_retry;

/// The client of all queues.
pub type Client = aws_sdk_sqs::Client;
