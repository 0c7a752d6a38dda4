//! Sending a message to any queue.

use std::error::Error;

use aws_sdk_sqs::{
    error::{ProvideErrorMetadata, SdkError},
    types::builders::SendMessageBatchRequestEntryBuilder,
};
use serde::Serialize;
use thiserror::Error;

use super::Client;

/// A queue did not take a message or a change.
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
    fn refused(code: &str) -> Self {
        Self {
            operation: "SendMessageBatch",
            code: code.to_owned(),
            source: "a part of the batch".into(),
        }
    }
}

/// SQS takes this many messages in one request.
const BATCH: usize = 10;
/// SQS delays a message by this many seconds at most.
pub const LONGEST_DELAY_SECONDS: u64 = 900;

pub(super) async fn send(
    client: &Client,
    url: &str,
    message: &impl Serialize,
) -> Result<(), SendError> {
    send_after(client, url, message, 0).await
}

/// Sends a message that is received after this many seconds.
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

/// Sends messages, [`BATCH`] in one request; it fails at the first batch that the queue does not take whole.
pub(super) async fn send_all(
    client: &Client,
    url: &str,
    entries: impl Iterator<Item = Result<SendMessageBatchRequestEntryBuilder, SendError>>,
) -> Result<(), SendError> {
    let entries = entries.enumerate().map(|(number, entry)| {
        let entry = entry?.id((number % BATCH).to_string());
        entry.build().map_err(SendError::json)
    });
    let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
    for batch in entries.chunks(BATCH) {
        let request = client.send_message_batch().queue_url(url);
        let sent = request.set_entries(Some(batch.to_vec())).send().await;
        let answer = sent.map_err(|error| SendError::of("SendMessageBatch", error))?;
        if let Some(failed) = answer.failed.first() {
            return Err(SendError::refused(&failed.code));
        }
    }
    Ok(())
}
