//! Ordering a recovery. A subscription has one at a time: a condition assigns their numbers, so that of
//! two simultaneous orders one finds the other's recovery.
//!
//! ```text
//! read the latest ── write the next ── queue it
//! ```
//!
//! A crash before the message leaves a recovery without a worker. The next order queues it, as it does any
//! recovery that has made no progress for a while.

use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{
        delivery::recovery::{Place, Recovery, RecoveryId, RecoveryOrder, RecoveryStatus},
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    queue::{SendError, recoveries::RecoveryQueue},
    store::{StoreError, recoveries::RecoveryTable, subscriptions::SubscriptionTable},
};

/// More simultaneous requests than this are no coincidence.
const MAX_TRIES: usize = 8;

#[derive(Debug, Clone)]
pub struct Recoveries {
    pub subscriptions: SubscriptionTable,
    pub recoveries: RecoveryTable,
    pub queue: RecoveryQueue,
    pub retention_days: u32,
    pub clock: Clock,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderResult {
    Queued(Recovery),
    Before(Recovery),
    Busy(Recovery),
    NoSubscription,
    Inactive,
    Future,
    Expired,
}

/// Repeating the request is safe.
#[derive(Debug, Error)]
pub enum OrderError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The recovery is stored, but may not be queued.
    #[error("the queue failed")]
    Queue(#[from] SendError),
}

impl Recoveries {
    /// On an error the recovery may exist; the same order finds it.
    pub async fn order(
        &self,
        tenant_id: &str,
        subscription_id: u64,
        order: RecoveryOrder,
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
                return self.answer_open(open, order).await;
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

    async fn answer_open(
        &self,
        open: &Recovery,
        order: RecoveryOrder,
    ) -> Result<OrderResult, OrderError> {
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
