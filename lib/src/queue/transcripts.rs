//! The queue of conversations whose transcript is to be fetched. A conversation is over some time after
//! its call, so a message waits longer from time to time.

use serde::{Deserialize, Serialize};

use super::{Client, SendError, send::send};
use crate::domain::key::CallId;

/// The wait after the first attempt; every further one is twice as long.
const FIRST_WAIT_SECONDS: u32 = 30;
/// No wait is longer.
const LONGEST_WAIT_SECONDS: u32 = 15 * 60;

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum TranscriptMessage {
    /// Fetch the conversation of this call.
    #[serde(rename = "1")]
    V1 {
        /// The call.
        call_id: CallId,
        /// ElevenLabs' id, as a webhook told it.
        conversation_id: String,
    },
}

/// The queue `transcripts`.
#[derive(Debug, Clone)]
pub struct TranscriptQueue {
    client: Client,
    url: String,
}

impl TranscriptQueue {
    /// The queue of this URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for the conversation to be fetched. Asking again is harmless.
    ///
    /// # Errors
    /// When the queue did not take it: whoever calls must not acknowledge the event.
    pub async fn send(&self, call_id: CallId, conversation_id: &str) -> Result<(), SendError> {
        let message = TranscriptMessage::V1 { call_id, conversation_id: conversation_id.to_owned() };
        send(&self.client, &self.url, &message).await
    }

    /// Lets a message that was received so many times wait before it comes again.
    ///
    /// # Errors
    /// When the queue failed: the message comes again after the queue's own visibility timeout.
    pub async fn put_off(&self, receipt_handle: &str, received: u32) -> Result<(), SendError> {
        let wait = wait_seconds(received);
        let change = self.client.change_message_visibility().queue_url(&self.url);
        let change = change.receipt_handle(receipt_handle).visibility_timeout(wait.cast_signed());
        let changed = change.send().await;
        changed.map(drop).map_err(|error| SendError::of("ChangeMessageVisibility", error))
    }
}

/// How long a message that was received so many times waits.
fn wait_seconds(received: u32) -> u32 {
    let doublings = received.saturating_sub(1).min(16);
    FIRST_WAIT_SECONDS.saturating_mul(1 << doublings).min(LONGEST_WAIT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::CallKey;

    #[test]
    fn a_message_names_its_version() {
        let call_id = CallKey::RoomSid("RM_xyz789abc123".to_owned()).call_id();
        let message = TranscriptMessage::V1 { call_id, conversation_id: "conv_1".to_owned() };
        let json =
            r#"{"version":"1","callId":"75decced-4c31-5f3c-9d47-8892e71acc6e","conversationId":"conv_1"}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(serde_json::from_str::<TranscriptMessage>(json).unwrap(), message);
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<u32> = (1..=8).map(wait_seconds).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!((wait_seconds(0), wait_seconds(u32::MAX)), (30, 900));
    }
}
