//! From announcements to deliveries: each message × each subscription that wants it becomes a row of the
//! history, then a message in the queue.
//!
//! ```text
//! store each body that several rows share ─ record every row ─ queue the rows without an attempt
//! ```
//!
//! A row has the same key in every repetition, and says whether its first attempt was made. So a crash
//! between the steps is repaired by repeating them. The queue may then have a message twice, but the second
//! makes no attempt. A batch of events ends only when all are queued: ten messages are one request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{join_all, try_join_all};
use thiserror::Error;
use tokio::sync::OnceCell;

use super::announce::{Audience, CallAnnouncements, OutgoingMessage};
use crate::{
    clock::Clock,
    domain::{delivery::Message, subscription::Subscription, timestamp::Timestamp},
    queue::{
        SendError,
        deliveries::{DeliveryMessage, DeliveryQueue},
    },
    store::{
        StoreError,
        history::{HistoryTable, Packed, RecordedDelivery},
        subscriptions::SubscriptionTable,
    },
};

const AT_ONCE: usize = 32;

/// Why an event must be processed again.
#[derive(Debug, Error)]
pub enum FanOutError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// AWS answers too slowly; other events must not wait for this one.
    #[error("took too long")]
    Slow,
    #[error("the queue failed")]
    Queue(#[from] SendError),
}

#[derive(Debug, Clone)]
pub struct Publisher {
    pub subscriptions: SubscriptionTable,
    pub history: HistoryTable,
    pub deliveries: DeliveryQueue,
    pub clock: Clock,
}

#[derive(Debug)]
pub struct Batch {
    table: SubscriptionTable,
    /// The subscriptions of each tenant, read once and only when something is announced to it.
    of_tenant: Mutex<HashMap<String, Arc<OnceCell<Vec<Subscription>>>>>,
    /// First attempts to queue before the batch ends.
    unqueued: Mutex<Vec<(DeliveryMessage, u64)>>,
}

impl Batch {
    fn queue_later(&self, message: DeliveryMessage) {
        self.unqueued
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((message, 0));
    }

    async fn subscribers(
        &self,
        tenant_id: &str,
    ) -> Result<Arc<OnceCell<Vec<Subscription>>>, StoreError> {
        let cell = {
            let mut of_tenant = self
                .of_tenant
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            Arc::clone(of_tenant.entry(tenant_id.to_owned()).or_default())
        };
        cell.get_or_try_init(|| self.table.list(tenant_id)).await?;
        Ok(cell)
    }
}

impl Publisher {
    /// Begins a batch of events, which must end with [`Publisher::queue`].
    pub fn batch(&self) -> Batch {
        Batch {
            table: self.subscriptions.clone(),
            of_tenant: Mutex::default(),
            unqueued: Mutex::default(),
        }
    }

    /// Queues the deliveries that the events of a batch have recorded.
    /// On an error the events of the batch must be processed again.
    pub async fn queue(&self, batch: Batch) -> Result<(), SendError> {
        let unqueued = batch
            .unqueued
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        self.deliveries.send(&unqueued).await
    }

    /// Records the deliveries of what an event announces of its call; the batch queues them.
    pub(super) async fn publish(
        &self,
        announced: &CallAnnouncements<'_>,
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        if announced.is_empty() {
            return Ok(());
        }
        let subscriptions = batch.subscribers(announced.tenant_id()).await?;
        match subscriptions.get().filter(|all| !all.is_empty()) {
            Some(all) => self.record(&announced.messages(), all, batch).await,
            None => Ok(()),
        }
    }

    /// Publishes an event that is its own message.
    pub(super) async fn publish_message(
        &self,
        message: Message,
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        let subscriptions = batch.subscribers(&message.tenant_id).await?;
        let outgoing = OutgoingMessage {
            message,
            audience: Audience::All,
        };
        let all = subscriptions.get().map_or(&[][..], Vec::as_slice);
        self.record(&[outgoing], all, batch).await
    }

