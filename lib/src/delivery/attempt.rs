//! Working on a message of the delivery queue:
//!
//! ```text
//! read row, subscription, health ─┬─ recorded before ───────────────┐
//!                                 ├─ deleted, inactive: end quietly │
//!                                 ├─ breaker open: park             │
//!                                 ├─ too many, too slow: wait       │
//!                                 └─ post ── record ── health ──────┴── follow: tell, queue the next
//! ```
//!
//! The record decides which attempt counts. What follows is read from the record alone, so that a
//! message that comes again after a crash makes no request but repeats all that follows.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    time::Duration,
};

use bytes::Bytes;
use futures::future::{Either, join, select};
use tokio::time::sleep;

use super::{
    consequences::verdict,
    deliver::{Deliver, DeliverError, Endpoint},
    pacing::{AttemptRef, Turn, attempt_of, micros},
    send::WebhookRequest,
};
use crate::{
    domain::{
        delivery::{Attempt, Delivery, DeliveryStatus, endpoint_health::Health, pace::SLOW_MILLIS},
        due::Due,
        subscription::{DisabledReason, SubscriptionStatus},
        timestamp::Timestamp,
    },
    queue::deliveries::DeliveryMessage,
    store::{
        StoreError,
        endpoints::{DeliveryBatch, SubscriptionRef},
    },
};

/// A message may come a little before its time: clocks differ.
const EARLY_MILLIS: u64 = 1_000;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The endpoint took it.
    Delivered(Answered),
    /// The attempt failed; another one follows.
    Failed(Answered),
    /// The attempt failed; no other one follows.
    Exhausted(Answered),
    /// The attempt had been recorded before; what follows from it was repeated.
    Repeated,
    /// It waits for its time, or for its turn.
    Waits,
    /// It waits until its endpoint takes deliveries again.
    Parked,
    /// Its subscription is deleted or inactive.
    Ended,
    /// Its row has expired, or its body has.
    Expired,
}

/// What an endpoint answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Its status, if there was an answer.
    pub status_code: Option<u16>,
    /// So long after the event was received, or published.
    pub since_received_ms: u64,
}

impl Done {
    /// What the endpoint answered, if an attempt was made.
    #[must_use]
    pub fn answered(self) -> Option<Answered> {
        match self {
            Self::Delivered(answered) | Self::Failed(answered) | Self::Exhausted(answered) => {
                Some(answered)
            }
            _ => None,
        }
    }

    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered(_) => "delivered",
            Self::Failed(_) => "failed",
            Self::Exhausted(_) => "exhausted",
            Self::Repeated => "repeated",
            Self::Waits => "waits",
            Self::Parked => "parked",
            Self::Ended => "ended",
            Self::Expired => "expired",
        }
    }
}

/// A batch whose deliveries were read, and whose turns were taken.
#[derive(Debug)]
pub struct Prepared {
    found: DeliveryBatch,
    turns: HashMap<AttemptRef, Turn>,
    at: Timestamp,
}

