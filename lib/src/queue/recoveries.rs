//! The queue of recoveries that are to start or to continue.

use serde::{Deserialize, Serialize};

use super::{Client, SendError, send::send_after};
use crate::domain::delivery::recovery::{Recovery, RecoveryId};

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum RecoveryMessage {
    /// Continue a recovery.
    #[serde(rename = "1")]
    V1 {
        tenant_id: String,
        recovery_id: RecoveryId,
    },
}

/// The queue `recoveries`.
#[derive(Debug, Clone)]
pub struct RecoveryQueue {
    client: Client,
    url: String,
}

impl RecoveryQueue {
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for a recovery to continue after this number of seconds. Asking again is harmless.
    pub async fn send(&self, recovery: &Recovery, seconds: u64) -> Result<(), SendError> {
        let tenant_id = recovery.tenant_id.clone();
        let message = RecoveryMessage::V1 {
            tenant_id,
            recovery_id: recovery.id,
        };
        send_after(&self.client, &self.url, &message, seconds).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_version() {
        let recovery_id = RecoveryId {
            subscription_id: 3,
            number: 1,
            ordered: 255,
        };
        let message = RecoveryMessage::V1 {
            tenant_id: "acme".to_owned(),
            recovery_id,
        };
        let json = r#"{"version":"1","tenantId":"acme","recoveryId":"rec_3_1_ff"}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<RecoveryMessage>(json).unwrap(),
            message
        );
        let strange = json.replace("rec_3_1_ff", "rec_3");
        assert!(serde_json::from_str::<RecoveryMessage>(&strange).is_err());
    }
}
