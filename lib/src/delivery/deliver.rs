//! Working on a message of the delivery queue:
//!
//! ```text
//! read row, subscription, health ─┬─ recorded before ───────────────┐
//!                                 ├─ deleted, inactive: end quietly │
//!                                 ├─ breaker open: park             │
//!                                 ├─ rate limit: wait               │
//!                                 └─ post ── record ── health ──────┴── follow: tell, queue the next
//! ```
//!
//! The record decides which attempt counts. What follows is read from the record alone, so that a
//! message that comes again after a crash makes no request but repeats all that follows.

use std::collections::{HashMap, HashSet};

use futures::lock::Mutex;
use thiserror::Error;

use super::{
    notice,
    send::{Parcel, Sender},
};
use crate::{
    clock::Clock,
    domain::{
        delivery::{Attempt, Delivery, DeliveryRef, DeliveryStatus},
        due::Due,
        event::Event,
        health::Health,
        key::EventKey,
        subscription::{Disabled, DisabledReason, Subscription, SubscriptionStatus},
        timestamp::Timestamp,
    },
    queue::{
        SendError,
        deliveries::{DeliveryMessage, DeliveryQueue, LONGEST_DELAY_SECONDS},
    },
    store::{
        StoreError,
        due::DueTable,
        endpoints::{Booked, Booking, EndpointTable, Found, SubscriptionRef},
        events::EventTable,
        history::HistoryTable,
        subscriptions::SubscriptionTable,
    },
};

/// A message may come a little before its time: clocks differ.
const EARLY_MILLIS: u64 = 1_000;
/// A booked second is good for so much longer. A queue may be late, and who books anew would be later.
const SECONDS_LATE: i64 = 60;
/// Where too many book at once, they come back after so long.
const BUSY_SECONDS: u64 = 2;
/// The failed attempt at which a tenant is told that a delivery is failing.
const FAILING_AT: u32 = 4;
/// Every conflict means that another writer got through.
const MAX_CONFLICTS: usize = 16;

/// Makes attempts, and sees to what follows from them.
#[derive(Debug)]
pub struct Deliver {
    /// What a batch needs to know.
    pub endpoints: EndpointTable,
    /// Where attempts are recorded.
    pub history: HistoryTable,
    /// Where a hopeless subscription is set inactive.
    pub subscriptions: SubscriptionTable,
    /// Where the next attempts are queued.
    pub queue: DeliveryQueue,
    /// Where they wait when that is too long for the queue.
    pub due: DueTable,
    /// Where tenants are told of failures.
    pub events: EventTable,
    /// What posts.
    pub sender: Sender,
    /// What time it is.
    pub clock: Clock,
    /// The last bookings under rate limits. Held while one is made, so that a batch does not get into
    /// its own way.
    pub bookings: Mutex<HashMap<SubscriptionRef, Booking>>,
}

/// Why a message must come again.
#[derive(Debug, Error)]
pub enum DeliverError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] SendError),
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The endpoint took it.
    Delivered,
    /// The attempt failed; another one follows.
    Failed,
    /// The attempt failed; no other one follows.
    Exhausted,
    /// The attempt had been recorded before; what follows from it was repeated.
    Repeated,
    /// It waits for its time, or for its place under the rate limit.
    Waits,
    /// It waits until its endpoint takes deliveries again.
    Parked,
    /// Its subscription is deleted or inactive.
    Ended,
    /// Its row has expired.
    Expired,
}

impl Done {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Exhausted => "exhausted",
            Self::Repeated => "repeated",
            Self::Waits => "waits",
            Self::Parked => "parked",
            Self::Ended => "ended",
            Self::Expired => "expired",
        }
    }
}

/// A subscription as a batch found it.
struct Endpoint<'a> {
    at: SubscriptionRef,
    subscription: &'a Subscription,
    health: Option<Health>,
}

impl Deliver {
    /// Reads what the messages of a batch are about, in one trip.
    ///
    /// # Errors
    /// When the database fails: all of them must come again.
    pub async fn prepare(&self, messages: &[DeliveryMessage]) -> Result<Found, StoreError> {
        let deliveries: HashSet<_> =
            messages.iter().map(|message| (message.delivery(), message.subscription_id())).collect();
        self.endpoints.find(&deliveries).await
    }

