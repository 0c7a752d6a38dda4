//! Working on a recovery, page by page:
//!
//! ```text
//! read a page ── reopen its deliveries ── queue them ── save the place and the counts
//! ```
//!
//! A crash anywhere repeats the page. A delivery that the recovery reopened bears its id: it counts again
//! as before, and is queued again unless an attempt was made since. Before the time is up the recovery
//! queues itself, so that its length is not bound by that of an invocation.
//!
//! Deliveries are queued for one moment after the other, so that a tenant with much to recover has only so
//! many on their way at once.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{
        delivery::{
            Delivery, DeliveryStatus,
            recovery::{FailureReason, Recoverable, Recovery, RecoveryId, RecoveryStatus},
        },
        subscription::SubscriptionStatus,
    },
    queue::{
        SendError,
        deliveries::{DeliveryMessage, DeliveryQueue},
        recoveries::RecoveryQueue,
    },
    store::{
        StoreError,
        history::HistoryTable,
        recoveries::{RecoveryTable, StoredRecovery},
        subscriptions::SubscriptionTable,
    },
};

const CONCURRENCY: usize = 16;

#[derive(Debug, Clone)]
pub struct Recover {
    pub subscriptions: SubscriptionTable,
    pub recoveries: RecoveryTable,
    pub history: HistoryTable,
    pub deliveries: DeliveryQueue,
    pub queue: RecoveryQueue,
    pub limits: PageLimits,
    pub clock: Clock,
}

#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// Rows of the history that are read between two saves.
    pub rows: i32,
    /// After so long the recovery queues itself and rests; one page is done in any case.
    pub time: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoverResult {
    Ended(Recovery),
    /// It continues later; its message is queued again.
    Paused(Recovery),
    /// It had ended before, or has expired.
    AlreadyEnded,
    /// Another worker has it.
    TakenElsewhere,
}

/// Repeating is safe.
#[derive(Debug, Error)]
pub enum RecoverError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the queue failed")]
    Queue(#[from] SendError),
}

impl Recover {
    /// Goes on with a recovery.
    /// On an error the caller must not acknowledge the message.
    pub async fn run(
        &self,
        tenant_id: &str,
        id: RecoveryId,
    ) -> Result<RecoverResult, RecoverError> {
        let started = Instant::now();
        let Some(mut stored) = self.find_open(tenant_id, id).await? else {
            return Ok(RecoverResult::AlreadyEnded);
        };
        if let Some(reason) = self.obstacle(tenant_id, id.subscription_id).await? {
            let given_up = self.end(&stored, RecoveryStatus::Failed(reason)).await?;
            return Ok(given_up.map_or(RecoverResult::TakenElsewhere, RecoverResult::Ended));
        }
        loop {
            let Some(saved) = self.page(&stored).await? else {
                return Ok(RecoverResult::TakenElsewhere);
            };
            if !saved.recovery.is_open() {
                return Ok(RecoverResult::Ended(saved.recovery));
            }
            let rests = saved.recovery.rests_seconds(self.clock.now());
            if started.elapsed() >= self.limits.time || rests.is_some() {
                self.queue.send(&saved.recovery, rests.unwrap_or(0)).await?;
                return Ok(RecoverResult::Paused(saved.recovery));
            }
            stored = saved;
        }
    }

    /// Ends a recovery that failed repeatedly.
    pub async fn give_up(
        &self,
        tenant_id: &str,
        id: RecoveryId,
    ) -> Result<RecoverResult, RecoverError> {
        let Some(stored) = self.find_open(tenant_id, id).await? else {
            return Ok(RecoverResult::AlreadyEnded);
        };
        let given_up = self
            .end(&stored, RecoveryStatus::Failed(FailureReason::Fault))
            .await?;
        Ok(given_up.map_or(RecoverResult::TakenElsewhere, RecoverResult::Ended))
    }

    async fn find_open(
        &self,
        tenant_id: &str,
        id: RecoveryId,
    ) -> Result<Option<StoredRecovery>, StoreError> {
        let found = self.recoveries.find(tenant_id, id).await?;
        Ok(found.filter(|stored| stored.recovery.is_open()))
    }

