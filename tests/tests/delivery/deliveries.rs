//! What becomes of a delivery: posted, recorded, tried again, given up. A real receiver, real tables and
//! a real queue; the clock is set by hand where hours pass.

use futures::future::join_all;
use ringpost::{
    domain::{
        delivery::{Delivery, DeliveryStatus, retry::RetryConfig},
        subscription::{DisabledReason, SubscriptionStatus},
    },
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::queue_batch,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    subscriptions::{SECRET, rotated},
    world::{
        World,
        deliveries::{minute, work},
    },
};
use serde_json::json;

const TYPE: &str = "call.completed";
const QUICK: RetryConfig = RetryConfig {
    max_attempts: 3,
    initial_delay: 1,
    max_delay: 4,
    backoff_factor: 2.0,
};

/// Everything that the history says of an attempt, without its times.
fn story(delivery: &Delivery) -> (DeliveryStatus, u32, Option<u16>) {
    (
        delivery.status,
        delivery.attempts,
        delivery
            .last
            .as_ref()
            .and_then(|attempt| attempt.status_code),
    )
}

#[tokio::test]
async fn what_is_delivered_verifies_with_the_official_libraries_and_is_in_the_history() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/hooks"), &[TYPE], |acme| {
            acme.headers
                .insert("X-API-Key".to_owned(), "crm-api-key-123".to_owned());
        })
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    let deliver = world.deliver(&Faults::none(), ManualClock::stopped().clock());
    assert_eq!(work(&deliver, std::slice::from_ref(&message)).await, 0);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (requests[0].path.as_str(), requests[0].message_id()),
        ("/hooks", "evt_1")
    );
    assert_eq!(requests[0].header("x-api-key"), "crm-api-key-123");
    assert!(requests[0].is_signed_with(SECRET) && !requests[0].is_signed_with("another-secret"));
    let delivery = world.delivery(&message.delivery()).await;
    assert_eq!(story(&delivery), (DeliveryStatus::Delivered, 1, Some(200)));
    assert_eq!(Some(&requests[0].body), delivery.body.as_ref());
    assert_eq!(world.queued_deliveries().await, (0, 0));
    // The queue may hand a message out again, whatever became of it.
    assert_eq!(work(&deliver, &[message]).await, 0);
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn during_a_rotation_both_secrets_verify_and_afterwards_the_new_one_alone() {
    let (world, receiver, hand) = (
        World::new(None).await,
        Receiver::start(),
        ManualClock::stopped(),
    );
    let valid_until = hand.now().plus_millis(3_600_000);
    let acme = world
        .subscribe_signed(
            &receiver.url("/"),
            &[TYPE],
            &rotated("retired-secret-1", valid_until),
            |_| {},
        )
        .await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    for (id, seconds) in [("evt_1", 3_599), ("evt_2", 1)] {
        hand.advance(seconds);
        let message = world.deliverable(&acme, id, TYPE).await;
        assert_eq!(work(&deliver, &[message]).await, 0);
    }
    let by_both: Vec<_> = receiver
        .requests()
        .iter()
        .map(|request| request.header("webhook-signature").split(' ').count())
        .collect();
    assert_eq!(by_both, [2, 1]);
}

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
    let told = world.told().await;
    assert_eq!(
        told.iter().map(|told| told.0.as_str()).collect::<Vec<_>>(),
        ["webhook.exhausted", "webhook.failing"]
    );
    let id = first.delivery().id;
    let of = |attempts: u32| json!({ "id": id, "messageId": "evt_1", "eventType": TYPE, "attempts": attempts, "statusCode": 503 });
    assert_eq!(told[0].1["delivery"], of(5));
    assert_eq!(told[1].1["delivery"]["attempts"], 4);
    assert!(told[1].1["delivery"]["nextAttemptAt"].is_string());
    assert_eq!(told[0].1["webhookConfigId"], acme.id);
}

#[tokio::test]
async fn nothing_is_told_of_the_deliveries_that_tell_of_deliveries() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &["webhook.exhausted"], |acme| {
            acme.retry_config = RetryConfig {
                max_attempts: 1,
                ..QUICK
            };
        })
        .await;
    let message = world.deliverable(&acme, "evt_1", "webhook.exhausted").await;
    assert_eq!(
        work(
            &world.deliver(&Faults::none(), hand.clock()),
            std::slice::from_ref(&message)
        )
        .await,
        0
    );
    assert_eq!(
        story(&world.delivery(&message.delivery()).await),
        (DeliveryStatus::Failed, 1, Some(500))
    );
    assert_eq!(world.told().await, []);
}

