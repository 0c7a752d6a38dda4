//! The end of a delivery: what each answer leads to. A real receiver, real tables and a real queue.

use ringpost::{
    domain::{
        delivery::{Delivery, DeliveryStatus, retry::RetryConfig},
        subscription::{DisabledReason, SubscriptionStatus},
    },
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::queue_batch,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    subscriptions::{SECRET, rotated},
    world::{World, deliveries::work},
};
use serde_json::json;

pub(crate) const TYPE: &str = "call.completed";
pub(crate) const QUICK: RetryConfig = RetryConfig {
    max_attempts: 3,
    initial_delay: 1,
    max_delay: 4,
    backoff_factor: 2.0,
};

/// Everything that the history says of an attempt, without its times.
pub(crate) fn story(delivery: &Delivery) -> (DeliveryStatus, u32, Option<u16>) {
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
async fn deliveries_of_delivery_events_are_not_announced() {
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
    assert_eq!(world.reported_failures().await, []);
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
    let reported = world.reported_failures().await;
    assert_eq!(reported.len(), 1);
    assert_eq!(
        (reported[0].0.as_str(), &reported[0].1["reason"]),
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
        (
            receiver.requests().len(),
            world.reported_failures().await.len()
        ),
        (0, 0)
    );
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
