//! Endpoints that keep failing, or take only so much: their deliveries wait, and nothing is lost. The
//! clock is set by hand where minutes and days pass.

use std::time::Duration;

use futures::future::join_all;
use ringpost::{
    clock::Clock,
    domain::{
        due::Due,
        subscription::{DisabledReason, SubscriptionStatus},
    },
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    world::{
        World,
        deliveries::{failing, minute, work},
    },
};
use serde_json::json;

const TYPE: &str = "call.completed";

/// What of the table `due` waits for a breaker.
async fn parked(world: &World) -> usize {
    let slots = world.items("due").await;
    slots
        .iter()
        .filter(|item| item["slot"].as_s().unwrap().starts_with("parked#"))
        .count()
}

#[tokio::test]
async fn after_five_failures_one_delivery_a_minute_probes_until_the_endpoint_is_back() {
    let (world, hand, receiver, acme) = failing(TYPE).await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    let sweep = world.sweep(&Faults::none(), hand.clock());
    let mut messages = Vec::new();
    for number in 0..20 {
        messages.push(
            world
                .deliverable(&acme, &format!("evt_{number}"), TYPE)
                .await,
        );
    }
    for message in &messages[..5] {
        work(&deliver, std::slice::from_ref(message)).await;
    }
    assert_eq!((receiver.requests().len(), parked(&world).await), (5, 0));
    for message in &messages[5..] {
        assert_eq!(work(&deliver, std::slice::from_ref(message)).await, 0);
    }
    assert_eq!(
        (receiver.requests().len(), parked(&world).await),
        (5, 15),
        "the breaker is open"
    );
    for minutes in 1..=3 {
        hand.advance(60);
        sweep.handle(minute()).await;
        let probes = world.take_deliveries().await;
        assert_eq!(probes.len(), 1, "minute {minutes}");
        work(&deliver, &probes).await;
        assert_eq!(receiver.requests().len(), 5 + minutes, "minute {minutes}");
        assert_eq!(parked(&world).await, 15 - minutes);
    }
    receiver.play(Answer::Status(200));
    hand.advance(60);
    sweep.handle(minute()).await;
    work(&deliver, &world.take_deliveries().await).await;
    assert_eq!(
        (receiver.requests().len(), parked(&world).await),
        (9, 11),
        "the first success"
    );
    hand.advance(60);
    sweep.handle(minute()).await;
    let released = world.take_deliveries().await;
    assert_eq!((released.len(), parked(&world).await), (11, 0));
    for batch in released.chunks(10) {
        work(&deliver, batch).await;
    }
    assert_eq!(receiver.requests().len(), 20);
    hand.advance(60);
    sweep.handle(minute()).await;
    let breakers = world.items("due").await;
    let breakers = breakers.iter().filter(|item| {
        item.get("kind")
            .is_some_and(|kind| kind.as_s().unwrap() == Due::BREAKER)
    });
    assert_eq!(breakers.count(), 0, "no worker reads it any more");
}

#[tokio::test]
async fn a_sweep_reports_for_how_long_the_oldest_parked_delivery_waits() {
    let (world, hand, receiver, acme) = failing(TYPE).await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    let sweep = world.sweep(&Faults::none(), hand.clock()).sweep;
    for number in 0..7 {
        let message = world
            .deliverable(&acme, &format!("evt_{number}"), TYPE)
            .await;
        work(&deliver, &[message]).await;
    }
    assert_eq!((receiver.requests().len(), parked(&world).await), (5, 2));
    hand.advance(600);
    let swept = sweep.run().await.unwrap();
    let waited = swept.oldest_parked_millis.unwrap();
    assert!((480_000..=660_000).contains(&waited), "{waited}");
    hand.advance(60);
    let still = sweep.run().await.unwrap().oldest_parked_millis.unwrap();
    assert!(
        still > waited,
        "the other one waits for a minute more: {still}"
    );
    hand.advance(60);
    let empty = sweep.run().await.unwrap();
    assert_eq!((empty.queued, empty.oldest_parked_millis), (0, None));
}

