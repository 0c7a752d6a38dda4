//! What follows from an attempt for its delivery, its endpoint and its subscription. Repeating it changes
//! nothing.

use super::{
    deliver::{Deliver, DeliverError, Endpoint},
    delivery_events,
};
use crate::{
    domain::{
        delivery::{
            Attempt, Delivery, DeliveryRef, DeliveryStatus,
            endpoint_health::Health,
            pace::{FIRST_MICROS, Learned, SLOW_MILLIS, Slow, pause_until},
        },
        due::Due,
        event::Event,
        key::EventKey,
        subscription::{Disabled, DisabledReason, Subscription, SubscriptionStatus},
        timestamp::Timestamp,
    },
    queue::deliveries::{DeliveryMessage, LONGEST_DELAY_SECONDS},
    store::{
        StoreError,
        endpoints::{SubscriptionRef, Throttle},
    },
    telemetry,
};

/// The failed attempt after which the tenant gets `webhook.failing`.
const FAILING_AT: u32 = 4;
const MAX_CONFLICTS: usize = 16;
const MAX_NOTED: usize = 1_000;

impl Deliver {
    /// Records the endpoint's health. Written only when it changes, never per success.
    pub(super) async fn record_health(
        &self,
        attempt: &Attempt,
        endpoint: &Endpoint<'_>,
    ) -> Result<(), DeliverError> {
        let (now, tried) = (self.clock.now(), endpoint.tried(attempt.at));
        self.record_slowness(endpoint, attempt.at, attempt.timing)
            .await;
        let known = endpoint.health.as_ref();
        if attempt.succeeded() {
            if known.is_some_and(|health| health.changes_by_success(now)) {
                let was_down = known.is_some_and(Health::is_open);
                let release = was_down.then_some(Learned {
                    micros: FIRST_MICROS,
                    at: now,
                });
                self.endpoints.clear_failures(&tried, release).await?;
            }
            return Ok(());
        }
        let health = if attempt.is_refusal() {
            let refusal = Throttle {
                learned: Learned::refused(endpoint.load.learned, attempt.at, now),
                pause_until: pause_until(attempt.retry_after, now),
            };
            self.endpoints.refuse(&tried, known, refusal, now).await?
        } else {
            self.endpoints.fail(&tried, known, now).await?
        };
        if health.is_some_and(|health| health.is_abandoned()) {
            self.disable(
                &endpoint.at,
                DisabledReason::Failing,
                endpoint.subscription.updated_at,
            )
            .await?;
        }
        Ok(())
    }

    /// Records that an endpoint is slow, if that is new. This runs while the response is awaited, so that
    /// other processes see it soon; if the write fails, the next slow attempt repeats it.
    pub(super) async fn record_slowness(
        &self,
        endpoint: &Endpoint<'_>,
        began: Timestamp,
        millis: u64,
    ) {
        if millis < SLOW_MILLIS {
            return;
        }
        let now = self.clock.now();
        let slow = {
            let mut noted = self
                .noted
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let known = noted.get(&endpoint.at).copied().or(endpoint.load.slow);
            let Some(slow) = Slow::observed(known, millis, now) else {
                return;
            };
            if noted.len() >= MAX_NOTED {
                noted.clear();
            }
            noted.insert(endpoint.at.clone(), slow);
            slow
        };
        if let Err(error) = self.endpoints.slow_down(&endpoint.tried(began), slow).await {
            tracing::warn!(cause = telemetry::chain(&error), "slowness not noted");
        }
    }

