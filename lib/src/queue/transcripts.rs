//! The queue of conversations whose transcript is to be fetched. A conversation is over some time after
//! its call, so every wait of a message is longer than the one before.

use serde::{Deserialize, Serialize};

use super::{Client, SendError, send::send, waits};
use crate::domain::key::CallId;

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum TranscriptMessage {
    /// Fetch the conversation of this call.
    #[serde(rename = "1")]
    V1 {
        call_id: CallId,
        /// ElevenLabs' id, from a webhook.
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
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for the conversation to be fetched. Asking again is harmless.
    ///
    /// # Errors
    /// The caller must then not acknowledge the event.
    pub async fn send(&self, call_id: CallId, conversation_id: &str) -> Result<(), SendError> {
        let message = TranscriptMessage::V1 {
            call_id,
            conversation_id: conversation_id.to_owned(),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::CallKey;

    #[test]
    fn a_message_names_its_version() {
        let call_id = CallKey::RoomSid("RM_xyz789abc123".to_owned()).call_id();
        let message = TranscriptMessage::V1 {
            call_id,
            conversation_id: "conv_1".to_owned(),
        };
        let json = r#"{"version":"1","callId":"75decced-4c31-5f3c-9d47-8892e71acc6e","conversationId":"conv_1"}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<TranscriptMessage>(json).unwrap(),
            message
        );
    }
}