#[tokio::test]
async fn an_open_breaker_lets_one_of_many_through_at_once() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    let mut messages = Vec::new();
    for number in 0..15 {
        messages.push(
            world
                .deliverable(&acme, &format!("evt_{number}"), TYPE)
                .await,
        );
    }
    for message in &messages[..5] {
        work(&deliver, std::slice::from_ref(message)).await;
    }
    hand.advance(61);
    work(&deliver, &messages[5..]).await;
    assert_eq!((receiver.requests().len(), parked(&world).await), (6, 9));
}

#[tokio::test]
async fn five_days_of_nothing_but_failures_end_a_subscription() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    const DAY: u64 = 86_400;
    let fail = async |id: &str| {
        let message = world.deliverable(&acme, id, TYPE).await;
        work(&deliver, &[message]).await;
        world.acme(acme.id).await.status
    };
    assert_eq!(fail("evt_0").await, SubscriptionStatus::Active);
    // Nothing was tried for long: the failures before that say nothing any more.
    hand.advance(6 * DAY);
    assert_eq!(fail("evt_1").await, SubscriptionStatus::Active);
    for day in 1..=4 {
        hand.advance(DAY);
        assert_eq!(
            fail(&format!("evt_day_{day}")).await,
            SubscriptionStatus::Active
        );
    }
    hand.advance(DAY);
    assert_eq!(fail("evt_last").await, SubscriptionStatus::Inactive);
    let disabled = world.acme(acme.id).await.disabled.unwrap();
    assert_eq!(
        (disabled.reason, disabled.at),
        (DisabledReason::Failing, hand.now())
    );
    let reported = world.reported_failures().await;
    assert_eq!(
        (reported[0].0.as_str(), &reported[0].1["reason"]),
        ("webhook.disabled", &json!("failing"))
    );
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it() {
    let (world, hand, receiver) = (
        World::new(None).await,
        ManualClock::stopped(),
        Receiver::start(),
    );
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    for (number, answer) in [500, 500, 500, 500, 200, 500].into_iter().enumerate() {
        receiver.play(Answer::Status(answer));
        let message = world
            .deliverable(&acme, &format!("evt_{number}"), TYPE)
            .await;
        work(&deliver, &[message]).await;
    }
    let message = world.deliverable(&acme, "evt_last", TYPE).await;
    work(&deliver, &[message]).await;
    assert_eq!(
        (receiver.requests().len(), parked(&world).await),
        (7, 0),
        "the breaker is closed"
    );
}

#[tokio::test]
async fn a_rate_limit_is_kept_by_several_workers_at_once() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
            acme.rate_limit = Some(5);
        })
        .await;
    let mut messages = Vec::new();
    for number in 0..30 {
        messages.push(
            world
                .deliverable(&acme, &format!("evt_{number}"), TYPE)
                .await,
        );
    }
    let workers: Vec<_> = (0..3)
        .map(|_| world.deliver(&Faults::none(), Clock::system()))
        .collect();
    let batches = workers.iter().zip(messages.chunks(10));
    join_all(batches.map(|(worker, batch)| work(worker, batch))).await;
    // The rest comes back second by second.
    tokio::time::timeout(Duration::from_secs(25), async {
        while receiver.requests().len() < 30 {
            let due = world.take_deliveries().await;
            for batch in due.chunks(10) {
                work(&workers[0], batch).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .expect("all are delivered");
    let at: Vec<i64> = receiver
        .requests()
        .iter()
        .map(|request| request.at.as_millis())
        .collect();
    let took = at.last().unwrap() - at.first().unwrap();
    assert!(took >= 4_000, "30 at 5 a second took {took} ms");
    let busiest = at
        .iter()
        .map(|from| {
            at.iter()
                .filter(|at| (*from..from + 1_000).contains(*at))
                .count()
        })
        .max();
    assert!(
        busiest.unwrap() <= 10,
        "{busiest:?}: a second's share and what is left of the one before"
    );
    for message in &messages {
        assert_eq!(world.delivery(&message.delivery()).await.attempts, 1);
    }
}
