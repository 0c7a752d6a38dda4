//! Deliveries whose worker dies, or whose record gets no answer.

use std::collections::HashSet;

use futures::future::join_all;
use ringpost::{
    domain::{
        delivery::{
            DeliveryStatus,
            pace::{SLOW_MILLIS, Slow},
            retry::RetryConfig,
        },
        subscription::Subscription,
    },
    queue::deliveries::DeliveryMessage,
    store::endpoints::{AttemptContext, SubscriptionRef},
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    world::{
        World,
        deliveries::{failing, minute, work},
    },
};

use super::deliveries::{QUICK, TYPE, story};

/// What must be the same however often a worker died: how the delivery stands, and that it goes on.
async fn left(
    world: &World,
    message: &DeliveryMessage,
) -> (DeliveryStatus, u32, bool, Vec<String>, bool) {
    let delivery = world.delivery(&message.delivery()).await;
    let types = world
        .reported_failures()
        .await
        .into_iter()
        .map(|reported| reported.0)
        .collect();
    let (now, later) = world.queued_deliveries().await;
    let goes_on = now + later > 0 || !world.items("due").await.is_empty();
    let attempts = world
        .history(&Faults::none())
        .failed_attempts(&message.delivery())
        .await
        .unwrap();
    let complete = attempts.len()
        == delivery.attempts as usize - usize::from(delivery.status == DeliveryStatus::Delivered);
    (delivery.status, delivery.attempts, goes_on, types, complete)
}

/// A worker may die at any of its requests. The queue then hands the message out again, and nothing is
/// stranded, sent twice or counted twice.
#[tokio::test]
async fn a_worker_that_dies_leaves_nothing_behind() {
    let cases: [(&str, Answer, u32, RetryConfig); 5] = [
        ("taken", Answer::Status(200), 0, QUICK),
        ("failed once", Answer::Status(500), 0, QUICK),
        (
            "failed, long wait",
            Answer::RetryAfter(3_000),
            0,
            RetryConfig {
                max_delay: 4_000,
                ..QUICK
            },
        ),
        (
            "failing",
            Answer::Status(500),
            3,
            RetryConfig {
                max_attempts: 9,
                ..QUICK
            },
        ),
        ("exhausted", Answer::Status(500), 2, QUICK),
    ];
    for (name, answer, before, schedule) in cases {
        let run = async |fault: Option<(usize, Cut)>| {
            let (world, hand) = (World::new(None).await, ManualClock::stopped());
            let receiver = Receiver::answering(Answer::Status(500));
            let acme = world
                .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
                    acme.retry_config = schedule;
                })
                .await;
            let first = world.deliverable(&acme, "evt_1", TYPE).await;
            let mut message = first.clone();
            let whole = world.deliver(&Faults::none(), hand.clock());
            for _ in 0..before {
                work(&whole, &[message]).await;
                let delivery = world.delivery(&first.delivery()).await;
                hand.set_to(delivery.next_attempt_at.unwrap());
                message = DeliveryMessage::next_of(&delivery);
            }
            world.take_deliveries().await;
            receiver.play(answer.clone());
            let faults =
                fault.map_or_else(Faults::none, |(number, cut)| Faults::death_at(number, cut));
            let failed = work(
                &world.deliver(&faults, hand.clock()),
                std::slice::from_ref(&message),
            )
            .await;
            if fault.is_some() && faults.struck() {
                assert_eq!(failed, 1, "{name}: the queue must hand it out again");
                // The dead worker sent nothing more; another one takes the message up.
                assert_eq!(work(&whole, &[message]).await, 0, "{name} {fault:?}");
            }
            (
                left(&world, &first).await,
                faults.requests(),
                faults.struck(),
                receiver.requests().len(),
            )
        };
        let (expected, requests, _, posted) = run(None).await;
        assert!(expected.4 && requests >= 2, "{name}");
        let faults = (0..requests).flat_map(|number| [(number, Cut::Before), (number, Cut::After)]);
        let runs = join_all(faults.map(async |fault| (fault, run(Some(fault)).await))).await;
        for (fault, (left, _, struck, posts)) in runs {
            assert!(struck, "{name} {fault:?}");
            assert_eq!(left, expected, "{name} {fault:?}");
            assert!(
                (posted..=posted + 1).contains(&posts),
                "{name} {fault:?}: at most once more"
            );
        }
    }
}

