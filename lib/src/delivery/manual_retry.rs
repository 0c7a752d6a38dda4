//! Retrying a failed delivery at the tenant's request.
//!
//! ```text
//! due ← the attempt, in a minute        a safety entry: after a crash below, sweep queues the attempt
//! history: failed → pending             conditional; of two simultaneous requests one succeeds
//! queue ← the attempt, now
//! ```
//!
//! If both messages arrive, the second is harmless: a recorded attempt is not made again.

use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{
        delivery::{Delivery, DeliveryRef, DeliveryStatus},
        due::Due,
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    queue::{
        SendError,
        deliveries::{DeliveryMessage, DeliveryQueue},
    },
    store::{
        StoreError,
        due::DueTable,
        history::{HistoryTable, Row},
        subscriptions::SubscriptionTable,
    },
    telemetry,
};

/// When the sweep queues the attempt if this process did not.
const SAFETY_MILLIS: u64 = 60_000;

#[derive(Debug, Clone)]
pub struct ManualRetry {
    pub rows: HistoryTable,
    pub subscriptions: SubscriptionTable,
    pub due: DueTable,
    pub queue: DeliveryQueue,
    pub clock: Clock,
}

#[derive(Debug)]
pub enum ManualRetryResult {
    Queued(Box<Delivery>),
    Unknown,
    Inbound,
    NotFailed(DeliveryStatus),
    Deleted,
    Inactive,
}

/// The state is unknown; repeating the request is safe.
#[derive(Debug, Error)]
pub enum ManualRetryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] SendError),
}

impl ManualRetry {
    /// Queues the next attempt of a failed delivery. If this fails halfway, the sweep queues it.
    pub async fn redeliver(&self, at: &DeliveryRef) -> Result<ManualRetryResult, ManualRetryError> {
        let delivery = match self.rows.find_row(at).await? {
            None => return Ok(ManualRetryResult::Unknown),
            Some(Row::Inbound(_)) => return Ok(ManualRetryResult::Inbound),
            Some(Row::Outbound(delivery)) => delivery,
        };
        if delivery.status != DeliveryStatus::Failed {
            return Ok(ManualRetryResult::NotFailed(delivery.status));
        }
        let found = self
            .subscriptions
            .find(&at.tenant_id, delivery.subscription_id)
            .await?;
        match found.map(|subscription| subscription.status) {
            None => return Ok(ManualRetryResult::Deleted),
            Some(SubscriptionStatus::Inactive) => return Ok(ManualRetryResult::Inactive),
            Some(SubscriptionStatus::Active) => {}
        }
        let (message, now) = (DeliveryMessage::next_of(&delivery), self.clock.now());
        let safety = Due::delivery(message.to_json()?, now.plus_millis(SAFETY_MILLIS));
        self.due.file(&safety, now).await?;
        let reopened = match self.rows.reopen_delivery(&delivery, None, now).await? {
            Some(reopened) => reopened,
            None => match self.rows.find_delivery(at).await? {
                None => return Ok(ManualRetryResult::Unknown),
                Some(found) if is_ours(&found, &delivery, now) => found,
                Some(found) => return Ok(ManualRetryResult::NotFailed(found.status)),
            },
        };
        self.queue.send(&[(message, 0)]).await?;
        // If the entry stays, it only queues the same attempt again.
        if let Err(error) = self.due.withdraw(&safety, now).await {
            tracing::warn!(
                id = at.id,
                cause = telemetry::chain(&error),
                "safety entry not removed"
            );
        }
        Ok(ManualRetryResult::Queued(Box::new(reopened)))
    }
}

/// Whether this request reopened it: the response was lost, and the SDK tried again.
fn is_ours(found: &Delivery, read: &Delivery, now: Timestamp) -> bool {
    found.status == DeliveryStatus::Pending
        && found.attempts == read.attempts
        && found.updated_at == now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::tests::pending;

    #[test]
    fn what_was_reopened_at_this_moment_without_an_attempt_since_is_ours() {
        let now = Timestamp::from_seconds(1_000).unwrap();
        let read = Delivery {
            status: DeliveryStatus::Failed,
            attempts: 3,
            ..pending()
        };
        let ours = Delivery {
            status: DeliveryStatus::Pending,
            updated_at: now,
            ..read.clone()
        };
        assert!(is_ours(&ours, &read, now));
        for other in [
            Delivery {
                status: DeliveryStatus::Failed,
                ..ours.clone()
            },
            Delivery {
                attempts: 4,
                ..ours.clone()
            },
            Delivery {
                updated_at: now.plus_millis(1),
                ..ours
            },
        ] {
            assert!(!is_ours(&other, &read, now), "{other:?}");
        }
    }
}
