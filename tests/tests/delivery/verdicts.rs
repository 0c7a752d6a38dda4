//! What follows from an attempt although a worker dies, another one is faster, or the owner of the
//! subscription changes it meanwhile.

use ringpost::{
    clock::Clock,
    delivery::attempt::DeliveryResult,
    domain::{
        delivery::{DeliveryStatus, retry::RetryConfig},
        event::{Event, Source},
        key::EventKey,
        subscription::{DisabledReason, Subscription, SubscriptionStatus},
        timestamp::Timestamp,
    },
    store::endpoints::{AttemptContext, SubscriptionRef},
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::stream_batch,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    world::{World, deliveries::work, history::answered},
};

const TYPE: &str = "call.completed";

/// The owner puts another URL in, as `PUT` does.
async fn put_url(world: &World, id: u64, url: &str, now: Timestamp) {
    let table = world.subscriptions(&Faults::none());
    let stored = table.find_with_secrets("acme", id).await.unwrap().unwrap();
    let changed = Subscription {
        url: url.to_owned(),
        updated_at: now,
        routed_at: Some(now),
        ..stored.subscription.clone()
    };
    assert!(
        table
            .replace(&stored, &changed, &stored.secrets)
            .await
            .unwrap()
    );
    table.start_afresh(&changed).await.unwrap();
}

