//! The queue of events that `fan-out` must process again.

use std::collections::BTreeSet;

use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};

pub use super::send::SendError;
use super::{
    send::{send, send_all},
    waits,
};
use crate::domain::key::EventKey;

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum FanOutMessage {
    /// Process this event again.
    #[serde(rename = "1")]
    V1 { event_key: EventKey },
}

/// The queue `fan-out-retry`.
#[derive(Debug, Clone)]
pub struct FanOutRetryQueue {
    client: Client,
    url: String,
}

impl FanOutRetryQueue {
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for `event_key` to be processed again.
    ///
    /// # Errors
    /// The caller must then not acknowledge the event.
    pub async fn send(&self, event_key: &EventKey) -> Result<(), SendError> {
        let message = FanOutMessage::V1 {
            event_key: event_key.clone(),
        };
        send(&self.client, &self.url, &message).await
    }

    /// Lets a message wait before it is received again; `received` is how often it was.
    ///
    /// # Errors
    /// The message is then received again after the queue's own visibility timeout.
    pub async fn postpone(&self, receipt_handle: &str, received: u32) -> Result<(), SendError> {
        waits::postpone(&self.client, &self.url, receipt_handle, received).await
    }

    /// Asks for all of `event_keys` to be processed again, ten by one request. Once this returns, all
    /// are durable.
    ///
    /// # Errors
    /// The queue may have taken some of them; asking again is safe.
    pub async fn send_all(&self, event_keys: &BTreeSet<EventKey>) -> Result<(), SendError> {
        let entries = event_keys.iter().map(|event_key| {
            let event_key = event_key.clone();
            let message = FanOutMessage::V1 { event_key };
            let body = serde_json::to_string(&message).map_err(SendError::json)?;
            Ok(SendMessageBatchRequestEntry::builder().message_body(body))
        });
        send_all(&self.client, &self.url, entries).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_version() {
        let message = FanOutMessage::V1 {
            event_key: EventKey::of("livekit", "EV_1"),
        };
        let json = r#"{"version":"1","eventKey":"livekit:EV_1"}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<FanOutMessage>(json).unwrap(),
            message
        );
    }
}
