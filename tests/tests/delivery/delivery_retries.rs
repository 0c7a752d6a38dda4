//! The retries of a delivery, on the schedule of its subscription. The clock is set by hand where hours pass.

use ringpost::{
    domain::delivery::{DeliveryStatus, retry::RetryConfig},
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    world::{
        World,
        deliveries::{minute, work},
    },
};
use serde_json::json;

use super::deliveries::{QUICK, TYPE, story};

#[tokio::test]
async fn a_failing_endpoint_is_tried_on_schedule_and_given_up_in_the_history_alone() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::with(503, &[("x-why", "busy")], "try later"));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
            acme.retry_config = RetryConfig {
                max_attempts: 5,
                ..QUICK
            };
        })
        .await;
    let first = world.deliverable(&acme, "evt_1", TYPE).await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    let (mut message, mut waits) = (first.clone(), Vec::new());
    for attempt in 1..=5 {
        assert_eq!(
            work(&deliver, &[message]).await,
            0,
            "a customer's failure is none of ours"
        );
        let delivery = world.delivery(&first.delivery()).await;
        let status = if attempt < 5 {
            DeliveryStatus::Pending
        } else {
            DeliveryStatus::Failed
        };
        assert_eq!(story(&delivery), (status, attempt, Some(503)));
        if let Some(next) = delivery.next_attempt_at {
            waits.push(next.millis_since(delivery.updated_at));
            hand.set_to(next);
        }
        message = DeliveryMessage::next_of(&delivery);
    }
    let expected = [1_000, 2_000, 4_000, 4_000];
    for (wait, expected) in waits.iter().zip(expected) {
        assert!(wait.abs_diff(expected) <= expected / 5, "{waits:?}");
    }
    assert_eq!(waits.len(), expected.len());
    let attempts = world
        .history(&Faults::none())
        .failed_attempts(&first.delivery())
        .await
        .unwrap();
    assert_eq!(
        attempts
            .iter()
            .map(|(number, _)| *number)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert!(
        attempts
            .iter()
            .all(|(_, attempt)| attempt.body == "try later" && attempt.headers["x-why"] == "busy")
    );
    let reported = world.reported_failures().await;
    assert_eq!(
        reported
            .iter()
            .map(|reported| reported.0.as_str())
            .collect::<Vec<_>>(),
        ["webhook.exhausted", "webhook.failing"]
    );
    let id = first.delivery().id;
    let of = |attempts: u32| json!({ "id": id, "messageId": "evt_1", "eventType": TYPE, "attempts": attempts, "statusCode": 503 });
    assert_eq!(reported[0].1["delivery"], of(5));
    assert_eq!(reported[1].1["delivery"]["attempts"], 4);
    assert!(reported[1].1["delivery"]["nextAttemptAt"].is_string());
    assert_eq!(reported[0].1["webhookConfigId"], acme.id);
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it_up_to_the_longest_delay() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::start();
    receiver.play_at("/short", Answer::RetryAfter(120));
    receiver.play_at("/long", Answer::RetryAfter(1_000_000));
    let deliver = world.deliver(&Faults::none(), hand.clock());
    for (path, seconds) in [("/short", 120), ("/long", 36_000)] {
        let acme = world
            .subscribe_at(&receiver.url(path), &[TYPE], |_| {})
            .await;
        let message = world.deliverable(&acme, "evt_1", TYPE).await;
        work(&deliver, std::slice::from_ref(&message)).await;
        let delivery = world.delivery(&message.delivery()).await;
        assert_eq!(
            delivery
                .next_attempt_at
                .unwrap()
                .millis_since(delivery.updated_at),
            seconds * 1_000,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_wait_of_forty_minutes_lies_in_due_until_sweep_brings_it_back() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
            acme.retry_config = RetryConfig {
                max_attempts: 2,
                initial_delay: 2_400,
                max_delay: 3_600,
                backoff_factor: 1.0,
            };
        })
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    world.swept_until(hand.now()).await;
    work(&deliver, std::slice::from_ref(&message)).await;
    assert_eq!(
        (
            world.queued_deliveries().await,
            world.items("due").await.len()
        ),
        ((0, 0), 2),
        "and the watermark"
    );
    let next = world
        .delivery(&message.delivery())
        .await
        .next_attempt_at
        .unwrap();
    let waits = next.millis_since(hand.now()) / 1_000;
    assert!((1_920..=2_880).contains(&waits), "{waits}");
    let sweep = world.sweep(&Faults::none(), hand.clock());
    hand.advance(waits - 1);
    sweep.handle(minute()).await;
    assert_eq!(world.take_deliveries().await, []);
    // A minute is missed, too.
    hand.advance(120);
    sweep.handle(minute()).await;
    let second = world.take_deliveries().await;
    assert_eq!(
        second,
        [DeliveryMessage::attempt(&message.delivery(), acme.id, 2)]
    );
    receiver.play(Answer::Status(200));
    work(&deliver, &second).await;
    assert_eq!(
        story(&world.delivery(&message.delivery()).await),
        (DeliveryStatus::Delivered, 2, Some(200))
    );
    sweep.handle(minute()).await;
    assert_eq!(world.take_deliveries().await, []);
}
