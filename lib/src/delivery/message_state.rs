//! What a message of the delivery queue needs, by the items that its batch has read.

use crate::{
    domain::{
        delivery::{Delivery, DeliveryStatus, endpoint_health::Health},
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    queue::deliveries::DeliveryMessage,
    store::endpoints::{DeliveryBatch, SubscriptionRef},
};

use super::deliver::Endpoint;

/// A message may come this early, because clocks differ.
const EARLY_MILLIS: u64 = 1_000;

pub(super) enum MessageState<'a> {
    /// Written by another version of this code.
    Unreadable,
    Expired,
    /// A pending delivery whose subscription is deleted or inactive.
    NoEndpoint(&'a Delivery),
    /// What is recorded; only the last attempt has anything that may still follow.
    Recorded(&'a Delivery, Endpoint<'a>),
    /// Neither the delivery nor its subscription needs anything.
    Ended,
    /// An attempt before its time.
    Early(&'a Delivery),
    /// An attempt at an endpoint whose breaker is open.
    Failing(&'a Delivery, Endpoint<'a>, Health),
    Attempt(&'a Delivery, Endpoint<'a>),
}

impl<'a> MessageState<'a> {
    pub(super) fn of(message: &DeliveryMessage, found: &'a DeliveryBatch, now: Timestamp) -> Self {
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

#[cfg(test)]
mod tests;
