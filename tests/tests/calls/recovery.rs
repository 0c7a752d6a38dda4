//! What is left when processes die and connections break: the same as when they do not. Real tables,
//! a real queue, and requests that are cut off before they are sent or after they took effect.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures::future::join_all;
use ringpost::domain::key::EventKey;
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, queue_batch, stream_batch, webhook},
    livekit::{sample, sip_call, unique},
    stack::{eventually, stack},
    world::{Items, World},
};
use serde_json::{Value, json};

const LINE: &str = "+18588796658";
/// What depends on how often and in which order a call was written, and on the clock.
const BOOKKEEPING: [&str; 6] = [
    "version",
    "createdAt",
    "updatedAt",
    "id",
    "expiresAt",
    "seenTo",
];

async fn deliver(world: &World, faults: &Faults, payload: &Value) -> u16 {
    let endpoint = world.call_completed(faults).await;
    invoke(&endpoint, webhook(payload.to_string().as_bytes()))
        .await
        .status
}

/// A world whose log holds these events, none of them processed.
async fn logged(payloads: &[Value], default_tenant: Option<&'static str>) -> World {
    let world = World::new(default_tenant).await;
    let log = world.event_log();
    for payload in payloads {
        log.keep(payload).await;
    }
    world
}

#[tokio::test]
async fn a_lost_answer_is_not_taken_for_a_repetition() {
    let world = World::new(Some("demo")).await;
    let (payload, faults) = (sample(&unique()), Faults::once("PutItem", Cut::After));
    let endpoint = world.call_completed(&faults).await;
    let answer = invoke(&endpoint, webhook(payload.to_string().as_bytes())).await;
    assert_eq!(
        answer.body["message"],
        "Event processed successfully. Outcome: completed"
    );
    let again = invoke(&endpoint, webhook(payload.to_string().as_bytes())).await;
    assert_eq!(
        again.body["message"],
        "Event already processed (idempotency)"
    );
}

