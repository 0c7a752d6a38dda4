//! The queues of deliveries: one message per attempt. In the queue of all deliveries every subscription
//! is a message group, in the slow lane every tenant: one that has many messages waiting does not hold up
//! the others (SQS fair queues).

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

use super::{Client, SendError, send::send_all};
use crate::{
    crypto::sha256,
    domain::{
        delivery::{Delivery, DeliveryRef},
        timestamp::Timestamp,
    },
};

/// A delivery that is to wait longer is kept in the table `due`.
pub use super::send::LONGEST_DELAY_SECONDS;

/// A message; old versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum DeliveryMessage {
    /// Make an attempt.
    #[serde(rename = "1")]
    V1 {
        tenant_id: String,
        /// The delivery's row in the history.
        id: u64,
        subscription_id: u64,
        /// Which attempt, counted from 1 over the delivery's whole life.
        attempt: u32,
        /// Its slot under the pace of its endpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<BookedSlot>,
        /// Whether it is in the slow lane.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        slow: bool,
    },
}

/// When a delivery may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedSlot {
    /// The moment, in microseconds since 1970.
    pub micros: u64,
    /// When it was booked.
    pub given: Timestamp,
}

impl DeliveryMessage {
    /// The message for the next attempt of a delivery.
    pub fn next_of(delivery: &Delivery) -> Self {
        Self::attempt(
            &delivery.at,
            delivery.subscription_id,
            delivery.attempts + 1,
        )
    }

    pub fn attempt(at: &DeliveryRef, subscription_id: u64, attempt: u32) -> Self {
        let tenant_id = at.tenant_id.clone();
        Self::V1 {
            tenant_id,
            id: at.id,
            subscription_id,
            attempt,
            place: None,
            slow: false,
        }
    }

    /// The same message with this slot, in the slow lane or not.
    pub fn placed(&self, at: Option<BookedSlot>, in_slow_lane: bool) -> Self {
        let mut placed = self.clone();
        let Self::V1 { place, slow, .. } = &mut placed;
        (*place, *slow) = (at, in_slow_lane);
        placed
    }

    pub fn delivery(&self) -> DeliveryRef {
        let Self::V1 { tenant_id, id, .. } = self;
        DeliveryRef {
            tenant_id: tenant_id.clone(),
            id: *id,
        }
    }

    pub fn subscription_id(&self) -> u64 {
        let Self::V1 {
            subscription_id, ..
        } = self;
        *subscription_id
    }

    /// Which attempt, counted from 1.
    pub fn number(&self) -> u32 {
        let Self::V1 { attempt, .. } = self;
        *attempt
    }

    pub fn place(&self) -> Option<BookedSlot> {
        let Self::V1 { place, .. } = self;
        *place
    }

    pub fn is_in_slow_lane(&self) -> bool {
        let Self::V1 { slow, .. } = self;
        *slow
    }

    /// The message as JSON, which is how it waits elsewhere.
    pub fn to_json(&self) -> Result<String, SendError> {
        serde_json::to_string(self).map_err(SendError::json)
    }

    /// The message group: letters and digits, as SQS wants, for any tenant.
    fn group(&self) -> String {
        let Self::V1 {
            tenant_id,
            subscription_id,
            slow,
            ..
        } = self;
        // In the slow lane a tenant has one share, however many slow endpoints it has.
        let of = if *slow { 0 } else { *subscription_id };
        hex::encode(&sha256(format!("{of}#{tenant_id}").as_bytes())[..16])
    }
}

/// The queue `deliveries`, or the slow lane beside it.
#[derive(Debug, Clone)]
pub struct DeliveryQueue {
    client: Client,
    url: String,
}

impl DeliveryQueue {
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for attempts, each after its number of seconds. Once this returns, all are durable. A repeated
    /// message makes no second attempt.
    ///
    /// # Errors
    /// The queue may have taken some of them.
    pub async fn send(&self, messages: &[(DeliveryMessage, u64)]) -> Result<(), SendError> {
        let entries = messages.iter().map(|(message, delay)| {
            let delay = i32::try_from((*delay).min(LONGEST_DELAY_SECONDS)).unwrap_or_default();
            Ok(SendMessageBatchRequestEntry::builder()
                .message_body(message.to_json()?)
                .message_group_id(message.group())
                .delay_seconds(delay))
        });
        send_all(&self.client, &self.url, entries).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_version() {
        let at = DeliveryRef {
            tenant_id: "acme".to_owned(),
            id: 7,
        };
        let message = DeliveryMessage::attempt(&at, 3, 2);
        let json = r#"{"version":"1","tenantId":"acme","id":7,"subscriptionId":3,"attempt":2}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<DeliveryMessage>(json).unwrap(),
            message
        );
        let booked = json.replace('}', r#","booked":1767312000}"#);
        assert_eq!(
            serde_json::from_str::<DeliveryMessage>(&booked).unwrap(),
            message,
            "of an earlier version"
        );
        let given = Timestamp::from_seconds(1_767_312_000).unwrap();
        let placed = message.placed(
            Some(BookedSlot {
                micros: 1_767_312_003_000_000,
                given,
            }),
            true,
        );
        assert_eq!(
            serde_json::from_str::<DeliveryMessage>(&placed.to_json().unwrap()).unwrap(),
            placed
        );
    }

    #[test]
    fn a_group_is_that_of_a_subscription_and_fits_any_tenant() {
        let group = |tenant: &str, subscription_id, id| {
            let at = DeliveryRef {
                tenant_id: tenant.to_owned(),
                id,
            };
            DeliveryMessage::attempt(&at, subscription_id, 1).group()
        };
        let long = "ä ".repeat(500);
        assert_eq!(group(&long, 1, 1), group(&long, 1, 2));
        assert_ne!(group(&long, 1, 1), group(&long, 2, 1));
        let slow = |subscription_id| {
            let at = DeliveryRef {
                tenant_id: "acme".to_owned(),
                id: 1,
            };
            DeliveryMessage::attempt(&at, subscription_id, 1)
                .placed(None, true)
                .group()
        };
        assert_eq!(slow(1), slow(2), "in the slow lane it is that of a tenant");
        assert_ne!(slow(1), group("acme", 1, 1));
        assert!(group(&long, 1, 1).len() <= 128 && group(&long, 1, 1).is_ascii());
    }
}
