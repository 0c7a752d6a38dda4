//! Processing a recovery page by page:
//!
//! ```text
//! read a page ── reopen its deliveries ── queue them ── save the position and the counts
//! ```
//!
//! After a crash the page is repeated. A reopened delivery has the recovery's id: it is counted again, and
//! queued again unless an attempt was made since. When the time is up the recovery queues its own message,
//! so that it may take longer than one invocation.
//!
//! The messages have increasing delays, which limits how many deliveries of a tenant are under way at once.

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
    /// After this time the recovery queues its own message and ends; it always does one page.
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
    /// Continues a recovery. On an error the caller must not acknowledge the message.
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
            return self.fail(&stored, reason).await;
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
        self.fail(&stored, FailureReason::Fault).await
    }

    async fn find_open(
        &self,
        tenant_id: &str,
        id: RecoveryId,
    ) -> Result<Option<StoredRecovery>, StoreError> {
        let found = self.recoveries.find(tenant_id, id).await?;
        Ok(found.filter(|stored| stored.recovery.is_open()))
    }

    /// Why nothing can be delivered to the subscription, if so.
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

    async fn fail(
        &self,
        stored: &StoredRecovery,
        reason: FailureReason,
    ) -> Result<RecoverResult, RecoverError> {
        let failed = Recovery {
            status: RecoveryStatus::Failed(reason),
            updated_at: self.clock.now(),
            ..stored.recovery.clone()
        };
        let saved = self.recoveries.replace(stored, failed).await?;
        Ok(saved.map_or(RecoverResult::TakenElsewhere, |saved| {
            RecoverResult::Ended(saved.recovery)
        }))
    }

    /// Does one page and saves it; `None` when another worker was faster.
    async fn page(&self, stored: &StoredRecovery) -> Result<Option<StoredRecovery>, RecoverError> {
        let recovery = &stored.recovery;
        let page = self.history.recoverable(recovery, self.limits.rows).await?;
        let reopened: Vec<Delivery> = stream::iter(page.deliveries)
            .map(|delivery| self.reopen(recovery, delivery))
            .buffer_unordered(CONCURRENCY)
            .try_filter_map(async |reopened| Ok(reopened))
            .try_collect()
            .await?;
        let now = self.clock.now();
        let waiting: Vec<_> = reopened
            .iter()
            .filter(|delivery| is_waiting(recovery, delivery))
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
            requeued: recovery.requeued + reopened.len() as u64,
            examined: recovery.examined + page.examined,
            place: page.next.unwrap_or(recovery.place),
            released_until,
            updated_at: self.clock.now(),
            ..recovery.clone()
        };
        Ok(self.recoveries.replace(stored, saved).await?)
    }

    /// The delivery as the recovery leaves it, if the recovery includes it.
    async fn reopen(
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
                // Another writer has changed it, or this recovery did and the response was lost.
                let found = self.history.find_delivery(&delivery.at).await?;
                Ok(found.filter(|found| is_of(recovery, found)))
            }
        }
    }
}

/// Whether the recovery has reopened it.
fn is_of(recovery: &Recovery, delivery: &Delivery) -> bool {
    delivery.recovery.as_deref() == Some(recovery.id.to_string().as_str())
}

/// Whether a reopened delivery had no attempt since, so that its message may be lost.
fn is_waiting(recovery: &Recovery, delivery: &Delivery) -> bool {
    delivery.status == DeliveryStatus::Pending
        && match recovery.order.status {
            Recoverable::Pending => true,
            Recoverable::Failed => delivery.attempts == delivery.earlier_attempts,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::{recovery::tests::running, tests::pending};

    #[test]
    fn a_delivery_is_of_the_recovery_that_it_names() {
        let recovery = running();
        let of = |name: Option<String>| Delivery {
            recovery: name,
            ..pending()
        };
        assert!(is_of(&recovery, &of(Some(recovery.id.to_string()))));
        assert!(!is_of(&recovery, &of(Some("rec_1_2_0".to_owned()))));
        assert!(!is_of(&recovery, &of(None)));
    }

    #[test]
    fn a_reopened_delivery_waits_while_it_is_pending_without_an_attempt_since() {
        let (failed, mut overdue) = (running(), running());
        overdue.order.status = Recoverable::Pending;
        for (status, attempts, of_failed, of_overdue) in [
            (DeliveryStatus::Pending, 3, true, true),
            (DeliveryStatus::Pending, 4, false, true),
            (DeliveryStatus::Delivered, 3, false, false),
            (DeliveryStatus::Failed, 3, false, false),
        ] {
            let delivery = Delivery {
                status,
                attempts,
                earlier_attempts: 3,
                ..pending()
            };
            let waits = [
                is_waiting(&failed, &delivery),
                is_waiting(&overdue, &delivery),
            ];
            assert_eq!(waits, [of_failed, of_overdue], "{status:?} {attempts}");
        }
    }
}
