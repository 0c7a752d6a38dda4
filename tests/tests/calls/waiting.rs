//! Many events wait for the owner of their call: each is queued when the owner arrives, by few requests,
//! and the list of them stays bounded.

use std::collections::BTreeSet;

use futures::future::join_all;
use ringpost::{
    domain::{
        call::{Absorption, Call, owner::Owner, waiting::Waiting},
        key::{CallKey, EventKey},
    },
    providers,
    queue::fan_out_retry::FanOutMessage,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::stream_batch,
    livekit::{sip_call, unique},
    world::World,
};
use serde_json::{Value, json};

const LINE: &str = "+18588796658";

/// A world in which events of one call wait for an owner; the log holds the events that name it.
async fn waiting_world(keys: impl Iterator<Item = EventKey>) -> World {
    let world = World::new(None).await;
    world.assign_number(LINE, "acme", "user_acme").await;
    let payloads = sip_call(&unique(), LINE);
    let (nameless, named): (Vec<_>, Vec<_>) = payloads
        .iter()
        .partition(|payload| payload["participant"]["attributes"].is_null());
    let first = world.event_log().keep(&under_no_number(nameless[0])).await;
    let update = providers::read_update(&world.event(first.as_str()).await).unwrap();
    let mut call = Call::begin(&update, None);
    call.waiting = keys.collect();
    world.call_table().create(&call).await.unwrap();
    world.forget_event(first.as_str()).await;
    for payload in named {
        world.event_log().keep(payload).await;
    }
    world
}

fn under_no_number(payload: &Value) -> Value {
    let mut payload = payload.clone();
    payload["room"]["name"] = json!("nameless");
    payload
}

fn keys(count: usize) -> impl Iterator<Item = EventKey> {
    (0..count).map(|number| EventKey::of("livekit", &format!("EV_{number:05}")))
}

async fn queued(world: &World) -> Vec<EventKey> {
    let read = |body: &String| {
        let FanOutMessage::V1 { event_key } = serde_json::from_str(body).unwrap();
        event_key
    };
    world.take_retries().await.iter().map(read).collect()
}

async fn still_waits(world: &World) -> bool {
    world
        .calls()
        .await
        .iter()
        .any(|call| call.contains_key("waiting"))
}

#[tokio::test]
async fn fifteen_hundred_events_are_each_queued_once_ten_by_a_request() {
    let world = waiting_world(keys(1_500)).await;
    let log = world.items("events").await;
    let faults = Faults::none();
    let worker = world.fan_out(&faults);
    for _ in 0..20 {
        if !still_waits(&world).await && faults.requests() > 0 {
            break;
        }
        // One event at a time, as the queue would give them out.
        let processed = worker.handle(stream_batch(log.iter().take(1))).await;
        assert!(processed.batch_item_failures.is_empty());
    }
    let queued = queued(&world).await;
    let distinct: BTreeSet<_> = queued.iter().cloned().collect();
    assert_eq!((queued.len(), distinct), (1_500, keys(1_500).collect()));
    // 150 requests queue them; 15 parts are forgotten by a read and a write each.
    assert!(faults.requests() < 260, "{} requests", faults.requests());
}

#[tokio::test]
async fn workers_that_release_the_same_list_at_once_queue_everything_and_little_twice() {
    let world = waiting_world(keys(600)).await;
    let log = world.items("events").await;
    let workers: Vec<_> = log.iter().map(|_| world.fan_out(&Faults::none())).collect();
    while still_waits(&world).await {
        let batches = workers
            .iter()
            .zip(&log)
            .map(|(worker, event)| worker.handle(stream_batch([event])));
        assert!(
            join_all(batches)
                .await
                .iter()
                .all(|answer| answer.batch_item_failures.is_empty())
        );
    }
    let queued = queued(&world).await;
    assert_eq!(
        queued.iter().cloned().collect::<BTreeSet<_>>(),
        keys(600).collect()
    );
    assert!(
        queued.len() <= 600 * workers.len(),
        "{} messages by {} workers",
        queued.len(),
        workers.len()
    );
}

#[tokio::test]
async fn a_list_at_its_bound_fits_into_the_item_and_an_event_beyond_it_is_kept_in_the_log() {
    let full: Waiting = keys(30_000).collect();
    let world = World::new(None).await;
    let payload = under_no_number(&sip_call(&unique(), LINE)[0]);
    let key = world.event_log().keep(&payload).await;
    let update = providers::read_update(&world.event(key.as_str()).await).unwrap();
    let mut call = Call::begin(&update, None);
    call.waiting = full.clone();
    world.call_table().create(&call).await.unwrap();
    world.process_all().await;
    let stored = world
        .call_table()
        .find(call.id)
        .await
        .unwrap()
        .unwrap()
        .stored
        .call;
    assert_eq!(
        stored.waiting, full,
        "no room is made by forgetting another"
    );
    assert_eq!(world.items("events").await.len(), 1);
    assert_eq!(world.items("history").await.len(), 0);
}

#[tokio::test]
async fn a_full_record_takes_no_more_and_holds_nothing_up() {
    let world = World::new(None).await;
    world.assign_number(LINE, "acme", "user_acme").await;
    let payloads = sip_call(&unique(), LINE);
    let first = world.event_log().keep(&payloads[0]).await;
    let update = providers::read_update(&world.event(first.as_str()).await).unwrap();
    let mut call = Call::begin(&update, Some(&Owner::tenant("acme")));
    for number in 0.. {
        let by = EventKey::of("livekit", &format!("EV_{number:05}"));
        let record = CallKey::RoomSid(format!("RM_{number}")).call_id();
        call.absorbed.insert(
            record,
            Absorption {
                by,
                both_ended: false,
            },
        );
        if number % 10 == 0 && serde_json::to_string(&call.absorbed).unwrap().len() > 379_000 {
            break;
        }
    }
    world.call_table().create(&call).await.unwrap();
    for payload in &payloads[1..] {
        world.event_log().keep(payload).await;
    }
    world.process_all().await;
    let stored = world
        .call_table()
        .find(call.id)
        .await
        .unwrap()
        .unwrap()
        .stored
        .call;
    assert!(
        stored.facts.legs.is_empty(),
        "what does not fit is not in it"
    );
    assert_eq!(
        queued(&world).await.len(),
        0,
        "and nothing is tried again for it"
    );
    assert_eq!(
        world.items("history").await.len(),
        payloads.len(),
        "every event is in the history"
    );
}
