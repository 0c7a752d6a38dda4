//! Processing a message of the delivery queue:
//!
//! ```text
//! read row, subscription, health ─┬─ recorded before ───────────────┐
//!                                 ├─ deleted, inactive: end         │
//!                                 ├─ breaker open: park             │
//!                                 ├─ too many, too slow: wait       │
//!                                 └─ post ── record ── health ──────┴── follow: report, queue the next
//! ```
//!
//! The record decides which attempt counts. What follows depends on the record alone, so a message that
//! is received again after a crash makes no request but repeats everything that follows.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    time::Duration,
};

use bytes::Bytes;
use futures::future::{Either, join, select};
use strum::IntoStaticStr;
use tokio::time::sleep;

use super::{
    consequences::verdict,
    deliver::{Deliver, DeliverError, Endpoint},
    message_state::MessageState,
    pacing::{AttemptRef, Slot, attempt_of, micros},
    request::WebhookRequest,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryResult {
    Delivered(EndpointResponse),
    /// The attempt failed, and another follows.
    Failed(EndpointResponse),
    /// The attempt failed, and no other follows.
    Exhausted(EndpointResponse),
    /// The attempt had been recorded before; what follows from it was repeated.
    Repeated,
    /// It waits for its time or its slot.
    Waits,
    /// It waits until its endpoint takes deliveries again.
    Parked,
    /// Its subscription is deleted or inactive.
    Ended,
    /// Its row or its body has expired.
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointResponse {
    pub status_code: Option<u16>,
    /// Since the event was received or published.
    pub since_received_ms: u64,
}

impl DeliveryResult {
    /// The response, if an attempt was made.
    pub fn response(self) -> Option<EndpointResponse> {
        match self {
            Self::Delivered(response) | Self::Failed(response) | Self::Exhausted(response) => {
                Some(response)
            }
            _ => None,
        }
    }

    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Debug)]
pub struct PreparedBatch {
    found: DeliveryBatch,
    slots: HashMap<AttemptRef, Slot>,
    at: Timestamp,
}

impl PreparedBatch {
    /// The delivery of a message, if it is still stored.
    pub fn delivery(&self, message: &DeliveryMessage) -> Option<&Delivery> {
        self.found.deliveries.get(&message.delivery())
    }
}

impl Deliver {
    /// Reads the items of a batch of messages in one trip, and books slots at paced endpoints. On an error
    /// all messages must be received again.
    pub async fn prepare(&self, messages: &[DeliveryMessage]) -> Result<PreparedBatch, StoreError> {
        let deliveries: HashSet<_> = messages
            .iter()
            .map(|message| (message.delivery(), message.subscription_id()))
            .collect();
        let found = self.endpoints.find(&deliveries).await?;
        let at = self.clock.now();
        let ready: Vec<_> = messages
            .iter()
            .filter_map(|message| match MessageState::of(message, &found, at) {
                MessageState::Attempt(_, endpoint) => Some((message, endpoint)),
                _ => None,
            })
            .collect();
        let slots = self.assign_slots(&ready, at).await;
        Ok(PreparedBatch { slots, found, at })
    }

    /// Processes one message of a prepared batch. Processing it again makes no second attempt, unless the
    /// first could not be recorded. On an error the message must be received again.
    pub async fn process(
        &self,
        message: &DeliveryMessage,
        batch: &PreparedBatch,
    ) -> Result<DeliveryResult, DeliverError> {
        match MessageState::of(message, &batch.found, batch.at) {
            MessageState::Unreadable => Err(StoreError::Corrupt {
                what: "delivery or subscription",
            }
            .into()),
            MessageState::Expired => Ok(DeliveryResult::Expired),
            MessageState::NoEndpoint(delivery) => self.end(message, delivery).await,
            MessageState::Ended => Ok(DeliveryResult::Ended),
            MessageState::Recorded(delivery, endpoint) => {
                self.repeat(message, delivery, &endpoint).await
            }
            MessageState::Early(delivery) => {
                self.schedule(delivery, self.clock.now()).await?;
                Ok(DeliveryResult::Waits)
            }
            MessageState::Failing(delivery, endpoint, health) => {
                // One probe a minute exceeds no pace.
                if self
                    .may_probe(message, delivery, &endpoint, &health)
                    .await?
                {
                    return self.attempt(message, delivery, &endpoint).await;
                }
                self.park(delivery, &endpoint.at, self.clock.now()).await?;
                Ok(DeliveryResult::Parked)
            }
            MessageState::Attempt(delivery, endpoint) => {
                match batch.slots.get(&attempt_of(message)) {
                    Some(Slot::Later) => Ok(DeliveryResult::Waits),
                    Some(Slot::Unknown) => Err(DeliverError::NoSlot),
                    Some(Slot::At(place)) => {
                        let wait = place.saturating_sub(micros(self.clock.now()));
                        sleep(Duration::from_micros(wait)).await;
                        self.attempt(message, delivery, &endpoint).await
                    }
                    None => self.attempt(message, delivery, &endpoint).await,
                }
            }
        }
    }

    /// Repeats what follows from a recorded attempt, unless a later attempt is recorded, too.
    async fn repeat(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
        endpoint: &Endpoint<'_>,
    ) -> Result<DeliveryResult, DeliverError> {
        if delivery.attempts == message.number() {
            let is_abandoned = endpoint.health.is_some_and(|health| health.is_abandoned());
            if is_abandoned && delivery.status != DeliveryStatus::Delivered {
                let configured_at = endpoint.subscription.updated_at;
                self.disable(&endpoint.at, DisabledReason::Failing, configured_at)
                    .await?;
            }
            self.follow(delivery, endpoint.subscription).await?;
        }
        Ok(DeliveryResult::Repeated)
    }

    /// Ends a delivery whose subscription seems deleted or inactive. The batch's read is eventually
    /// consistent, so a new subscription may be missing and is read again.
    async fn end(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
    ) -> Result<DeliveryResult, DeliverError> {
        let subscription = self
            .subscriptions
            .find(&delivery.at.tenant_id, delivery.subscription_id)
            .await?;
        let (status, why) = match &subscription {
            None => (DeliveryStatus::Cancelled, "the subscription was deleted"),
            Some(subscription) if subscription.status == SubscriptionStatus::Inactive => {
                // The process that disabled it for this attempt may have crashed before the report.
                if delivery.attempts >= message.number() {
                    self.report_disabled(subscription).await?;
                }
                (DeliveryStatus::Failed, "the subscription is inactive")
            }
            Some(_) => {
                self.queue
                    .send(&[(DeliveryMessage::next_of(delivery), 1)])
                    .await?;
                return Ok(DeliveryResult::Waits);
            }
        };
        self.history
            .end_delivery(delivery, status, why, self.clock.now())
            .await?;
        Ok(DeliveryResult::Ended)
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

    /// Files a delivery for the sweep, which checks the breaker: once, however often its message is received,
    /// in the order in which attempts were due, so that the probes are spread.
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
        let breaker = Due::breaker(at.to_string(), now);
        Ok(self.due.file(&breaker, now).await?)
    }

    async fn attempt(
        &self,
        message: &DeliveryMessage,
        delivery: &Delivery,
        endpoint: &Endpoint<'_>,
    ) -> Result<DeliveryResult, DeliverError> {
        let subscription = endpoint.subscription;
        let Some(body) = &delivery.body else {
            let (status, why) = (DeliveryStatus::Failed, "its body is not kept any more");
            self.history
                .end_delivery(delivery, status, why, self.clock.now())
                .await?;
            return Ok(DeliveryResult::Expired);
        };
        let mut attempt = self.post(delivery, body, endpoint).await;
        attempt.configured_at = attempt.is_gone().then_some(subscription.updated_at);
        let (status, next) = verdict(delivery, subscription, &attempt);
        let Some(recorded) = self
            .history
            .record_attempt(delivery, &attempt, status, next)
            .await?
        else {
            // Another worker had the same message. It may have crashed before the next steps.
            if let Some(stands) = self.history.find_delivery(&delivery.at).await? {
                self.repeat(message, &stands, endpoint).await?;
            }
            return Ok(DeliveryResult::Repeated);
        };
        self.record_health(&attempt, endpoint).await?;
        self.follow(&recorded, subscription).await?;
        let ended_at = attempt.at.plus_millis(attempt.timing);
        let since_received_ms = ended_at.millis_since(delivery.created_at);
        let response = EndpointResponse {
            status_code: attempt.status_code,
            since_received_ms,
        };
        Ok(match status {
            DeliveryStatus::Delivered => DeliveryResult::Delivered(response),
            DeliveryStatus::Pending => DeliveryResult::Failed(response),
            DeliveryStatus::Failed | DeliveryStatus::Cancelled => {
                DeliveryResult::Exhausted(response)
            }
        })
    }

    /// Posts a delivery. A slow endpoint is recorded while its response is still awaited.
    async fn post(&self, delivery: &Delivery, body: &Bytes, endpoint: &Endpoint<'_>) -> Attempt {
        let began = self.clock.now();
        let request = WebhookRequest::to(
            endpoint.subscription,
            endpoint.secrets,
            &delivery.message_id,
            body,
            began,
        );
        let sent = pin!(self.sender.send(&request));
        let slow = pin!(sleep(Duration::from_millis(SLOW_MILLIS)));
        match select(sent, slow).await {
            Either::Left((attempt, _)) => attempt,
            Either::Right(((), sent)) => {
                join(sent, self.record_slowness(endpoint, began, SLOW_MILLIS))
                    .await
                    .0
            }
        }
    }
}
