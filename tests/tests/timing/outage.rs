//! A thousand events for five subscriptions, one of whose endpoints is down: the others get theirs as if
//! nothing were wrong, and when it is back a recovery delivers what failed, every one of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt, stream};
use http::Method;
use ringpost::{
    clock::Clock,
    domain::{
        delivery::{DeliveryStatus, retry::RetryConfig},
        due::Minute,
        event::{Event, Source},
        key::EventKey,
        subscription::{Filters, Subscription},
    },
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::{
    runtime::Worker,
    workers::{deliver, recover_deliveries::LIMITS},
};
use ringpost_tests::{
    configs::{admin, ask},
    faults::Faults,
    lambda::{queue_batch, stream_batch},
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    world::{World, deliveries::minute},
};
use serde_json::json;

const EVENTS: usize = 1_000;
/// Lambdas at once.
const WORKERS: usize = 8;
const TYPE: &str = "campaign.started";

/// An event that the platform published, of one of two campaigns.
fn published(number: usize, hand: &ManualClock) -> Event {
    let payload =
        json!({ "campaignId": if number.is_multiple_of(2) { "even" } else { "odd" }, "n": number });
    Event {
        key: EventKey::of("11wire", &format!("acme:{number}")),
        source: Source::Platform,
        tenant_id: Some("acme".to_owned()),
        region: None,
        event_type: TYPE.to_owned(),
        occurred_at: hand.now(),
        // A millisecond has room for about a thousand rows of a tenant.
        received_at: hand.now().plus_millis(number as u64),
        payload: payload.to_string().into(),
    }
}

/// Lets workers take what is in the queue until nothing is left.
async fn work_off(world: &World, deliver: &deliver::Function) {
    loop {
        let messages = world.take_deliveries().await;
        if messages.is_empty() {
            return;
        }
        let batches = messages.chunks(10).map(<[DeliveryMessage]>::to_vec);
        stream::iter(batches)
            .for_each_concurrent(WORKERS, async |batch: Vec<DeliveryMessage>| {
                let bodies: Vec<String> = batch
                    .iter()
                    .map(|message| message.to_json().unwrap())
                    .collect();
                assert_eq!(
                    deliver
                        .handle(queue_batch(&bodies))
                        .await
                        .batch_item_failures
                        .len(),
                    0
                );
            })
            .await;
    }
}

/// How often each event reached an endpoint.
fn reached(receiver: &Receiver) -> BTreeMap<u64, usize> {
    let mut reached = BTreeMap::new();
    for request in receiver.requests() {
        *reached
            .entry(request.json()["data"]["n"].as_u64().unwrap())
            .or_insert(0) += 1;
    }
    reached
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_endpoint_that_is_down_slows_no_other_and_loses_nothing() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    hand.set_to(Minute::of(hand.now()).minus(1).start().unwrap());
    world.swept_until(hand.now()).await;
    let receivers: Vec<Receiver> = (0..5).map(|_| Receiver::start()).collect();
    let [.., filtered, down] = &receivers[..] else {
        unreachable!("five")
    };
    down.play(Answer::Hang);
    let mut subscriptions = Vec::new();
    for (number, receiver) in receivers.iter().enumerate() {
        let change = |acme: &mut Subscription| {
            acme.retry_config = RetryConfig {
                max_attempts: 1,
                ..RetryConfig::default()
            };
            if number == 3 {
                acme.filters = Filters {
                    campaigns: vec!["even".to_owned()],
                    ..Filters::default()
                };
            }
        };
        subscriptions.push(
            world
                .subscribe_at(&receiver.url("/"), &[TYPE], change)
                .await,
        );
    }

    // Published and fanned out as the stream does it: ten at a time, some shards at once.
    let events: Vec<Event> = (0..EVENTS).map(|number| published(number, &hand)).collect();
    stream::iter(&events)
        .for_each_concurrent(32, |event| world.keep_event(event))
        .await;
    let log = world.items("events").await;
    assert_eq!(log.len(), EVENTS);
    let fan_out = world.fan_out(&Faults::none());
    stream::iter(log.chunks(10))
        .for_each_concurrent(2, async |batch| {
            assert!(
                fan_out
                    .handle(stream_batch(batch))
                    .await
                    .batch_item_failures
                    .is_empty()
            );
        })
        .await;

    // What the local cloud was too slow for.
    world.process_retries().await;

    let deliver = world.deliver(&Faults::none(), hand.clock());
    work_off(&world, &deliver).await;
    for receiver in &receivers[..3] {
        let reached = reached(receiver);
        let twice = reached.values().filter(|count| **count > 1).count();
        assert_eq!((reached.len(), twice), (EVENTS, 0));
    }
    let even: BTreeSet<u64> = (0..EVENTS as u64)
        .filter(|number| number.is_multiple_of(2))
        .collect();
    assert_eq!(
        reached(filtered).into_keys().collect::<BTreeSet<_>>(),
        even,
        "the filter excludes the others"
    );
    // Its five failures, and what was on its way when the breaker opened.
    let tried = down.requests().len();
    assert!((5..=WORKERS * 10).contains(&tried), "{tried}");

    // It is back: what failed is recovered, what waited comes by itself, once the breaker has seen that.
    down.play(Answer::Status(200));
    let failed = tried;
    let since = hand.now().minus_seconds(1).unwrap();
    let (id, body) = (
        subscriptions[4].id.to_string(),
        json!({ "since": since.to_string() }).to_string(),
    );
    let recover = world
        .webhook_recover(&Faults::none(), Clock::system())
        .await;
    let asked = ask(&recover, &admin("acme"), Method::POST, Some(&id), &body).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let worker = world.recover_deliveries(&Faults::none(), LIMITS);
    for message in world.take_recoveries().await {
        assert_eq!(
            worker
                .handle(queue_batch(&[message]))
                .await
                .batch_item_failures
                .len(),
            0
        );
    }
    tokio::time::timeout(Duration::from_secs(600), async {
        while reached(down).len() < EVENTS {
            // A sweep takes every minute since the one before.
            hand.advance(600);
            world
                .sweep(&Faults::none(), hand.clock())
                .handle(minute())
                .await;
            work_off(&world, &deliver).await;
        }
    })
    .await
    .expect("everything arrives");
    let twice = reached(down).values().filter(|count| **count > 1).count();
    assert_eq!(twice, failed, "only what had failed was posted again");
    let statuses: BTreeSet<_> = world
        .outbound()
        .await
        .iter()
        .map(|delivery| delivery.status.as_str())
        .collect();
    assert_eq!(
        statuses,
        BTreeSet::from([DeliveryStatus::Delivered.as_str()])
    );
}
