//! From what an event announces to deliveries: each message × each subscription that wants it becomes
//! a row of the history, then a message in the queue.
//!
//! ```text
//! record every row ─ queue those that nobody is known to have queued ─ (the event's driver goes on)
//! ```
//!
//! A row stands in the same place whoever records it, and says whether its first attempt was made. So a
//! crash between the two steps is repaired by doing both again, and nothing is delivered twice for it
//! but by a repeated message of the queue, which makes no second attempt.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::try_join_all;
use tokio::sync::OnceCell;

use super::{
    announce::{Audience, Notice, OfCall},
    fan_out::FanOutError,
};
use crate::{
    domain::{delivery::Message, subscription::Subscription},
    queue::deliveries::{DeliveryMessage, DeliveryQueue},
    store::{
        StoreError,
        history::{HistoryTable, Queued},
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
}

/// The subscriptions of each tenant, read once for a batch of events and only when something is
/// announced to it.
#[derive(Debug)]
pub struct Subscribers {
    table: SubscriptionTable,
    of_tenant: Mutex<HashMap<String, Arc<OnceCell<Vec<Subscription>>>>>,
}

impl Subscribers {
    async fn of(&self, tenant_id: &str) -> Result<Arc<OnceCell<Vec<Subscription>>>, StoreError> {
        let cell = {
            let mut of_tenant = self.of_tenant.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(of_tenant.entry(tenant_id.to_owned()).or_default())
        };
        cell.get_or_try_init(|| self.table.list(tenant_id)).await?;
        Ok(cell)
    }
}

impl Publisher {
    /// The subscriptions for the events of one batch.
    #[must_use]
    pub fn subscribers(&self) -> Subscribers {
        Subscribers { table: self.subscriptions.clone(), of_tenant: Mutex::default() }
    }

    /// Sees to the deliveries of what an event announces of its call. Once this returns, each is
    /// recorded and queued.
    ///
    /// # Errors
    /// When a step failed; publishing again is safe, and needed.
    pub(super) async fn publish(
        &self,
        announced: &OfCall<'_>,
        subscribers: &Subscribers,
    ) -> Result<(), FanOutError> {
        if announced.is_empty() {
            return Ok(());
        }
        let subscriptions = subscribers.of(announced.tenant_id()).await?;
        match subscriptions.get().filter(|all| !all.is_empty()) {
            Some(all) => self.deliver(&announced.notices(), all).await,
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
        subscribers: &Subscribers,
    ) -> Result<(), FanOutError> {
        let subscriptions = subscribers.of(&message.tenant_id).await?;
        let notice = Notice { message, to: Audience::Everybody };
        self.deliver(&[notice], subscriptions.get().map_or(&[], Vec::as_slice)).await
    }

    async fn deliver(&self, notices: &[Notice], all: &[Subscription]) -> Result<(), FanOutError> {
        let wanted: Vec<(&Message, u64)> = notices
            .iter()
            .flat_map(|notice| {
                let wants = all.iter().filter(|subscription| is_for(notice, subscription));
                wants.map(|subscription| (&notice.message, subscription.id))
            })
            .collect();
        let mut unqueued = Vec::new();
        for some in wanted.chunks(AT_ONCE) {
            let recorded = some.iter().map(|(message, id)| self.history.record_delivery(message, *id));
            for (queued, (_, id)) in try_join_all(recorded).await?.into_iter().zip(some) {
                if let Queued::Not(at) = queued {
                    unqueued.push((DeliveryMessage::attempt(&at, *id, 1), 0));
                }
            }
        }
        if !unqueued.is_empty() {
            self.deliveries.send(&unqueued).await?;
        }
        Ok(())
    }
}

/// Whether a subscription wants the message. It is not told of what was announced before it was made,
/// whoever drives old events again.
fn is_for(notice: &Notice, subscription: &Subscription) -> bool {
    let Notice { message, to } = notice;
    let is_asked = match to {
        Audience::Everybody => true,
        Audience::Filtering => !subscription.filters.is_empty(),
    };
    is_asked
        && subscription.created_at <= message.announced_at
        && subscription.wants(&message.event_type, &message.traits)
}
