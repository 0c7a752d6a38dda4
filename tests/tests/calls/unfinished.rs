//! Calls whose end is not reported: closed when no event of them has come for hours, once, whatever dies;
//! and an end that is reported later is accepted.

use ringpost::domain::{
    call::{Call, CallStatus, ReceivedSpan, outcome::Outcome},
    due::StartWindow,
    key::CallId,
    timestamp::Timestamp,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::stream_batch,
    livekit::{sip_call, unique},
    manual_clock::ManualClock,
    world::{World, deliveries::minute},
};
use serde_json::Value;

const LINE: &str = "+18588796658";
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// A call that goes on: its room was opened, its phone has joined.
async fn going_on(world: &World) -> Vec<Value> {
    world.assign_number(LINE, "acme", "user_acme").await;
    let call = sip_call(&unique(), LINE);
    let ends = |payload: &Value| {
        matches!(
            payload["event"].as_str(),
            Some("participant_left" | "room_finished")
        )
    };
    let (end, begin): (Vec<_>, Vec<_>) = call.into_iter().partition(ends);
    for payload in &begin {
        world.event_log().keep(payload).await;
    }
    world.process_all().await;
    end
}

/// The one call of the world.
async fn call(world: &World) -> Call {
    let items = world.items("calls").await;
    let item = items
        .iter()
        .find(|item| item.contains_key("facts") && !item.contains_key("into"))
        .unwrap();
    let id = CallId::parse(item["id"].as_s().unwrap()).unwrap();
    world
        .call_table()
        .find(id)
        .await
        .unwrap()
        .unwrap()
        .stored
        .call
}

async fn sweep_at(world: &World, hand: &ManualClock, at: Timestamp) {
    hand.set(&at.to_string());
    world
        .sweep(&Faults::none(), hand.clock())
        .handle(minute())
        .await;
    world.process_all().await;
}

fn hand_after(call: &Call, millis: u64) -> (ManualClock, Timestamp) {
    let at = call.received.to.plus_millis(millis);
    (ManualClock::at(&at.to_string()), at)
}

/// When the ten minutes in which the call began are looked at.
fn looked_at(call: &Call) -> Timestamp {
    StartWindow::of("acme", call.created_at)
        .until()
        .plus_millis(4 * HOUR + ReceivedSpan::SLACK_MILLIS)
}

/// Sweeps went on until some time before.
async fn swept_until(world: &World, at: Timestamp) {
    world.swept_until(at.minus_millis(40 * MINUTE)).await;
}

#[tokio::test]
async fn a_call_without_an_end_is_closed_four_hours_after_its_last_event() {
    let world = World::new(None).await;
    going_on(&world).await;
    let begun = call(&world).await;
    assert_eq!(begun.status(), CallStatus::Active);
    let (hand, early) = hand_after(&begun, 4 * HOUR - 20 * MINUTE);
    swept_until(&world, early).await;
    sweep_at(&world, &hand, early).await;
    assert_eq!(call(&world).await.status(), CallStatus::Active, "too early");
    sweep_at(
        &world,
        &hand,
        begun.received.to.plus_millis(4 * HOUR + 25 * MINUTE),
    )
    .await;
    let closed = call(&world).await;
    assert_eq!(
        (closed.status(), closed.facts.outcome()),
        (CallStatus::Failed, Some(Outcome::Failed))
    );
    assert_eq!(
        closed.failure_reason(),
        Some("No event reported the end of the call")
    );
    assert_eq!(
        closed.facts.ending().unwrap().reason(),
        Some("NO_TERMINAL_EVENT")
    );
    let rows = world.items("history").await;
    let row = rows
        .iter()
        .find(|row| row["eventType"].as_s().unwrap() == "call.unfinished")
        .unwrap();
    assert!(row["tenantShard"].as_s().unwrap().starts_with("acme#"));
    let announced = world.announced().await;
    let completed = announced
        .iter()
        .filter(|(event_type, _)| event_type == "call.completed")
        .count();
    assert_eq!(completed, 1, "{announced:?}");
}

