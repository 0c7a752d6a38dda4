//! Every state of a message, by what its batch has read.

use super::*;
use crate::domain::{
    delivery::{DeliveryRef, signature::SigningSecret, tests::pending},
    subscription::{SigningSecrets, Subscription, tests::to},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second).unwrap()
}

fn subscription() -> SubscriptionRef {
    SubscriptionRef {
        tenant_id: "acme".to_owned(),
        id: 1,
    }
}

fn found(delivery: Delivery, status: SubscriptionStatus) -> DeliveryBatch {
    let mut found = DeliveryBatch::default();
    found.deliveries.insert(delivery.at.clone(), delivery);
    let secrets = SigningSecrets::new(SigningSecret::parse("a-secret-of-16-bytes").unwrap());
    let subscribed = Subscription {
        status,
        ..to(&["call.completed"])
    };
    found
        .subscriptions
        .insert(subscription(), (subscribed, secrets));
    found
}

fn active(delivery: Delivery) -> DeliveryBatch {
    found(delivery, SubscriptionStatus::Active)
}

/// The state of the first attempt's message at 1,000 s.
fn state(found: &DeliveryBatch) -> &'static str {
    let message = DeliveryMessage::attempt(&pending().at, 1, 1);
    match MessageState::of(&message, found, at(1_000)) {
        MessageState::Unreadable => "unreadable",
        MessageState::Expired => "expired",
        MessageState::NoEndpoint(_) => "no endpoint",
        MessageState::Recorded(..) => "recorded",
        MessageState::Ended => "ended",
        MessageState::Early(_) => "early",
        MessageState::Failing(..) => "failing",
        MessageState::Attempt(..) => "attempt",
    }
}

fn with(change: impl Fn(&mut Delivery)) -> Delivery {
    let mut delivery = pending();
    change(&mut delivery);
    delivery
}

fn health(failures: u32) -> Health {
    Health {
        failures,
        failing_since: at(0),
        last_failure_at: at(0),
        probe_at: at(0),
    }
}

#[test]
fn a_pending_delivery_of_an_active_subscription_is_attempted() {
    assert_eq!(state(&active(pending())), "attempt");
}

#[test]
fn what_another_version_wrote_is_left_to_it() {
    let mut batch = active(pending());
    batch.unreadable.insert(pending().at);
    assert_eq!(state(&batch), "unreadable");
    let mut batch = active(pending());
    batch.unreadable_subscriptions.insert(subscription());
    assert_eq!(state(&batch), "unreadable");
    let mut batch = active(pending());
    batch.unreadable.insert(DeliveryRef {
        id: 8,
        ..pending().at
    });
    assert_eq!(state(&batch), "attempt");
}

#[test]
fn a_delivery_without_its_row_or_its_endpoint_is_not_attempted() {
    assert_eq!(state(&DeliveryBatch::default()), "expired");
    let delivered = || with(|delivery| delivery.status = DeliveryStatus::Delivered);
    for (delivery, deleted, inactive) in [
        (pending(), "no endpoint", "no endpoint"),
        (delivered(), "ended", "recorded"),
    ] {
        let mut batch = active(delivery.clone());
        batch.subscriptions.clear();
        assert_eq!(state(&batch), deleted);
        assert_eq!(
            state(&found(delivery, SubscriptionStatus::Inactive)),
            inactive
        );
    }
}

#[test]
fn an_attempt_that_is_recorded_is_not_made_again() {
    let delivered = with(|delivery| delivery.status = DeliveryStatus::Delivered);
    assert_eq!(state(&active(delivered)), "recorded");
    assert_eq!(
        state(&active(with(|delivery| delivery.attempts = 1))),
        "recorded"
    );
    assert_eq!(
        state(&active(with(|delivery| delivery.attempts = 2))),
        "recorded"
    );
}

#[test]
fn a_message_may_come_a_second_early() {
    for (next, expected) in [(999, "attempt"), (1_001, "attempt"), (1_002, "early")] {
        let waiting = with(|delivery| delivery.next_attempt_at = Some(at(next)));
        assert_eq!(state(&active(waiting)), expected, "{next}");
    }
}

#[test]
fn only_an_open_breaker_holds_an_attempt_back() {
    for (failures, expected) in [
        (0, "attempt"),
        (4, "attempt"),
        (5, "failing"),
        (6, "failing"),
    ] {
        let mut batch = active(pending());
        batch.failing.insert(subscription(), health(failures));
        assert_eq!(state(&batch), expected, "{failures}");
    }
}