#[tokio::test]
async fn an_attempt_whose_record_lost_its_answer_is_followed_by_the_next() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    let faults = Faults::once("UpdateItem", Cut::After);
    assert_eq!(
        work(
            &world.deliver(&faults, hand.clock()),
            std::slice::from_ref(&message)
        )
        .await,
        0
    );
    assert_eq!(
        story(&world.delivery(&message.delivery()).await),
        (DeliveryStatus::Pending, 1, Some(500))
    );
    assert_eq!(
        world.queued_deliveries().await,
        (0, 1),
        "the second attempt waits for its time"
    );
}

async fn deliverables(
    world: &World,
    subscription: &Subscription,
    count: usize,
) -> Vec<DeliveryMessage> {
    let mut messages = Vec::new();
    for event in 0..count {
        let key = format!("evt_{event}");
        messages.push(world.deliverable(subscription, &key, TYPE).await);
    }
    messages
}

/// A sweep that dies while it releases what waits for a failing endpoint strands nothing: the next one
/// goes on, and the endpoint gets every delivery.
#[tokio::test]
async fn a_sweep_killed_at_any_request_releases_all_that_waits() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let (world, hand, receiver, acme) = failing(TYPE).await;
            let deliver = world.deliver(&Faults::none(), hand.clock());
            let messages = deliverables(&world, &acme, 8).await;
            for message in &messages {
                work(&deliver, std::slice::from_ref(message)).await;
            }
            world.take_deliveries().await;
            receiver.play(Answer::Status(200));
            hand.advance(60);
            let faults = Faults::death_at(number, cut);
            world.sweep(&faults, hand.clock()).handle(minute()).await;
            let whole = world.sweep(&Faults::none(), hand.clock());
            for _ in 0..4 {
                whole.handle(minute()).await;
                for batch in world.take_deliveries().await.chunks(10) {
                    work(&deliver, batch).await;
                }
                hand.advance(60);
            }
            for message in &messages[5..] {
                let delivery = world.delivery(&message.delivery()).await;
                assert_eq!(
                    delivery.status,
                    DeliveryStatus::Delivered,
                    "request {number}, cut {cut:?}"
                );
            }
            if !faults.struck() {
                assert!(number >= 6, "{number} requests are too few");
                break;
            }
        }
    }
}

/// A worker that dies while it hands deliveries on to the slow lane loses none.
#[tokio::test]
async fn a_worker_killed_at_any_request_hands_all_on_to_the_slow_lane() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let (world, hand) = (World::new(None).await, ManualClock::stopped());
            let receiver = Receiver::answering(Answer::Status(200));
            let acme = world
                .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
                .await;
            let at = SubscriptionRef {
                tenant_id: "acme".to_owned(),
                id: acme.id,
            };
            let attempt = AttemptContext {
                at: &at,
                configured_at: acme.updated_at,
                began: hand.now(),
            };
            let slow = Slow {
                millis: SLOW_MILLIS,
                until: hand.now().plus_millis(600_000),
            };
            let endpoints = world.endpoints(&Faults::none());
            endpoints.slow_down(&attempt, slow).await.unwrap();
            let messages = deliverables(&world, &acme, 3).await;
            let faults = Faults::death_at(number, cut);
            let failed = work(&world.deliver(&faults, hand.clock()), &messages).await;
            let whole = world.deliver(&Faults::none(), hand.clock());
            if faults.struck() {
                assert_eq!(failed, messages.len(), "the queue hands them out again");
                assert_eq!(work(&whole, &messages).await, 0);
            }
            let lane = world.take_slow_lane().await;
            let lane: HashSet<_> = lane.iter().map(DeliveryMessage::delivery).collect();
            assert_eq!(lane.len(), messages.len(), "request {number}, cut {cut:?}");
            if !faults.struck() {
                assert_eq!(number, 3, "read, booked and queued");
                break;
            }
        }
    }
}