#[tokio::test]
async fn when_the_database_fails_the_provider_is_asked_to_send_again_and_succeeds() {
    for number in 0..3 {
        for cut in [Cut::Before, Cut::After] {
            let (world, payload) = (World::new(Some("demo")).await, sample(&unique()));
            let faults = Faults::death_at(number, cut);
            let endpoint = world.call_completed(&faults).await;
            let failed = invoke(&endpoint, webhook(payload.to_string().as_bytes())).await;
            assert!(faults.struck());
            let documented = json!({
                "error": "Failed to process webhook event", "message": "Database connection failed",
                "status": 500
            });
            assert_eq!(
                (failed.status, failed.body),
                (500, documented),
                "request {number}, cut {cut:?}"
            );
            assert_eq!(deliver(&world, &Faults::none(), &payload).await, 200);
            world.process_all().await;
            assert_eq!(world.items("events").await.len(), 1);
            assert_eq!(world.items("history").await.len(), 1);
            assert_eq!(
                world.calls().await.len(),
                1,
                "request {number}, cut {cut:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_webhook_costs_three_requests_and_an_ignored_one_costs_one() {
    let world = World::new(Some("demo")).await;
    let (faults, call) = (Faults::none(), sip_call(&unique(), LINE));
    let endpoint = world.call_completed(&faults).await;
    for (name, requests) in [
        ("track_published", 1),
        ("participant_left", 3),
        ("participant_joined", 1),
    ] {
        let payload = call
            .iter()
            .find(|payload| payload["event"] == name)
            .unwrap();
        let before = faults.requests();
        assert_eq!(
            invoke(&endpoint, webhook(payload.to_string().as_bytes()))
                .await
                .status,
            200
        );
        assert_eq!(faults.requests() - before, requests, "{name}");
    }
}

#[tokio::test]
async fn fan_out_killed_at_any_request_and_repeated_leaves_the_same_state() {
    let call = sip_call("killed", LINE);
    let twin = logged(&call, Some("demo")).await;
    twin.assign_number(LINE, "acme", "user_acme").await;
    twin.process_all().await;
    let expected = twin.state(&BOOKKEEPING).await;
    assert!(
        expected.len() > call.len(),
        "a call and a row for every event"
    );

    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = logged(&call, Some("demo")).await;
            world.assign_number(LINE, "acme", "user_acme").await;
            let faults = Faults::death_at(number, cut);
            world
                .fan_out(&faults)
                .handle(stream_batch(&world.items("events").await))
                .await;
            if !faults.struck() {
                assert!(
                    number > call.len() * 3,
                    "every event costs a read, a fold and a row"
                );
                break;
            }
            world.process_all().await;
            assert_eq!(
                world.state(&BOOKKEEPING).await,
                expected,
                "request {number}, cut {cut:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_record_that_fails_goes_to_the_queue_and_holds_up_no_other() {
    let call = sip_call(&unique(), LINE);
    let world = logged(&call, Some("demo")).await;
    let mut batch = stream_batch(&world.items("events").await);
    let spoilt = &mut batch.records[3].change.new_image;
    let key = spoilt.get("key").unwrap().clone();
    *spoilt = HashMap::from([("key".to_owned(), key)]).into();
    let answer = world.fan_out(&Faults::none()).handle(batch).await;
    assert!(answer.batch_item_failures.is_empty());
    // The room's beginning waited as well, until a participant was in the room.
    assert_eq!(world.items("history").await.len(), call.len() - 2);
    world.process_retries().await;
    assert_eq!(world.items("history").await.len(), call.len());
}

#[tokio::test]
async fn when_the_queue_fails_too_lambda_learns_where_to_start_over() {
    let call = sip_call(&unique(), LINE);
    let world = logged(&call, Some("demo")).await;
    let faults = Faults::death_at(0, Cut::Before);
    let answer = world
        .fan_out(&faults)
        .handle(stream_batch(&world.items("events").await))
        .await;
    let failures: Vec<_> = answer
        .batch_item_failures
        .iter()
        .map(|failure| failure.item_identifier.as_deref())
        .collect();
    assert_eq!(failures, [Some("0")]);
    let answer = world
        .fan_out_retry(&faults)
        .handle(queue_batch(&["no message".to_owned()]))
        .await;
    assert_eq!(answer.batch_item_failures.len(), 1);
}

#[tokio::test]
async fn what_fails_in_the_queue_too_waits_longer_each_time() {
    let payload = sample(&unique());
    let world = logged(std::slice::from_ref(&payload), Some("demo")).await;
    let mut worker = world.fan_out_retry(&Faults::none());
    let key = EventKey::of("livekit", payload["id"].as_str().unwrap());
    worker.fan_out.retry.send(&key).await.unwrap();
    worker.events = world
        .fan_out_retry(&Faults::death_at(0, Cut::Before))
        .events;
    let batch = world.receive_retries().await;
    let failures = worker.handle(batch.clone()).await.batch_item_failures;
    assert_eq!(
        Some(&failures[0].item_identifier),
        batch.records[0].message_id.as_ref()
    );
    // It was received for three seconds; were it not put off, it would be visible again after them.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(world.retries_left().await, ("0".to_owned(), "1".to_owned()));
    assert!(
        world
            .fan_out_retry(&Faults::none())
            .handle(batch)
            .await
            .batch_item_failures
            .is_empty()
    );
    assert_eq!(world.items("history").await.len(), 1);
}

#[tokio::test]
async fn shuffled_repeated_and_concurrent_batches_leave_the_same_state() {
    let call = sip_call("shuffled", LINE);
    let twin = logged(&call, Some("demo")).await;
    twin.process_all().await;
    let order_matters_not = [&BOOKKEEPING[..], &["announced"]].concat();
    let expected = twin.state(&order_matters_not).await;

    for round in 0..4 {
        let world = logged(&call, Some("demo")).await;
        let log = world.items("events").await;
        let worker = world.fan_out(&Faults::none());
        // Each of the batches has its own order, and every event is in two of them.
        let batches = (0..4).map(|batch| {
            let shifted =
                (0..log.len()).map(|index| &log[(index * 3 + batch * 2 + round) % log.len()]);
            stream_batch(shifted.take(log.len() / 2).collect::<Vec<_>>())
        });
        let answers = join_all(batches.map(|batch| worker.handle(batch))).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer.batch_item_failures.is_empty())
        );
        world.process_all().await;
        assert_eq!(
            world.state(&order_matters_not).await,
            expected,
            "round {round}"
        );
        let announced = world.announced().await;
        let types: BTreeSet<_> = announced
            .iter()
            .map(|(event_type, _)| event_type.as_str())
            .collect();
        assert_eq!(
            types,
            BTreeSet::from(["call.answered", "call.completed", "call.created"])
        );
        assert_eq!(announced.len(), types.len(), "each type once");
    }
}

#[tokio::test]
async fn events_that_came_before_their_owner_enter_the_history_with_it() {
    let call = sip_call(&unique(), LINE);
    let world = World::new(None).await;
    world.assign_number(LINE, "acme", "user_acme").await;
    let log = world.event_log();
    // The room starts and a track is published before the number is known.
    let (nameless, named): (Vec<_>, Vec<_>) = call
        .iter()
        .partition(|payload| payload["participant"]["attributes"].is_null());
    for payload in &nameless {
        log.keep(&without_number(payload)).await;
    }
    world.process_all().await;
    assert_eq!(
        world.items("history").await.len(),
        0,
        "no tenant may see an event without an owner"
    );
    for payload in &named {
        log.keep(payload).await;
    }
    world.process_all().await;
    let history = world.items("history").await;
    assert_eq!(history.len(), call.len());
    assert!(
        history
            .iter()
            .all(|row| row["tenantShard"].as_s().unwrap().starts_with("acme#"))
    );
    assert!(
        world
            .calls()
            .await
            .iter()
            .all(|call| !call.contains_key("waiting"))
    );
}

/// Under a room's name that has no number.
fn without_number(payload: &Value) -> Value {
    let mut payload = payload.clone();
    if let Some(name) = payload.pointer_mut("/room/name") {
        *name = json!("nameless");
    }
    payload
}

#[tokio::test]
async fn a_room_name_that_is_used_again_is_a_new_call() {
    let world = World::new(Some("demo")).await;
    let log = world.event_log();
    let (first, mut second) = (sample("first"), sample("second"));
    second["room"]["name"] = first["room"]["name"].clone();
    log.keep(&first).await;
    log.keep(&second).await;
    world.process_all().await;
    assert_eq!(world.calls().await.len(), 2);
}

#[tokio::test]
async fn a_webhook_whose_process_died_before_the_call_is_completed_by_the_deployed_fan_out() {
    let (stack, unique) = (stack(), unique());
    let payload = sample(&unique);
    let deployed = World::deployed().await;
    // The event, the look-up, and then the call, which this process does not live to write.
    let faults = Faults::death_at(2, Cut::Before);
    assert_eq!(deliver(&deployed, &faults, &payload).await, 500);
    let call_id = World::call_id(&payload);
    let outcome = eventually("fan-out to complete the call", async || {
        Some(stack.outcome(&call_id, "user_demo").await).filter(|answer| answer.status == 200)
    });
    assert_eq!(outcome.await.body["outcome"], "completed");
}

/// Not a test of Ringpost: the comparison above would notice a difference.
#[tokio::test]
async fn the_state_of_two_different_calls_differs() {
    let state = async |name: &str| -> Items {
        let world = logged(&sip_call(name, LINE), Some("demo")).await;
        world.process_all().await;
        world.state(&BOOKKEEPING).await
    };
    assert_ne!(state("one").await, state("other").await);
}