#[tokio::test]
async fn an_end_that_is_reported_later_is_accepted_and_announced_as_a_correction() {
    let world = World::new(None).await;
    let end = going_on(&world).await;
    let (hand, late) = hand_after(&call(&world).await, 4 * HOUR + 25 * MINUTE);
    swept_until(&world, late).await;
    sweep_at(&world, &hand, late).await;
    assert_eq!(call(&world).await.status(), CallStatus::Failed);
    for payload in &end {
        world.event_log().keep(payload).await;
    }
    world.process_all().await;
    let corrected = call(&world).await;
    assert_eq!(
        (corrected.status(), corrected.facts.outcome()),
        (CallStatus::Ended, Some(Outcome::Completed))
    );
    assert_eq!(
        (corrected.failure_reason(), corrected.updates.is_empty()),
        (None, false)
    );
}

#[tokio::test]
async fn a_call_that_was_heard_of_since_or_has_ended_is_not_closed() {
    let world = World::new(None).await;
    going_on(&world).await;
    let begun = call(&world).await;
    let (hand, due) = hand_after(&begun, 4 * HOUR + 25 * MINUTE);
    // Two hours later an event of the call was received.
    let mut heard = begun.clone();
    heard.received.to = begun.received.to.plus_millis(2 * HOUR);
    let stored = world
        .call_table()
        .find(begun.id)
        .await
        .unwrap()
        .unwrap()
        .stored;
    world.call_table().replace(&stored, &heard).await.unwrap();
    swept_until(&world, due).await;
    sweep_at(&world, &hand, due).await;
    assert_eq!(
        call(&world).await.status(),
        CallStatus::Active,
        "it is looked at again later"
    );
    sweep_at(
        &world,
        &hand,
        begun.received.to.plus_millis(6 * HOUR + 15 * MINUTE),
    )
    .await;
    assert_eq!(call(&world).await.status(), CallStatus::Failed);

    let own = World::new(None).await;
    let own_end = going_on(&own).await;
    for payload in &own_end {
        own.event_log().keep(payload).await;
    }
    own.process_all().await;
    let (hand, due) = hand_after(&call(&own).await, 4 * HOUR + 25 * MINUTE);
    swept_until(&own, due).await;
    sweep_at(&own, &hand, due).await;
    let types = own.items("events").await;
    assert!(
        types
            .iter()
            .all(|event| event["eventType"].as_s().unwrap() != "call.unfinished")
    );
}

#[tokio::test]
async fn a_sweep_killed_at_any_request_closes_the_call_once() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(None).await;
            going_on(&world).await;
            let due = looked_at(&call(&world).await).plus_millis(MINUTE);
            let hand = ManualClock::at(&due.to_string());
            world.swept_until(due.minus_millis(2 * MINUTE)).await;
            let faults = Faults::death_at(number, cut);
            world.sweep(&faults, hand.clock()).handle(minute()).await;
            let struck = faults.struck();
            sweep_at(&world, &hand, due).await;
            sweep_at(&world, &hand, due.plus_millis(6 * MINUTE)).await;
            let log = world.items("events").await;
            let closing = log
                .iter()
                .filter(|event| event["eventType"].as_s().unwrap() == "call.unfinished");
            assert_eq!(closing.count(), 1, "request {number}, cut {cut:?}");
            assert_eq!(
                call(&world).await.status(),
                CallStatus::Failed,
                "request {number}, cut {cut:?}"
            );
            if !struck {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_process_files_a_tenants_ten_minutes_once() {
    let world = World::new(None).await;
    going_on(&world).await;
    let log = world.items("events").await;
    let faults = Faults::none();
    let worker = world.fan_out(&faults);
    worker.handle(stream_batch(&log)).await;
    let first = faults.requests();
    worker.handle(stream_batch(&log)).await;
    assert_eq!(
        faults.requests() - first,
        first - 1,
        "the entry is filed by the first batch alone"
    );
    let due = world.items("due").await;
    let filed = due.iter().filter(|item| {
        item.get("kind")
            .is_some_and(|kind| kind.as_s().unwrap() == "begun")
    });
    assert_eq!(filed.count(), 1);
}
