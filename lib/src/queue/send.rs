//! Sending a message, whatever its queue.

use std::error::Error;

use aws_sdk_sqs::{
    error::{ProvideErrorMetadata, SdkError},
    types::SendMessageBatchRequestEntry,
};
use serde::Serialize;
use thiserror::Error;

use super::Client;

/// A queue did not do what it was asked.
#[derive(Debug, Error)]
#[error("{operation} failed ({code})")]
pub struct SendError {
    operation: &'static str,
    code: String,
    source: Box<dyn Error + Send + Sync>,
}

impl SendError {
    pub(super) fn of<E>(operation: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let code = match &error {
            SdkError::TimeoutError(_) => "timeout".to_owned(),
            other => other.code().unwrap_or("no connection").to_owned(),
        };
        Self {
            operation,
            code,
            source: Box::new(error),
        }
    }

    /// A message that cannot be made.
    pub(super) fn json(error: impl Error + Send + Sync + 'static) -> Self {
        Self {
            operation: "SendMessage",
            code: "json".to_owned(),
            source: Box::new(error),
        }
    }

    /// One message of a batch that the queue did not take.
    pub(super) fn refused(operation: &'static str, code: &str) -> Self {
        Self {
            operation,
            code: code.to_owned(),
            source: "a part of the batch".into(),
        }
    }
}

/// SQS takes so many messages by one request.
pub(super) const BATCH: usize = 10;
/// SQS delays a message so many seconds at most.
pub(super) const LONGEST_DELAY_SECONDS: u64 = 900;

/// Sends a message to the queue of this URL.
pub(super) async fn send(
    client: &Client,
    url: &str,
    message: &impl Serialize,
) -> Result<(), SendError> {
    send_after(client, url, message, 0).await
}

/// Sends a message that comes after so many seconds.
pub(super) async fn send_after(
    client: &Client,
    url: &str,
    message: &impl Serialize,
    seconds: u64,
) -> Result<(), SendError> {
    let body = serde_json::to_string(message).map_err(SendError::json)?;
    let delay = i32::try_from(seconds.min(LONGEST_DELAY_SECONDS))
        .ok()
        .filter(|delay| *delay > 0);
    let request = client
        .send_message()
        .queue_url(url)
        .message_body(body)
        .set_delay_seconds(delay);
    let sent = request.send().await;
    sent.map(drop)
        .map_err(|error| SendError::of("SendMessage", error))
}

/// Sends at most [`BATCH`] messages by one request; it fails unless the queue takes all of them.
pub(super) async fn send_batch(
    client: &Client,
    url: &str,
    entries: Vec<SendMessageBatchRequestEntry>,
) -> Result<(), SendError> {
    let sent = client
        .send_message_batch()
        .queue_url(url)
        .set_entries(Some(entries))
        .send()
        .await;
    let answer = sent.map_err(|error| SendError::of("SendMessageBatch", error))?;
    match answer.failed.first() {
        Some(failed) => Err(SendError::refused("SendMessageBatch", &failed.code)),
        None => Ok(()),
    }
}
