//! The queue of events that `fan-out` must take up again.

use std::collections::BTreeSet;

use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};

pub use super::send::SendError;
use super::{
    send::{BATCH, send, send_batch},
    waits,
};
use crate::domain::key::EventKey;

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum FanOutMessage {
    /// Drive this event again.
    #[serde(rename = "1")]
    V1 {
        /// The event.
        event_key: EventKey,
    },
}

/// The queue `fan-out-retry`.
#[derive(Debug, Clone)]
pub struct FanOutRetryQueue {
    client: Client,
    url: String,
}

impl FanOutRetryQueue {
    /// The queue of this URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for `event_key` to be driven again.
    ///
    /// # Errors
    /// When the queue did not take it: whoever calls must not acknowledge the event.
    pub async fn send(&self, event_key: &EventKey) -> Result<(), SendError> {
        let message = FanOutMessage::V1 {
            event_key: event_key.clone(),
        };
        send(&self.client, &self.url, &message).await
    }

    /// Lets a message that was received so many times wait before it comes again.
    ///
    /// # Errors
    /// When the queue failed: the message comes again after the queue's own visibility timeout.
    pub async fn postpone(&self, receipt_handle: &str, received: u32) -> Result<(), SendError> {
        waits::postpone(&self.client, &self.url, receipt_handle, received).await
    }

    /// Asks for all of `event_keys` to be processed again, ten by one request. Once this returns, all
    /// are durable.
    ///
    /// # Errors
    /// When the queue did not take all of them; asking again is safe.
    pub async fn send_all(&self, event_keys: &BTreeSet<EventKey>) -> Result<(), SendError> {
        let event_keys: Vec<_> = event_keys.iter().collect();
        for keys in event_keys.chunks(BATCH) {
            let entries = keys.iter().enumerate().map(|(place, event_key)| {
                let message = FanOutMessage::V1 {
                    event_key: (*event_key).clone(),
                };
                let body = serde_json::to_string(&message).map_err(SendError::json)?;
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(body);
                entry.build().map_err(SendError::json)
            });
            send_batch(&self.client, &self.url, entries.collect::<Result<_, _>>()?).await?;
        }
        Ok(())
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
