//! The queue of deliveries: one message per attempt. Every subscription is a message group, so that one
//! whose endpoint is slow does not hold up the others (SQS fair queues).

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

use super::{
    Client, SendError,
    send::{BATCH, send_batch},
};
use crate::{
    crypto::sha256,
    domain::delivery::{Delivery, DeliveryRef},
};

/// SQS delays a message so many seconds at most; what is to wait longer lies in the table `due`.
pub const LONGEST_DELAY_SECONDS: u64 = 900;

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum DeliveryMessage {
    /// Make an attempt.
    #[serde(rename = "1")]
    V1 {
        /// The tenant.
        tenant_id: String,
        /// The delivery's row in the history.
        id: u64,
        /// Where it goes.
        subscription_id: u64,
        /// Which attempt, counted from 1 over the delivery's whole life.
        attempt: u32,
        /// The second of the clock that the subscription's rate limit gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        booked: Option<i64>,
    },
}

impl DeliveryMessage {
    /// The message for the next attempt of a delivery.
    #[must_use]
    pub fn next_of(delivery: &Delivery) -> Self {
        Self::attempt(&delivery.at, delivery.subscription_id, delivery.attempts + 1)
    }

    /// The message for an attempt.
    #[must_use]
    pub fn attempt(at: &DeliveryRef, subscription_id: u64, attempt: u32) -> Self {
        Self::V1 { tenant_id: at.tenant_id.clone(), id: at.id, subscription_id, attempt, booked: None }
    }

    /// The same message with a second of its own.
    #[must_use]
    pub fn booked_for(mut self, second: i64) -> Self {
        let Self::V1 { booked, .. } = &mut self;
        *booked = Some(second);
        self
    }

    /// The delivery.
    #[must_use]
    pub fn delivery(&self) -> DeliveryRef {
        let Self::V1 { tenant_id, id, .. } = self;
        DeliveryRef { tenant_id: tenant_id.clone(), id: *id }
    }

    /// Where it goes.
    #[must_use]
    pub fn subscription_id(&self) -> u64 {
        let Self::V1 { subscription_id, .. } = self;
        *subscription_id
    }

    /// Which attempt, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        let Self::V1 { attempt, .. } = self;
        *attempt
    }

    /// The second that it was given under a rate limit.
    #[must_use]
    pub fn booked(&self) -> Option<i64> {
        let Self::V1 { booked, .. } = self;
        *booked
    }

    /// The message as JSON, which is how it waits elsewhere.
    ///
    /// # Errors
    /// Never in practice: it has string keys only.
    pub fn to_json(&self) -> Result<String, SendError> {
        serde_json::to_string(self).map_err(SendError::json)
    }

    /// The message group: letters and digits, as SQS wants, of whatever tenant.
    fn group(&self) -> String {
        let Self::V1 { tenant_id, subscription_id, .. } = self;
        hex::encode(&sha256(format!("{subscription_id}#{tenant_id}").as_bytes())[..16])
    }
}

/// The queue `deliveries`.
#[derive(Debug, Clone)]
pub struct DeliveryQueue {
    client: Client,
    url: String,
}

impl DeliveryQueue {
    /// The queue of this URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for attempts, each after so many seconds. Once this returns, all are durable. A repeated
    /// message makes no second attempt.
    ///
    /// # Errors
    /// When the queue did not take all of them.
    pub async fn send(&self, messages: &[(DeliveryMessage, u64)]) -> Result<(), SendError> {
        for batch in messages.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(place, (message, delay))| {
                let body = message.to_json()?;
                let delay = i32::try_from((*delay).min(LONGEST_DELAY_SECONDS)).unwrap_or_default();
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(body)
                    .message_group_id(message.group())
                    .delay_seconds(delay);
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
        let at = DeliveryRef { tenant_id: "acme".to_owned(), id: 7 };
        let message = DeliveryMessage::attempt(&at, 3, 2);
        let json = r#"{"version":"1","tenantId":"acme","id":7,"subscriptionId":3,"attempt":2}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(serde_json::from_str::<DeliveryMessage>(json).unwrap(), message);
    }

    #[test]
    fn a_group_is_that_of_a_subscription_and_fits_any_tenant() {
        let group = |tenant: &str, subscription_id, id| {
            let at = DeliveryRef { tenant_id: tenant.to_owned(), id };
            DeliveryMessage::attempt(&at, subscription_id, 1).group()
        };
        let long = "ä ".repeat(500);
        assert_eq!(group(&long, 1, 1), group(&long, 1, 2));
        assert_ne!(group(&long, 1, 1), group(&long, 2, 1));
        assert!(group(&long, 1, 1).len() <= 128 && group(&long, 1, 1).is_ascii());
    }
}