/// What a message asks for, as its batch found it.
enum Asked<'a> {
    /// Another version of this code must work on it.
    Unreadable,
    /// Nothing: there is no such delivery any more.
    Expired,
    /// A delivery that is on its way to nobody.
    NoEndpoint(&'a Delivery),
    /// What is recorded; only the last attempt has anything that may still follow.
    Recorded(&'a Delivery, Endpoint<'a>),
    /// Nothing: the delivery has ended, and its endpoint too.
    Ended,
    /// An attempt before its time.
    Early(&'a Delivery),
    /// An attempt at an endpoint that keeps failing.
    Failing(&'a Delivery, Endpoint<'a>, Health),
    /// An attempt.
    Attempt(&'a Delivery, Endpoint<'a>),
}

impl<'a> Asked<'a> {
    fn of(message: &DeliveryMessage, found: &'a DeliveryBatch, now: Timestamp) -> Self {
        let at = SubscriptionRef {
            tenant_id: message.delivery().tenant_id,
            id: message.subscription_id(),
        };
        if found.unreadable.contains(&message.delivery())
            || found.unreadable_subscriptions.contains(&at)
        {
            return Self::Unreadable;
        }
        let Some(delivery) = found.deliveries.get(&message.delivery()) else {
            return Self::Expired;
        };
        let is_pending = delivery.status == DeliveryStatus::Pending;
        let Some((subscription, secrets)) = found.subscriptions.get(&at) else {
            return if is_pending {
                Self::NoEndpoint(delivery)
            } else {
                Self::Ended
            };
        };
        if subscription.status == SubscriptionStatus::Inactive && is_pending {
            return Self::NoEndpoint(delivery);
        }
        let health = found.failing.get(&at).copied();
        let load = found.loaded.get(&at).copied().unwrap_or_default();
        let endpoint = Endpoint {
            at,
            subscription,
            secrets,
            health,
            load,
        };
        if !is_pending || delivery.attempts >= message.number() {
            return Self::Recorded(delivery, endpoint);
        }
        if delivery
            .next_attempt_at
            .is_some_and(|next| next.millis_since(now) > EARLY_MILLIS)
        {
            return Self::Early(delivery);
        }
        match endpoint.health.filter(Health::is_open) {
            Some(health) => Self::Failing(delivery, endpoint, health),
            None => Self::Attempt(delivery, endpoint),
        }
    }
}

impl Prepared {
    /// The delivery that a message is about, if there is one, as its batch found it.
    #[must_use]
    pub fn delivery(&self, message: &DeliveryMessage) -> Option<&Delivery> {
        self.found.deliveries.get(&message.delivery())
    }
}

impl Deliver {
    /// Reads what the messages of a batch are about, in one trip, and takes the turns of those whose
    /// endpoints do not take them as they come.
    ///
    /// # Errors
    /// When the database cannot be read: all of them must come again.
    pub async fn prepare(&self, messages: &[DeliveryMessage]) -> Result<Prepared, StoreError> {
        let deliveries: HashSet<_> = messages
            .iter()
            .map(|message| (message.delivery(), message.subscription_id()))
            .collect();
        let found = self.endpoints.find(&deliveries).await?;
        let at = self.clock.now();
        let ready: Vec<_> = messages
            .iter()
            .filter_map(|message| match Asked::of(message, &found, at) {
                Asked::Attempt(_, endpoint) => Some((message, endpoint)),
                _ => None,
            })
            .collect();
        let turns = self.assign_slots(&ready, at).await;
        Ok(Prepared { turns, found, at })
    }

    /// Works on one message of the batch that was prepared. Working on it again makes no second attempt,
    /// unless the first could not be recorded.
    ///
    /// # Errors
    /// When the message must come again.
    pub async fn work(
        &self,
        message: &DeliveryMessage,
        batch: &Prepared,
    ) -> Result<Done, DeliverError> {
        match Asked::of(message, &batch.found, batch.at) {
            Asked::Unreadable => Err(StoreError::Corrupt {
                what: "delivery or subscription",
            }
            .into()),
            Asked::Expired => Ok(Done::Expired),
            Asked::NoEndpoint(delivery) => self.end(message, delivery).await,
            Asked::Ended => Ok(Done::Ended),
            Asked::Recorded(delivery, endpoint) => self.repeat(message, delivery, &endpoint).await,
            Asked::Early(delivery) => {
                self.schedule(delivery, self.clock.now()).await?;
                Ok(Done::Waits)
            }
            Asked::Failing(delivery, endpoint, health) => {
                // One a minute keeps every pace.
                if self
                    .may_probe(message, delivery, &endpoint, &health)
                    .await?
                {
                    return self.attempt(message, delivery, &endpoint).await;
                }
                self.park(delivery, &endpoint.at, self.clock.now()).await?;
                Ok(Done::Parked)
            }
            Asked::Attempt(delivery, endpoint) => match batch.turns.get(&attempt_of(message)) {
                Some(Turn::Later) => Ok(Done::Waits),
                Some(Turn::Unknown) => Err(DeliverError::NoSlot),
                Some(Turn::At(place)) => {
                    let wait = place.saturating_sub(micros(self.clock.now()));
                    sleep(Duration::from_micros(wait)).await;
                    self.attempt(message, delivery, &endpoint).await
                }
                None => self.attempt(message, delivery, &endpoint).await,
            },
        }
    }

    /// Repeats what follows from an attempt that is recorded. Once a later one is, all of it has happened.
    async fn repeat(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
        endpoint: &Endpoint<'_>,
    ) -> Result<Done, DeliverError> {
        if delivery.attempts == message.number() {
            let is_abandoned = endpoint.health.is_some_and(|health| health.is_abandoned());
            if is_abandoned && delivery.status != DeliveryStatus::Delivered {
                let configured_at = endpoint.subscription.updated_at;
                self.disable(&endpoint.at, DisabledReason::Failing, configured_at)
                    .await?;
            }
            self.follow(delivery, endpoint.subscription).await?;
        }
        Ok(Done::Repeated)
    }

    /// Ends a delivery whose subscription seems deleted or inactive. One that was just made, or set active,
    /// may only look like that: it was read with some lag.
    async fn end(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
    ) -> Result<Done, DeliverError> {
        let subscription = self
            .subscriptions
            .find(&delivery.at.tenant_id, delivery.subscription_id)
            .await?;
        let (status, why) = match &subscription {
            None => (DeliveryStatus::Cancelled, "the subscription was deleted"),
            Some(subscription) if subscription.status == SubscriptionStatus::Inactive => {
                // Whoever disabled it for this very attempt may have died before it told that.
                if delivery.attempts >= message.number() {
                    self.report_disabled(subscription).await?;
                }
                (DeliveryStatus::Failed, "the subscription is inactive")
            }
            Some(_) => {
                self.queue
                    .send(&[(DeliveryMessage::next_of(delivery), 1)])
                    .await?;
                return Ok(Done::Waits);
            }
        };
        self.history
            .end_delivery(delivery, status, why, self.clock.now())
            .await?;
        Ok(Done::Ended)
    }

    async fn may_probe(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
        endpoint: &Endpoint<'_>,
        health: &Health,
    ) -> Result<bool, DeliverError> {
        let (now, by) = (
            self.clock.now(),
            format!("{}#{}", delivery.at.id, message.number()),
        );
        Ok(health.may_probe(now) && self.endpoints.claim_probe(&endpoint.at, &by, now).await?)
    }

    /// Lays a delivery where `sweep` finds it when it looks at the breaker: once, however often its
    /// message comes, and in the order in which attempts were due, so that the probes are spread.
    async fn park(
        &self,
        delivery: &Delivery,
        at: &SubscriptionRef,
        now: Timestamp,
    ) -> Result<(), DeliverError> {
        let message = DeliveryMessage::next_of(delivery).to_json()?;
        let due_at = delivery.next_attempt_at.unwrap_or(delivery.created_at);
        self.due
            .park(&at.to_string(), &Due::delivery(message, due_at))
            .await?;
        Ok(self
            .due
            .file(&Due::breaker(at.to_string(), now), now)
            .await?)
    }

    async fn attempt(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
        endpoint: &Endpoint<'_>,
    ) -> Result<Done, DeliverError> {
        let subscription = endpoint.subscription;
        let Some(body) = &delivery.body else {
            let (status, why) = (DeliveryStatus::Failed, "its body is not kept any more");
            self.history
                .end_delivery(delivery, status, why, self.clock.now())
                .await?;
            return Ok(Done::Expired);
        };
        let mut attempt = self.post(delivery, body, endpoint).await;
        attempt.configured_at = attempt.is_gone().then_some(subscription.updated_at);
        let (status, next) = verdict(delivery, subscription, &attempt);
        let Some(recorded) = self
            .history
            .record_attempt(delivery, &attempt, status, next)
            .await?
        else {
            // Another worker had the same message. It may have died before it saw to what follows.
            if let Some(stands) = self.history.find_delivery(&delivery.at).await? {
                self.repeat(message, &stands, endpoint).await?;
            }
            return Ok(Done::Repeated);
        };
        self.note_health(&attempt, endpoint).await?;
        self.follow(&recorded, subscription).await?;
        let ended_at = attempt.at.plus_millis(attempt.timing);
        let since_received_ms = ended_at.millis_since(delivery.created_at);
        let answered = Answered {
            status_code: attempt.status_code,
            since_received_ms,
        };
        Ok(match status {
            DeliveryStatus::Delivered => Done::Delivered(answered),
            DeliveryStatus::Pending => Done::Failed(answered),
            DeliveryStatus::Failed | DeliveryStatus::Cancelled => Done::Exhausted(answered),
        })
    }

    /// Posts a delivery. Others learn that the endpoint is slow while it is still waited for.
    async fn post(&self, delivery: &Delivery, body: &Bytes, endpoint: &Endpoint<'_>) -> Attempt {
        let began = self.clock.now();
        let parcel = WebhookRequest::to(
            endpoint.subscription,
            endpoint.secrets,
            &delivery.message_id,
            body,
            began,
        );
        let sent = pin!(self.sender.send(&parcel));
        let patience = pin!(sleep(Duration::from_millis(SLOW_MILLIS)));
        match select(sent, patience).await {
            Either::Left((attempt, _)) => attempt,
            Either::Right(((), sent)) => {
                join(sent, self.note_slowness(endpoint, began, SLOW_MILLIS))
                    .await
                    .0
            }
        }
    }
}