    /// Works on one message of the batch that was prepared. Working on it again makes no second attempt,
    /// unless the first could not be recorded.
    ///
    /// # Errors
    /// When the message must come again.
    pub async fn work(&self, message: &DeliveryMessage, found: &Found) -> Result<Done, DeliverError> {
        let at = SubscriptionRef { tenant_id: message.delivery().tenant_id, id: message.subscription_id() };
        if found.unreadable.contains(&message.delivery()) || found.unreadable_subscriptions.contains(&at) {
            return Err(StoreError::Corrupt { what: "delivery or subscription" }.into());
        }
        let Some(delivery) = found.deliveries.get(&message.delivery()) else { return Ok(Done::Expired) };
        let subscription = found.subscriptions.get(&at);
        let active = subscription.filter(|found| found.status == SubscriptionStatus::Active);
        if active.is_none() && delivery.status == DeliveryStatus::Pending {
            return self.end(delivery, &at).await;
        }
        if delivery.status != DeliveryStatus::Pending || delivery.attempts >= message.number() {
            // Once a later attempt is recorded, whatever follows from this one has happened.
            if let Some(subscription) = subscription.filter(|_| delivery.attempts == message.number()) {
                self.follow(delivery, subscription).await?;
            }
            return Ok(Done::Repeated);
        }
        let Some(subscription) = active else { return Ok(Done::Ended) };
        let now = self.clock.now();
        if delivery.next_attempt_at.is_some_and(|next| next.millis_since(now) > EARLY_MILLIS) {
            self.schedule(delivery, now).await?;
            return Ok(Done::Waits);
        }
        let endpoint = Endpoint { health: found.failing.get(&at).copied(), at, subscription };
        if let Some(waits) = self.hold_back(message, delivery, &endpoint, now).await? {
            return Ok(waits);
        }
        self.attempt(delivery, &endpoint).await
    }

    /// Ends a delivery whose subscription seems deleted or inactive. One that was just made, or set active,
    /// may only look like that: it was read with some lag.
    async fn end(&self, delivery: &Delivery, at: &SubscriptionRef) -> Result<Done, DeliverError> {
        let stored = self.subscriptions.find(&at.tenant_id, at.id).await?;
        let (status, why) = match stored.map(|stored| stored.subscription.status) {
            None => (DeliveryStatus::Cancelled, "the subscription was deleted"),
            Some(SubscriptionStatus::Inactive) => (DeliveryStatus::Failed, "the subscription is inactive"),
            Some(SubscriptionStatus::Active) => {
                self.queue.send(&[(DeliveryMessage::next_of(delivery), 1)]).await?;
                return Ok(Done::Waits);
            }
        };
        self.history.end_delivery(delivery, status, why, self.clock.now()).await?;
        Ok(Done::Ended)
    }

    /// Lets a message wait where its endpoint fails, or takes no more at this moment.
    async fn hold_back(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
        endpoint: &Endpoint<'_>,
        now: Timestamp,
    ) -> Result<Option<Done>, DeliverError> {
        if let Some(health) = endpoint.health.filter(Health::is_open) {
            let by = format!("{}#{}", delivery.at.id, message.number());
            let probes = health.may_probe(now) && self.endpoints.claim_probe(&endpoint.at, &by, now).await?;
            if !probes {
                self.park(delivery, &endpoint.at, now).await?;
                return Ok(Some(Done::Parked));
            }
            // One a minute keeps every rate limit.
            return Ok(None);
        }
        let Some(limit) = endpoint.subscription.rate_limit else { return Ok(None) };
        let this_second = now.as_seconds();
        if message.booked().is_some_and(|second| (second..=second + SECONDS_LATE).contains(&this_second)) {
            return Ok(None);
        }
        let mut bookings = self.bookings.lock().await;
        let known = bookings.get(&endpoint.at).copied();
        let booked = self.endpoints.book(&endpoint.at, limit, now, known).await?;
        if let Booked::Place(last) | Booked::Full(Some(last)) = booked {
            bookings.insert(endpoint.at.clone(), last);
        }
        drop(bookings);
        let (message, wait) = match booked {
            Booked::Place(Booking { second, .. }) if second <= this_second => return Ok(None),
            Booked::Place(Booking { second, .. }) => {
                (message.clone().booked_for(second), (second - this_second).unsigned_abs())
            }
            Booked::Full(_) => (message.clone(), LONGEST_DELAY_SECONDS),
            Booked::Busy => (message.clone(), BUSY_SECONDS),
        };
        self.queue.send(&[(message, wait)]).await?;
        Ok(Some(Done::Waits))
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
        self.due.park(&at.to_string(), &Due::delivery(message, due_at)).await?;
        Ok(self.due.file(&Due::breaker(at.to_string(), now), now).await?)
    }

    async fn attempt(&self, delivery: &Delivery, endpoint: &Endpoint<'_>) -> Result<Done, DeliverError> {
        let subscription = endpoint.subscription;
        let now = self.clock.now();
        let parcel = Parcel::to(subscription, &delivery.message_id, &delivery.body, now);
        let attempt = self.sender.send(&parcel).await;
        let (status, next) = verdict(delivery, subscription, &attempt);
        let Some(recorded) = self.history.record_attempt(delivery, &attempt, status, next).await? else {
            return Ok(Done::Repeated);
        };
        self.note_health(&attempt, endpoint).await?;
        self.follow(&recorded, subscription).await?;
        Ok(match status {
            DeliveryStatus::Delivered => Done::Delivered,
            DeliveryStatus::Pending => Done::Failed,
            DeliveryStatus::Failed | DeliveryStatus::Cancelled => Done::Exhausted,
        })
    }

