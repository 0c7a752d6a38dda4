//! From what an event announces to deliveries: each message × each subscription that wants it becomes
//! a row of the history, then a message in the queue.
//!
//! ```text
//! keep each body that several share ─ record every row ─ queue together what nobody is known to have queued
//! ```
//!
//! A row stands in the same place whoever records it, and says whether its first attempt was made. So a
//! crash between the two steps is repaired by doing both again, and nothing is delivered twice for it
//! but by a repeated message of the queue, which makes no second attempt. A batch of events ends only when
//! all are queued: ten messages are one request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{join_all, try_join_all};
use tokio::sync::OnceCell;

use super::{
    FanOutError,
    announce::{Audience, CallAnnouncements, TargetedMessage},
};
use crate::{
    clock::Clock,
    domain::{delivery::Message, subscription::Subscription},
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

/// So many rows are written at once.
const AT_ONCE: usize = 32;

/// Makes deliveries of announcements.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// Who wants what.
    pub subscriptions: SubscriptionTable,
    /// Where deliveries stand.
    pub history: HistoryTable,
    /// What makes them.
    pub deliveries: DeliveryQueue,
    /// What time it is.
    pub clock: Clock,
}

/// What the events of a batch have in common.
#[derive(Debug)]
pub struct Batch {
    table: SubscriptionTable,
    /// The subscriptions of each tenant, read once and only when something is announced to it.
    of_tenant: Mutex<HashMap<String, Arc<OnceCell<Vec<Subscription>>>>>,
    /// The first attempts that must be queued before the batch has ended.
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
    /// A batch of events. Whoever drove them must end it by [`Publisher::queue`].
    #[must_use]
    pub fn batch(&self) -> Batch {
        Batch {
            table: self.subscriptions.clone(),
            of_tenant: Mutex::default(),
            unqueued: Mutex::default(),
        }
    }

    /// Queues the deliveries that the events of a batch have recorded.
    ///
    /// # Errors
    /// When the queue did not take all of them: the events of the batch must be driven again.
    pub async fn queue(&self, batch: Batch) -> Result<(), SendError> {
        let unqueued = batch
            .unqueued
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        self.deliveries.send(&unqueued).await
    }

    /// Sees to the deliveries of what an event announces of its call. Once this returns, each is
    /// recorded; the batch queues them.
    ///
    /// # Errors
    /// When a step failed; publishing again is safe, and needed.
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

    /// As [`Publisher::publish`], of an event that is its own message.
    ///
    /// # Errors
    /// As [`Publisher::publish`].
    pub(super) async fn publish_message(
        &self,
        message: Message,
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        let subscriptions = batch.subscribers(&message.tenant_id).await?;
        let notice = TargetedMessage {
            message,
            to: Audience::Everybody,
        };
        self.record(
            &[notice],
            subscriptions.get().map_or(&[], Vec::as_slice),
            batch,
        )
        .await
    }

    async fn record(
        &self,
        messages: &[TargetedMessage],
        all: &[Subscription],
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        // Whoever got it long ago would get it again: its row, which would tell, has expired.
        let kept_since = self.history.kept_since(self.clock.now());
        let wanted = messages
            .iter()
            .filter(|notice| kept_since < notice.message.announced_at);
        let packed = wanted.map(|notice| self.packed(notice, all));
        let packed = try_join_all(packed).await?;
        let rows: Vec<(&Packed<'_>, u64)> = packed
            .iter()
            .flatten()
            .flat_map(|(packed, ids)| ids.iter().map(move |id| (packed, *id)))
            .collect();
        for some in rows.chunks(AT_ONCE) {
            let recorded = some
                .iter()
                .map(|(packed, id)| self.history.record_delivery(packed, *id));
            // What is recorded is queued, whatever became of the others.
            let mut failed = None;
            for (recorded, (_, id)) in join_all(recorded).await.into_iter().zip(some) {
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

    /// The message, and the subscriptions that want it; `None` if none does.
    async fn packed<'a>(
        &self,
        notice: &'a TargetedMessage,
        all: &[Subscription],
    ) -> Result<Option<(Packed<'a>, Vec<u64>)>, StoreError> {
        let wants = all
            .iter()
            .filter(|subscription| is_for(notice, subscription));
        let ids: Vec<u64> = wants.map(|subscription| subscription.id).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        Ok(Some((
            self.history.pack(&notice.message, ids.len()).await?,
            ids,
        )))
    }
}

/// Whether a subscription wants the message. It is not told of what was announced before it was made,
/// whoever drives old events again.
fn is_for(notice: &TargetedMessage, subscription: &Subscription) -> bool {
    let TargetedMessage { message, to } = notice;
    let is_asked = match to {
        Audience::Everybody => true,
        Audience::Filtering => !subscription.filters.is_empty(),
    };
    is_asked
        && subscription.created_at <= message.announced_at
        && subscription.wants(&message.event_type, &message.traits)
}
