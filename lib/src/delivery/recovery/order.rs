//! Ordering a recovery. A subscription has one at a time: their numbers are given out by a condition,
//! so that of two orders at the same moment one finds the other's.
//!
//! ```text
//! read the latest ── write the next ── queue it
//! ```
//!
//! A crash before the message leaves a recovery that nobody works on. Whoever orders next meets it and
//! queues it; so does whoever meets one that has not gone on for a while.

use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{
        delivery::recovery::{Order, Place, Recovery, RecoveryId, RecoveryStatus},
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    queue::{SendError, recoveries::RecoveryQueue},
    store::{StoreError, recoveries::RecoveryTable, subscriptions::SubscriptionTable},
};

/// So many orders at the same moment are not a coincidence.
const MAX_TRIES: usize = 8;

/// Takes orders.
#[derive(Debug, Clone)]
pub struct Recoveries {
    /// Whose deliveries may be recovered.
    pub subscriptions: SubscriptionTable,
    /// Where recoveries are.
    pub recoveries: RecoveryTable,
    /// Where they are queued.
    pub queue: RecoveryQueue,
    /// How long the history is kept.
    pub retention_days: u32,
    /// What time it is.
    pub clock: Clock,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderResult {
    /// It is queued.
    Queued(Recovery),
    /// The same was ordered before and is under way.
    Before(Recovery),
    /// Another one of the subscription is under way.
    Busy(Recovery),
    /// The tenant has no such subscription.
    NoSubscription,
    /// Nothing is posted for the subscription.
    Inactive,
    /// The window begins in the future.
    Future,
    /// The window ends before what is kept.
    Expired,
}

/// Why an order was not taken. Repeating it is safe.
#[derive(Debug, Error)]
pub enum OrderError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// It is written, but not known to be queued.
    #[error("the queue failed")]
    Queue(#[from] SendError),
}

impl Recoveries {
    /// Orders a recovery.
    ///
    /// # Errors
    /// When the database or the queue fails; the order may have been taken, and the same one finds it.
    pub async fn order(
        &self,
        tenant_id: &str,
        subscription_id: u64,
        order: Order,
    ) -> Result<OrderResult, OrderError> {
        let Some(subscription) = self.subscriptions.find(tenant_id, subscription_id).await? else {
            return Ok(OrderResult::NoSubscription);
        };
        if subscription.status != SubscriptionStatus::Active {
            return Ok(OrderResult::Inactive);
        }
        for _ in 0..MAX_TRIES {
            let latest = self.recoveries.latest(tenant_id, subscription_id).await?;
            let latest = latest.map(|stored| stored.recovery);
            if let Some(open) = latest.as_ref().filter(|latest| latest.is_open()) {
                return self.meet(open, order).await;
            }
            let number = latest.map_or(1, |latest| latest.id.number + 1);
            let now = self.clock.now();
            let kept_since = now.minus_days(self.retention_days);
            if order.since >= now {
                return Ok(OrderResult::Future);
            }
            if order.until.is_some_and(|until| until <= kept_since) {
                return Ok(OrderResult::Expired);
            }
            let recovery = Recovery {
                tenant_id: tenant_id.to_owned(),
                id: RecoveryId {
                    subscription_id,
                    number,
                    ordered: now.millis_since(Timestamp::EPOCH),
                },
                order,
                since: order.since.max(kept_since),
                until: order.until.unwrap_or(now).min(now),
                status: RecoveryStatus::Queued,
                requeued: 0,
                examined: 0,
                place: Place::default(),
                released_until: Timestamp::EPOCH,
                created_at: now,
                updated_at: now,
            };
            if let Some(created) = self.recoveries.create(recovery).await? {
                self.queue.send(&created.recovery, 0).await?;
                return Ok(OrderResult::Queued(created.recovery));
            }
        }
        Err(StoreError::Contended.into())
    }

    /// Answers an order that finds another one under way.
    async fn meet(&self, open: &Recovery, order: Order) -> Result<OrderResult, OrderError> {
        if open.may_have_stalled(self.clock.now()) {
            self.queue.send(open, 0).await?;
        }
        let open = open.clone();
        Ok(if open.order == order {
            OrderResult::Before(open)
        } else {
            OrderResult::Busy(open)
        })
    }
}