    /// What has become of the subscription, if nothing can be delivered to it any more.
    async fn obstacle(
        &self,
        tenant_id: &str,
        id: u64,
    ) -> Result<Option<FailureReason>, StoreError> {
        let found = self.subscriptions.find(tenant_id, id).await?;
        Ok(match found.map(|subscription| subscription.status) {
            None => Some(FailureReason::Deleted),
            Some(SubscriptionStatus::Inactive) => Some(FailureReason::Inactive),
            Some(SubscriptionStatus::Active) => None,
        })
    }

    async fn end(
        &self,
        stored: &StoredRecovery,
        status: RecoveryStatus,
    ) -> Result<Option<Recovery>, StoreError> {
        let ended = Recovery {
            status,
            updated_at: self.clock.now(),
            ..stored.recovery.clone()
        };
        let saved = self.recoveries.replace(stored, ended).await?;
        Ok(saved.map(|saved| saved.recovery))
    }

    /// Does one page and saves it; `None` when another worker was faster.
    async fn page(&self, stored: &StoredRecovery) -> Result<Option<StoredRecovery>, RecoverError> {
        let recovery = &stored.recovery;
        let page = self.history.recoverable(recovery, self.limits.rows).await?;
        let taken_up: Vec<Delivery> = stream::iter(page.deliveries)
            .map(|delivery| self.take_up(recovery, delivery))
            .buffer_unordered(CONCURRENCY)
            .try_filter_map(async |taken_up| Ok(taken_up))
            .try_collect()
            .await?;
        let now = self.clock.now();
        let waiting: Vec<_> = taken_up
            .iter()
            .filter(|delivery| waits(recovery, delivery))
            .collect();
        let (first, released_until) = recovery.release(waiting.len(), now);
        let messages: Vec<_> = waiting
            .into_iter()
            .zip(0..)
            .map(|(delivery, number)| {
                (
                    DeliveryMessage::next_of(delivery),
                    Recovery::delay_seconds(first, number, now),
                )
            })
            .collect();
        self.deliveries.send(&messages).await?;
        let saved = Recovery {
            status: page
                .next
                .map_or(RecoveryStatus::Done, |_| RecoveryStatus::Running),
            requeued: recovery.requeued + taken_up.len() as u64,
            examined: recovery.examined + page.examined,
            place: page.next.unwrap_or(recovery.place),
            released_until,
            updated_at: self.clock.now(),
            ..recovery.clone()
        };
        Ok(self.recoveries.replace(stored, saved).await?)
    }

    /// The delivery as the recovery leaves it, if it is one of those that it queues again.
    async fn take_up(
        &self,
        recovery: &Recovery,
        delivery: Delivery,
    ) -> Result<Option<Delivery>, StoreError> {
        match recovery.order.status {
            Recoverable::Pending => {
                let due = delivery.next_attempt_at.unwrap_or(delivery.updated_at);
                Ok(Some(delivery).filter(|_| recovery.finds_overdue(due)))
            }
            Recoverable::Failed
                if is_of(recovery, &delivery) || delivery.status == DeliveryStatus::Pending =>
            {
                Ok(Some(delivery))
            }
            Recoverable::Failed => {
                let id = recovery.id.to_string();
                let reopened = self
                    .history
                    .reopen_delivery(&delivery, Some(&id), self.clock.now())
                    .await?;
                if reopened.is_some() {
                    return Ok(reopened);
                }
                // Somebody else has changed it: this recovery too, if the answer was lost.
                let found = self.history.find_delivery(&delivery.at).await?;
                Ok(found.filter(|found| is_of(recovery, found)))
            }
        }
    }
}

fn is_of(recovery: &Recovery, delivery: &Delivery) -> bool {
    delivery.recovery.as_deref() == Some(recovery.id.to_string().as_str())
}

/// Whether a delivery that was taken up has no attempt behind it yet, so that its message may be lost.
fn waits(recovery: &Recovery, delivery: &Delivery) -> bool {
    delivery.status == DeliveryStatus::Pending
        && match recovery.order.status {
            Recoverable::Pending => true,
            Recoverable::Failed => delivery.attempts == delivery.earlier_attempts,
        }
}