    /// Does everything that follows from the state of a delivery.
    pub(super) async fn follow(
        &self,
        delivery: &Delivery,
        subscription: &Subscription,
    ) -> Result<(), DeliverError> {
        let (failed, now) = (delivery.failures(), self.clock.now());
        let gone = delivery.last.as_ref().filter(|last| last.is_gone());
        match (delivery.status, gone) {
            (DeliveryStatus::Pending, _) if delivery.attempts > delivery.earlier_attempts => {
                if failed == FAILING_AT {
                    self.report(delivery_events::failing(delivery, subscription, now))
                        .await?;
                }
                self.schedule(delivery, self.clock.now()).await
            }
            (DeliveryStatus::Failed, Some(gone)) => {
                let at = SubscriptionRef {
                    tenant_id: subscription.tenant_id.clone(),
                    id: subscription.id,
                };
                let configured_at = gone.configured_at.unwrap_or(subscription.updated_at);
                self.disable(&at, DisabledReason::Gone, configured_at).await
            }
            (DeliveryStatus::Failed, None) if failed >= subscription.retry_config.max_attempts => {
                self.report(delivery_events::exhausted(delivery, subscription, now))
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Queues the next attempt for its time.
    pub(super) async fn schedule(
        &self,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(), DeliverError> {
        let message = DeliveryMessage::next_of(delivery);
        let at = delivery.next_attempt_at.unwrap_or(now);
        let seconds = at.millis_since(now).div_ceil(1_000);
        if seconds <= LONGEST_DELAY_SECONDS {
            return Ok(self.queue.send(&[(message, seconds)]).await?);
        }
        let due = Due::delivery(message.to_json()?, at);
        Ok(self.due.file(&due, now).await?)
    }

    /// Sets a subscription inactive, unless its tenant has changed it since `configured_at`, and reports that
    /// to the tenant. After a crash between the two, the repeated message makes the report.
    pub(super) async fn disable(
        &self,
        at: &SubscriptionRef,
        reason: DisabledReason,
        configured_at: Timestamp,
    ) -> Result<(), DeliverError> {
        for _ in 0..MAX_CONFLICTS {
            let found = self.subscriptions.find_with_secrets(&at.tenant_id, at.id);
            let Some(stored) = found.await? else {
                return Ok(());
            };
            if stored.subscription.status == SubscriptionStatus::Inactive {
                return self.report_disabled(&stored.subscription).await;
            }
            if stored.subscription.updated_at != configured_at {
                return Ok(());
            }
            let now = self.clock.now();
            let disabled = Subscription {
                status: SubscriptionStatus::Inactive,
                disabled: Some(Disabled { at: now, reason }),
                updated_at: now,
                ..stored.subscription.clone()
            };
            if self
                .subscriptions
                .replace(&stored, &disabled, &stored.secrets)
                .await?
            {
                tracing::warn!(subscription = %at.id, reason = delivery_events::word(reason), "subscription disabled");
                return self.report_disabled(&disabled).await;
            }
        }
        Err(StoreError::Contended.into())
    }

    /// Reports to a tenant that its subscription was set inactive. Repeating it reports nothing more.
    pub(super) async fn report_disabled(
        &self,
        subscription: &Subscription,
    ) -> Result<(), DeliverError> {
        self.report(delivery_events::disabled(subscription, self.clock.now()))
            .await
    }

    /// Appends a platform event to the log, which delivers it to its subscriptions.
    async fn report(&self, event: Option<Event>) -> Result<(), DeliverError> {
        if let Some(event) = event {
            self.events.append(&event).await?;
        }
        Ok(())
    }
}

/// The state of the delivery after an attempt, and when the next one is due.
pub(super) fn verdict(
    delivery: &Delivery,
    subscription: &Subscription,
    attempt: &Attempt,
) -> (DeliveryStatus, Option<Timestamp>) {
    if attempt.succeeded() {
        return (DeliveryStatus::Delivered, None);
    }
    if attempt.is_gone() {
        return (DeliveryStatus::Failed, None);
    }
    // Derived from constant values, so that a repetition gets the same delay.
    let DeliveryRef { id, .. } = delivery.at;
    let random =
        EventKey::of(&delivery.message_id, &format!("{id}#{}", delivery.attempts)).digest();
    let (schedule, requested) = (&subscription.retry_config, attempt.retry_after);
    let delay = if delivery.refused_after(attempt) > delivery.refused {
        Some(schedule.refused_delay_millis(random, requested))
    } else {
        schedule.delay_millis(delivery.failures() + 1, random, requested)
    };
    match delay {
        Some(delay) => (
            DeliveryStatus::Pending,
            Some(attempt.at.plus_millis(attempt.timing).plus_millis(delay)),
        ),
        None => (DeliveryStatus::Failed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        delivery::tests::{answered, pending},
        subscription::tests::to,
    };

    #[test]
    fn what_follows_from_an_attempt_is_decided_by_its_answer_and_by_what_is_left_of_the_schedule() {
        let subscription = to(&["call.completed"]);
        let after = |delivery: &Delivery, code| verdict(delivery, &subscription, &answered(code));
        let first = pending();
        assert_eq!(after(&first, 204), (DeliveryStatus::Delivered, None));
        assert_eq!(after(&first, 410), (DeliveryStatus::Failed, None));
        assert_eq!(after(&first, 500).0, DeliveryStatus::Pending);
        let last = Delivery {
            attempts: subscription.retry_config.max_attempts - 1,
            ..pending()
        };
        let before = Delivery {
            attempts: last.attempts - 1,
            ..pending()
        };
        assert_eq!(after(&before, 500).0, DeliveryStatus::Pending);
        assert_eq!(after(&last, 500), (DeliveryStatus::Failed, None));
        assert_eq!(after(&last, 204), (DeliveryStatus::Delivered, None));
        let (status, next) = after(&last, 429);
        assert_eq!(
            status,
            DeliveryStatus::Pending,
            "a refusal counts against nothing"
        );
        assert!(next.is_some());
    }

    #[test]
    fn the_wait_begins_when_the_attempt_ended_and_is_the_same_if_computed_again() {
        let subscription = to(&["call.completed"]);
        let attempt = Attempt {
            at: Timestamp::from_seconds(1_000).unwrap(),
            timing: 2_000,
            retry_after: Some(600),
            ..answered(503)
        };
        let asked_for = Timestamp::from_seconds(1_602);
        let (_, next) = verdict(&pending(), &subscription, &attempt);
        assert_eq!(next, asked_for);
        let no_wait = Attempt {
            retry_after: None,
            ..attempt
        };
        let (_, next) = verdict(&pending(), &subscription, &no_wait);
        assert_eq!(verdict(&pending(), &subscription, &no_wait).1, next);
        let millis = next.unwrap().millis_since(no_wait.at);
        assert!(
            (6_000..=8_000).contains(&millis),
            "2 s and 5 s ± 20 %: {millis}"
        );
    }
}