    async fn note_health(&self, attempt: &Attempt, endpoint: &Endpoint<'_>) -> Result<(), DeliverError> {
        if attempt.succeeded() {
            // Written only when it changes, never per success.
            if endpoint.health.is_some() {
                self.subscriptions.heal(&endpoint.at.tenant_id, endpoint.at.id).await?;
            }
            return Ok(());
        }
        let health = self.endpoints.fail(&endpoint.at, endpoint.health.as_ref(), self.clock.now()).await?;
        if health.is_hopeless() {
            self.disable(&endpoint.at, DisabledReason::Failing, attempt.at).await?;
        }
        Ok(())
    }

    /// Everything that follows from how a delivery stands. Following it again changes nothing.
    async fn follow(&self, delivery: &Delivery, subscription: &Subscription) -> Result<(), DeliverError> {
        let failed = delivery.attempts.saturating_sub(delivery.earlier_attempts);
        let gone = delivery.last.as_ref().filter(|last| last.is_gone());
        match (delivery.status, gone) {
            (DeliveryStatus::Pending, _) if delivery.attempts > delivery.earlier_attempts => {
                if failed == FAILING_AT {
                    self.tell(notice::failing(delivery, subscription, self.clock.now())).await?;
                }
                self.schedule(delivery, self.clock.now()).await
            }
            (DeliveryStatus::Failed, Some(gone)) => {
                let at = SubscriptionRef { tenant_id: subscription.tenant_id.clone(), id: subscription.id };
                self.disable(&at, DisabledReason::Gone, gone.at).await
            }
            (DeliveryStatus::Failed, None) if failed >= subscription.retry_config.max_attempts => {
                self.tell(notice::exhausted(delivery, subscription, self.clock.now())).await
            }
            _ => Ok(()),
        }
    }

    /// Queues the next attempt for its time.
    async fn schedule(&self, delivery: &Delivery, now: Timestamp) -> Result<(), DeliverError> {
        let message = DeliveryMessage::next_of(delivery);
        let at = delivery.next_attempt_at.unwrap_or(now);
        let seconds = at.millis_since(now).div_ceil(1_000);
        if seconds <= LONGEST_DELAY_SECONDS {
            return Ok(self.queue.send(&[(message, seconds)]).await?);
        }
        Ok(self.due.file(&Due::delivery(message.to_json()?, at), now).await?)
    }

    /// Sets a subscription inactive for what an attempt showed, unless its owner has changed it since, and
    /// tells its tenant: first told, then done, for whoever sees it inactive does neither.
    async fn disable(
        &self,
        at: &SubscriptionRef,
        reason: DisabledReason,
        shown_at: Timestamp,
    ) -> Result<(), DeliverError> {
        for _ in 0..MAX_CONFLICTS {
            let Some(stored) = self.subscriptions.find(&at.tenant_id, at.id).await? else { return Ok(()) };
            let mut subscription = stored.subscription.clone();
            if subscription.status == SubscriptionStatus::Inactive || subscription.updated_at > shown_at {
                return Ok(());
            }
            let now = self.clock.now();
            self.tell(Some(notice::disabled(&subscription, reason, now))).await?;
            subscription.status = SubscriptionStatus::Inactive;
            subscription.disabled = Some(Disabled { at: now, reason });
            subscription.updated_at = now;
            if self.subscriptions.replace(&stored, &subscription).await? {
                tracing::warn!(subscription = %at.id, reason = notice::word(reason), "subscription disabled");
                return Ok(());
            }
        }
        Err(StoreError::Contended.into())
    }

    /// Appends one of the platform's own events to the log, from where it reaches whoever subscribed to it.
    async fn tell(&self, event: Option<Event>) -> Result<(), DeliverError> {
        if let Some(event) = event {
            self.events.append(&event).await?;
        }
        Ok(())
    }
}

/// Where an attempt leaves a delivery, and when the next one is due.
fn verdict(
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
    let failed = (delivery.attempts + 1).saturating_sub(delivery.earlier_attempts);
    // From what is known for ever, so that whoever computes it again gets the same.
    let DeliveryRef { id, .. } = delivery.at;
    let random = EventKey::of(&delivery.message_id, &format!("{id}#{}", delivery.attempts)).digest();
    match subscription.retry_config.delay_millis(failed, random, attempt.retry_after) {
        Some(delay) => {
            (DeliveryStatus::Pending, Some(attempt.at.plus_millis(attempt.timing).plus_millis(delay)))
        }
        None => (DeliveryStatus::Failed, None),
    }
}
