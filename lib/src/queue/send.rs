//! Sending a message, whatever its queue.

use std::error::Error;

use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use serde::Serialize;
use thiserror::Error;

/// The queue did not take a message.
#[derive(Debug, Error)]
#[error("SendMessage failed ({code})")]
pub struct SendError {
    code: String,
    source: Box<dyn Error + Send + Sync>,
}

pub(super) async fn send(client: &Client, url: &str, message: &impl Serialize) -> Result<(), SendError> {
    let body = serde_json::to_string(message)
        .map_err(|error| SendError { code: "json".to_owned(), source: Box::new(error) })?;
    let sent = client.send_message().queue_url(url).message_body(body).send().await;
    sent.map(drop).map_err(|error| SendError {
        code: match &error {
            SdkError::TimeoutError(_) => "timeout".to_owned(),
            other => other.code().unwrap_or("no connection").to_owned(),
        },
        source: Box::new(error),
    })
}