    /// Queues what an earlier pass recorded at these moments, whatever the subscriptions want by now.
    pub(super) async fn resume(
        &self,
        tenant_id: &str,
        moments: impl IntoIterator<Item = Timestamp>,
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        let reads = moments
            .into_iter()
            .map(|moment| self.history.unqueued_at(tenant_id, moment));
        for (at, subscription_id) in try_join_all(reads).await?.into_iter().flatten() {
            batch.queue_later(DeliveryMessage::attempt(&at, subscription_id, 1));
        }
        Ok(())
    }

    async fn record(
        &self,
        messages: &[OutgoingMessage],
        all: &[Subscription],
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        // The row of an older message has expired, so a delivery of it could not be recognised.
        let kept_since = self.history.kept_since(self.clock.now());
        let recent = messages
            .iter()
            .filter(|outgoing| kept_since < outgoing.message.announced_at);
        let packed = try_join_all(recent.map(|outgoing| self.packed(outgoing, all))).await?;
        let rows: Vec<(&Packed<'_>, u64)> = packed
            .iter()
            .flatten()
            .flat_map(|(packed, ids)| ids.iter().map(move |id| (packed, *id)))
            .collect();
        for chunk in rows.chunks(AT_ONCE) {
            let recorded = chunk
                .iter()
                .map(|(packed, id)| self.history.record_delivery(packed, *id));
            // Recorded rows are queued even if others fail.
            let mut failed = None;
            for (recorded, (_, id)) in join_all(recorded).await.into_iter().zip(chunk) {
                match recorded {
                    Ok(RecordedDelivery::Unqueued(at)) => {
                        batch.queue_later(DeliveryMessage::attempt(&at, *id, 1));
                    }
                    Ok(RecordedDelivery::Queued(_)) => {}
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(error) = failed {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// The message, and the ids of the subscriptions that want it; `None` if none does.
    async fn packed<'a>(
        &self,
        outgoing: &'a OutgoingMessage,
        all: &[Subscription],
    ) -> Result<Option<(Packed<'a>, Vec<u64>)>, StoreError> {
        let ids: Vec<u64> = all
            .iter()
            .filter(|subscription| is_for(outgoing, subscription))
            .map(|subscription| subscription.id)
            .collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let packed = self.history.pack(&outgoing.message, ids.len()).await?;
        Ok(Some((packed, ids)))
    }
}

/// Whether a subscription wants the message. Older messages than the subscription are not for it, also
/// when old events are processed again.
fn is_for(outgoing: &OutgoingMessage, subscription: &Subscription) -> bool {
    let OutgoingMessage { message, audience } = outgoing;
    let is_in_audience = match audience {
        Audience::All => true,
        Audience::WithFilters => !subscription.filters.is_empty(),
    };
    is_in_audience
        && subscription.created_at <= message.announced_at
        && subscription.wants(&message.event_type, &message.traits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscription::{Filters, Traits, tests::to};

    #[test]
    fn a_message_is_for_subscriptions_that_existed_when_it_was_announced() {
        let at = |second| Timestamp::from_seconds(second).unwrap();
        let outgoing = |announced: i64, audience| OutgoingMessage {
            message: Message {
                id: "evt_1".to_owned(),
                tenant_id: "acme".to_owned(),
                event_type: "call.created".to_owned(),
                occurred_at: at(announced),
                announced_at: at(announced),
                call_id: None,
                user_id: None,
                traits: Traits {
                    campaign_id: Some("spring".to_owned()),
                    ..Traits::default()
                },
                body: "{}".into(),
            },
            audience,
        };
        let plain = Subscription {
            created_at: at(100),
            ..to(&["call.created"])
        };
        let filtered = Subscription {
            filters: Filters {
                campaigns: vec!["spring".to_owned()],
                ..Filters::default()
            },
            ..plain.clone()
        };
        for (announced, existed) in [(99, false), (100, true), (101, true)] {
            let all = outgoing(announced, Audience::All);
            assert_eq!(is_for(&all, &plain), existed, "{announced}");
            assert_eq!(is_for(&all, &filtered), existed, "{announced}");
            let again = outgoing(announced, Audience::WithFilters);
            assert!(
                !is_for(&again, &plain),
                "nothing that a filter sees concerns it"
            );
            assert_eq!(is_for(&again, &filtered), existed, "{announced}");
        }
        let other_type = to(&["call.ringing"]);
        assert!(!is_for(&outgoing(101, Audience::All), &other_type));
    }
}