#[tokio::test]
async fn a_verdict_about_a_url_that_was_replaced_is_dropped() {
    for (answer, before) in [(410, 0), (500, 0), (429, 0), (500, 4)] {
        let (world, hand) = (World::new(None).await, ManualClock::stopped());
        let (old, new) = (
            Receiver::answering(Answer::Status(answer)),
            Receiver::start(),
        );
        let acme = world.subscribe_at(&old.url("/"), &[TYPE], |_| {}).await;
        let deliver = world.deliver(&Faults::none(), hand.clock());
        for day in 0..before {
            let message = world.deliverable(&acme, &format!("evt_{day}"), TYPE).await;
            work(&deliver, &[message]).await;
            hand.advance(30 * 3_600);
        }
        let message = world.deliverable(&acme, "evt_last", TYPE).await;
        // The batch reads the old URL; then the owner replaces it; then the attempt is made.
        let batch = deliver
            .deliver
            .prepare(std::slice::from_ref(&message))
            .await
            .unwrap();
        hand.advance(1);
        put_url(&world, acme.id, &new.url("/"), hand.now()).await;
        hand.advance(1);
        deliver.deliver.process(&message, &batch).await.unwrap();
        assert_eq!(old.requests().len(), before + 1);
        assert_eq!(
            world.acme(acme.id).await.status,
            SubscriptionStatus::Active,
            "{answer}"
        );
        let reported = world.reported_failures().await;
        assert!(
            reported
                .iter()
                .all(|reported| reported.0 != "webhook.disabled"),
            "{answer}: {reported:?}"
        );
        let about = world.items("webhookconfigs").await;
        for of in ["failures", "failingSince", "learnedAt", "pausedUntil"] {
            assert!(
                about.iter().all(|item| !item.contains_key(of)),
                "{answer} {of}"
            );
        }
        // The same verdict, repeated from the record by a batch that knows the new URL.
        work(&deliver, &[message]).await;
        assert_eq!(
            world.acme(acme.id).await.status,
            SubscriptionStatus::Active,
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_subscription_is_disabled_and_its_tenant_notified_or_neither() {
    let run = async |fault: Option<(usize, Cut)>| {
        let (world, hand) = (World::new(None).await, ManualClock::stopped());
        let receiver = Receiver::answering(Answer::Status(410));
        let acme = world
            .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
            .await;
        let message = world.deliverable(&acme, "evt_1", TYPE).await;
        let faults = fault.map_or_else(Faults::none, |(number, cut)| Faults::death_at(number, cut));
        let failed = work(
            &world.deliver(&faults, hand.clock()),
            std::slice::from_ref(&message),
        )
        .await;
        assert_eq!(failed, usize::from(faults.struck()));
        hand.advance(180);
        assert_eq!(
            work(&world.deliver(&Faults::none(), hand.clock()), &[message]).await,
            0
        );
        let reported: Vec<String> = world
            .reported_failures()
            .await
            .into_iter()
            .map(|reported| reported.0)
            .collect();
        let acme = world.acme(acme.id).await;
        assert_eq!(
            acme.disabled.map(|disabled| disabled.reason),
            Some(DisabledReason::Gone),
            "{fault:?}"
        );
        assert_eq!(reported, ["webhook.disabled"], "{fault:?}");
        faults.requests()
    };
    let requests = run(None).await;
    assert!(requests > 5, "{requests}");
    for number in 0..requests {
        for cut in [Cut::Before, Cut::After] {
            run(Some((number, cut))).await;
        }
    }
}

#[tokio::test]
async fn the_loser_of_an_attempt_completes_what_follows_from_it() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    // Two workers hold the same message. The first dies as soon as its attempt is recorded.
    let first = world.deliver(&Faults::death_at(2, Cut::After), hand.clock());
    let second = world.deliver(&Faults::none(), hand.clock());
    let of_first = first
        .deliver
        .prepare(std::slice::from_ref(&message))
        .await
        .unwrap();
    let of_second = second
        .deliver
        .prepare(std::slice::from_ref(&message))
        .await
        .unwrap();
    assert!(first.deliver.process(&message, &of_first).await.is_err());
    assert_eq!(world.delivery(&message.delivery()).await.attempts, 1);
    assert_eq!(world.queued_deliveries().await, (0, 0));
    hand.advance(1);
    assert_eq!(
        second.deliver.process(&message, &of_second).await.unwrap(),
        DeliveryResult::Repeated
    );
    assert_eq!(world.queued_deliveries().await, (0, 1), "the next attempt");
}

#[tokio::test]
async fn a_probe_a_minute_is_made_however_long_the_one_before_waited() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let (table, at) = (
        world.endpoints(&Faults::none()),
        SubscriptionRef {
            tenant_id: "acme".to_owned(),
            id: 1,
        },
    );
    let tried = AttemptContext {
        at: &at,
        configured_at: hand.now(),
        began: hand.now(),
    };
    let ended = hand.now().plus_millis(15_000);
    let mut health = None;
    for _ in 0..5 {
        health = table.fail(&tried, health.as_ref(), ended).await.unwrap();
    }
    let health = health.unwrap();
    assert!(
        health.is_open() && health.may_probe(hand.now().plus_millis(59_000)),
        "{health:?}"
    );
}

#[tokio::test]
async fn a_row_outlives_the_schedule_of_its_delivery() {
    let world = World::new(None).await;
    let acme = world
        .subscribe_at("http://127.0.0.1:1/", &[TYPE], |_| {})
        .await;
    let message = world.deliverable(&acme, "evt_1", TYPE).await;
    let history = world.history(&Faults::none());
    let expires = async || -> i64 {
        let items = world.items("history").await;
        let row = items
            .iter()
            .find(|item| item.contains_key("direction"))
            .unwrap();
        row["expiresAt"].as_n().unwrap().parse().unwrap()
    };
    let delivery = world.delivery(&message.delivery()).await;
    let at_first = expires().await;
    let soon = delivery.created_at.plus_days(2);
    let once = history
        .record_attempt(
            &delivery,
            &answered(delivery.created_at, 500),
            DeliveryStatus::Pending,
            Some(soon),
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(expires().await, at_first, "nothing to do");
    // Retention is 90 days.
    let late = delivery.created_at.plus_days(89);
    let failed = answered(delivery.created_at, 500);
    let twice = history
        .record_attempt(&once, &failed, DeliveryStatus::Pending, Some(late))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(expires().await, late.plus_days(7).as_seconds());
    let ended = history
        .record_attempt(&twice, &failed, DeliveryStatus::Failed, None)
        .await
        .unwrap()
        .unwrap();
    let retried = delivery.created_at.plus_days(95);
    history
        .reopen_delivery(&ended, None, retried)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        expires().await,
        retried.plus_days(7).as_seconds(),
        "a retry by hand begins anew"
    );
}

#[tokio::test]
async fn what_was_announced_before_anything_is_kept_is_not_announced_again() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let acme = world
        .subscribe_at("http://127.0.0.1:1/", &["campaign.started"], |acme| {
            acme.retry_config = RetryConfig {
                max_attempts: 1,
                ..RetryConfig::default()
            };
        })
        .await;
    for (days, rows) in [(91, 0), (89, 1)] {
        let received_at = hand.now().minus_days(days);
        let event = Event {
            key: EventKey::of("11wire", &format!("acme:{days}")),
            source: Source::Platform,
            tenant_id: Some("acme".to_owned()),
            region: None,
            event_type: "campaign.started".to_owned(),
            occurred_at: received_at,
            received_at,
            payload: r#"{"campaignId":"spring"}"#.into(),
        };
        world.keep_event(&event).await;
        let log = world.items("events").await;
        let answer = world
            .fan_out_at(&Faults::none(), Clock::system())
            .handle(stream_batch(&log))
            .await;
        assert!(answer.batch_item_failures.is_empty());
        assert_eq!(
            world.outbound_types(acme.id).await.len(),
            rows,
            "{days} days"
        );
    }
}