#[tokio::test]
async fn each_answer_ends_as_it_should() {
    let world = World::new(None).await;
    let receiver = Receiver::start();
    let deliver = world.deliver(&Faults::none(), ManualClock::stopped().clock());
    let pending = DeliveryStatus::Pending;
    let cases = [
        (
            "/204",
            Answer::Status(204),
            DeliveryStatus::Delivered,
            Some(204),
        ),
        (
            "/301",
            Answer::with(301, &[("location", &receiver.url("/204"))], ""),
            pending,
            Some(301),
        ),
        (
            "/302",
            Answer::Redirect(receiver.url("/204")),
            pending,
            Some(302),
        ),
        ("/400", Answer::Status(400), pending, Some(400)),
        ("/500", Answer::Status(500), pending, Some(500)),
        ("/hang", Answer::Hang, pending, None),
        ("/close", Answer::Close, pending, None),
        ("/reset", Answer::Reset, pending, None),
        (
            "/huge",
            Answer::Huge(100_000_000),
            DeliveryStatus::Delivered,
            Some(200),
        ),
    ];
    let mut expected = Vec::new();
    let mut messages = Vec::new();
    for (path, answer, status, code) in cases {
        receiver.play_at(path, answer);
        // Each of its own, so that no breaker opens.
        let acme = world
            .subscribe_at(&receiver.url(path), &[TYPE], |_| {})
            .await;
        messages.push(
            world
                .deliverable(&acme, &format!("evt_{}", acme.id), TYPE)
                .await,
        );
        expected.push((path, (status, 1, code)));
    }
    assert_eq!(work(&deliver, &messages).await, 0);
    for (message, (path, expected)) in messages.iter().zip(expected) {
        let delivery = world.delivery(&message.delivery()).await;
        assert_eq!(story(&delivery), expected, "{path}");
        let last = delivery.last.unwrap();
        assert_eq!(last.error.is_some(), last.status_code.is_none(), "{path}");
        assert!(last.body.len() <= 1_024, "{path}");
    }
    let redirected = receiver
        .requests()
        .iter()
        .filter(|request| request.path == "/204")
        .count();
    assert_eq!(redirected, 1, "no redirect is followed");
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
async fn an_endpoint_that_is_gone_gets_nothing_more() {
    let (world, hand, receiver) = (
        World::new(None).await,
        ManualClock::stopped(),
        Receiver::answering(Answer::Status(410)),
    );
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let [gone, next] = [
        world.deliverable(&acme, "evt_1", TYPE).await,
        world.deliverable(&acme, "evt_2", TYPE).await,
    ];
    let deliver = world.deliver(&Faults::none(), hand.clock());
    work(&deliver, std::slice::from_ref(&gone)).await;
    assert_eq!(
        story(&world.delivery(&gone.delivery()).await),
        (DeliveryStatus::Failed, 1, Some(410))
    );
    let disabled = world.acme(acme.id).await;
    assert_eq!(disabled.status, SubscriptionStatus::Inactive);
    assert_eq!(disabled.disabled.unwrap().reason, DisabledReason::Gone);
    let told = world.told().await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].0.as_str(), &told[0].1["reason"]),
        ("webhook.disabled", &json!("gone"))
    );
    // What was on its way ends without a request, to be recovered if the owner wishes.
    work(&deliver, std::slice::from_ref(&next)).await;
    let ended = world.delivery(&next.delivery()).await;
    assert_eq!(story(&ended), (DeliveryStatus::Failed, 0, None));
    assert_eq!(
        ended.last.unwrap().error.as_deref(),
        Some("the subscription is inactive")
    );
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn deliveries_of_a_deleted_subscription_end_quietly() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    assert!(
        world
            .subscriptions(&Faults::none())
            .delete("acme", acme.id)
            .await
            .unwrap()
    );
    let deliver = world.deliver(&Faults::none(), ManualClock::stopped().clock());
    assert_eq!(work(&deliver, std::slice::from_ref(&message)).await, 0);
    assert_eq!(
        world.delivery(&message.delivery()).await.status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(
        (receiver.requests().len(), world.told().await.len()),
        (0, 0)
    );
}

/// What must be the same however often a worker died: how the delivery stands, and that it goes on.
async fn left(
    world: &World,
    message: &DeliveryMessage,
) -> (DeliveryStatus, u32, bool, Vec<String>, bool) {
    let delivery = world.delivery(&message.delivery()).await;
    let types = world.told().await.into_iter().map(|told| told.0).collect();
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
/// stranded, told twice or counted twice.
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
                // Whoever died sent nothing more; another one takes the message up.
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

#[tokio::test]
async fn a_batch_is_delivered_side_by_side_and_costs_two_requests_each_at_most() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let mut messages = Vec::new();
    for number in 0..10 {
        messages.push(
            world
                .deliverable(&acme, &format!("evt_{number}"), TYPE)
                .await,
        );
    }
    let faults = Faults::none();
    let hand = ManualClock::stopped();
    assert_eq!(
        work(&world.deliver(&faults, hand.clock()), &messages).await,
        0
    );
    assert_eq!(
        (receiver.requests().len(), faults.requests()),
        (10, 11),
        "one read for all, one write for each"
    );
}

#[tokio::test]
async fn what_is_no_message_comes_again_and_takes_nothing_with_it() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    let expired = DeliveryMessage::V1 {
        tenant_id: "acme".to_owned(),
        id: 7,
        subscription_id: acme.id,
        attempt: 1,
        place: None,
        slow: false,
    };
    let bodies = [
        "{}".to_owned(),
        message.to_json().unwrap(),
        expired.to_json().unwrap(),
        message.to_json().unwrap(),
    ];
    let deliver = world.deliver(&Faults::none(), ManualClock::stopped().clock());
    let answer = deliver.handle(queue_batch(&bodies)).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(
        receiver.requests().len(),
        1,
        "the same message twice in a batch is one attempt"
    );
}
