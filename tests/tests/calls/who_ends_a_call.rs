//! Each sequence of docs/who-ends-a-call.md, event by event as it happens, on the local stack: what the
//! records show, and what a customer receives. `--nocapture` prints it.

#![expect(
    clippy::print_stdout,
    reason = "it shows every sequence to who asks for it"
)]

#[path = "../../../lib/tests/suite/support/room.rs"]
mod room;

use std::collections::HashSet;

use bytes::Bytes;
use ringpost::{
    domain::{
        call::Call, event::Event, event_type, key::CallId, subscription::Filters,
        timestamp::Timestamp,
    },
    providers::{elevenlabs::PostCall, livekit::LiveKitEvent, signalwire},
    store::Item,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::stream_batch,
    world::{World, publishing::posted},
};
use serde_json::{Value, json};

use room::{CREATED, Room, agent, caller, dialled, web};

const LINE: &str = "+18588796658";

/// When an event is received: a moment after it happened.
fn received(second: i64, place: usize) -> Timestamp {
    Timestamp::from_millis((CREATED + second) * 1_000 + i64::try_from(place).unwrap()).unwrap()
}

fn livekit(room: &Room) -> Vec<Event> {
    let event = |(place, body): (usize, &Value)| {
        let bytes = Bytes::from(body.to_string());
        let read = LiveKitEvent::parse(&bytes, received(0, place)).unwrap();
        let second = read.created_at.as_seconds() - CREATED;
        read.event(bytes, received(second, place))
    };
    room.events.iter().enumerate().map(event).collect()
}

fn carrier(sid: &str, status: &str, second: i64, more: &str) -> Event {
    let at = CREATED + second;
    let body = format!("AccountSid=x&CallSid={sid}&CallStatus={status}&Timestamp={at}{more}");
    signalwire::event(&body.into(), received(second, 50)).unwrap()
}

const OUT: &str = "&Direction=outbound-api&From=%2B18588796658&To=%2B15105550999";
const IN: &str = "&Direction=inbound&From=%2B15105550100&To=%2B18588796658";

fn conversation(id: &str, seconds: u64, reported_at: i64) -> Event {
    let body = json!({
        "type": "post_call_transcription", "event_timestamp": CREATED + reported_at,
        "data": {
            "agent_id": "agent_1", "conversation_id": id, "status": "done",
            "transcript": [{ "role": "agent", "message": "Hi" }],
            "metadata": {
                "start_time_unix_secs": CREATED + 2, "call_duration_secs": seconds,
                "phone_call": { "type": "twilio", "direction": "inbound", "agent_number": LINE,
                    "external_number": "+15105550100", "call_sid": "CA1" }
            }
        }
    });
    let bytes = Bytes::from(body.to_string());
    PostCall::parse(&bytes)
        .unwrap()
        .event(&bytes, received(reported_at, 60))
}

/// What a customer who subscribed to everything received about the ends of calls and about transfers, and the
/// calls as they stand, both as lines.
struct ReceivedSpan {
    reported: Vec<String>,
    calls: Vec<String>,
}

fn line(call: &Call) -> String {
    let legs: Vec<String> = call
        .facts
        .legs()
        .iter()
        .map(|leg| {
            let outcome = serde_json::to_value(leg.outcome).unwrap();
            format!(
                "{} {}",
                serde_json::to_value(leg.role).unwrap().as_str().unwrap(),
                outcome.as_str().unwrap_or("?")
            )
        })
        .collect();
    let outcome = call.facts.outcome().map_or("-", |outcome| outcome.as_str());
    let seconds = call
        .duration_seconds()
        .map_or("-".to_owned(), |seconds| seconds.to_string());
    format!(
        "{} {outcome} {seconds} [{}]",
        call.status().as_str(),
        legs.join(", ")
    )
}

/// Lets everything happen, one event after another in the order of their receipt.
async fn happens(name: &str, mut events: Vec<Event>) -> ReceivedSpan {
    let world = World::new(None).await;
    world.assign_line(LINE, "acme", None).await;
    let types = [
        "call.completed",
        event_type::UPDATED,
        "call.merged",
        "transfer.initiated",
        "transfer.completed",
    ];
    world.subscribe("acme", &types, Filters::default()).await;
    events.sort_by_key(|event| event.received_at);
    println!("\n{name}");
    let (mut known, mut reported, mut calls) = (HashSet::new(), Vec::new(), Vec::new());
    for event in &events {
        world.keep_event(event).await;
        world.process_all().await;
        calls.clear();
        for item in world.calls().await {
            let id = CallId::parse(item["id"].as_s().unwrap()).unwrap();
            calls.push(line(
                &world.call_table().find(id).await.unwrap().unwrap().whole(),
            ));
        }
        calls.sort();
        let mut fresh = Vec::new();
        for delivery in world.outbound().await {
            if known.insert(delivery.message_id.clone()) {
                let data = posted(&delivery)["data"].clone();
                let word = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
                fresh.push(match delivery.event_type.as_str() {
                    name if name.starts_with("transfer.") => {
                        format!("{name} {}", word(&data["transfer"]["outcome"]))
                    }
                    "call.merged" => "call.merged".to_owned(),
                    name => {
                        let previous = data
                            .get("previous")
                            .map_or(String::new(), |was| format!(" was {was}"));
                        format!(
                            "{name} {} {}{previous}",
                            word(&data["outcome"]),
                            word(&data["duration"])
                        )
                    }
                });
            }
        }
        fresh.sort();
        let second = event.occurred_at.as_seconds() - CREATED;
        println!(
            "{second:>5} s  {:<30} {}",
            event.event_type,
            calls.join(" | ")
        );
        fresh
            .iter()
            .for_each(|reported| println!("{:>8} → {reported}", ""));
        reported.extend(fresh);
    }
    world.process_all().await;
    assert_eq!(
        world.outbound().await.len(),
        reported.len(),
        "processing the events again announces nothing new"
    );
    ReceivedSpan { reported, calls }
}

#[tokio::test]
async fn a_second_number_that_declines() {
    let mut room = Room::new("RM_1");
    room.joined(1, dialled("A", "active"));
    room.joined(30, dialled("B", "dialing"));
    room.left(40, dialled("B", "ringing"), "USER_REJECTED");
    room.left(100, dialled("A", "hangup"), "CLIENT_INITIATED");
    room.finished(120);
    let seen = happens("outbound, a colleague declines", livekit(&room)).await;
    let transfer = ["transfer.initiated null", "transfer.completed declined"];
    assert_eq!(
        seen.reported,
        [&transfer[..], &["call.completed completed 100"]].concat()
    );
    assert_eq!(
        seen.calls,
        ["ended completed 100 [callee connected, colleague declined]"]
    );
}

#[tokio::test]
async fn a_first_number_that_is_busy_before_a_second_answers() {
    let mut room = Room::new("RM_1");
    room.joined(1, agent());
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.joined(25, dialled("B", "active"));
    room.left(100, dialled("B", "hangup"), "CLIENT_INITIATED");
    room.left(101, agent(), "CLIENT_INITIATED");
    room.finished(120);
    let seen = happens("outbound, the agent dials again", livekit(&room)).await;
    assert_eq!(seen.reported, ["call.completed completed 100"]);
    let mut room = Room::new("RM_2");
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.joined(25, dialled("B", "active"));
    room.left(100, dialled("B", "hangup"), "CLIENT_INITIATED");
    let seen = happens("the same, and no agent is known", livekit(&room)).await;
    let expected = [
        "call.completed busy 20",
        r#"call.updated null null was {"duration":20,"outcome":"busy","status":"completed"}"#,
        r#"call.updated completed 100 was {"duration":null,"outcome":null,"status":"answered"}"#,
    ];
    assert_eq!(seen.reported, expected);
}

#[tokio::test]
async fn an_aborted_attempt_of_a_web_user_and_a_reload() {
    let mut room = Room::new("sip-8588796658__1__x");
    room.aborted(2, web("user"), "JOIN_FAILURE");
    room.joined(4, web("user"));
    room.joined(30, web("user"));
    room.left(31, web("user"), "DUPLICATE_IDENTITY");
    room.left(604, web("user"), "CLIENT_INITIATED");
    room.finished(620);
    for event in &mut room.events {
        event["room"]["name"] = json!("sip-8588796658__1__x");
    }
    let seen = happens("web, aborted, reloaded", livekit(&room)).await;
    assert_eq!(seen.reported, ["call.completed completed 604"]);
}

#[tokio::test]
async fn a_colleague_who_is_busy_and_his_carrier() {
    let mut colleague = dialled("B", "dialing");
    colleague["attributes"]["sip.twilio.callSid"] = json!("CAb");
    let mut room = Room::new("RM_1");
    room.joined(1, caller("A"));
    room.joined(60, colleague.clone());
    room.left(70, colleague, "USER_REJECTED");
    room.left(240, caller("A"), "CLIENT_INITIATED");
    room.finished(260);
    let mut events = livekit(&room);
    events.push(carrier("CAb", "busy", 75, OUT));
    let seen = happens(
        "inbound, a colleague is busy, his carrier reports him",
        events,
    )
    .await;
    let expected = [
        "transfer.initiated null",
        "transfer.completed declined",
        // The colleague's leg is a call of its own.
        "call.completed busy null",
        "call.completed completed 240",
    ];
    assert_eq!(seen.reported, expected);
    let calls = [
        "ended busy - [callee busy]",
        "ended completed 240 [caller connected, colleague declined]",
    ];
    assert_eq!(seen.calls, calls);
}

#[tokio::test]
async fn a_warm_transfer_is_two_calls_in_two_rooms() {
    let mut main = Room::new("RM_1");
    main.joined(1, caller("A"));
    let mut consult = Room::new("RM_2");
    consult.joined(62, dialled("B", "active"));
    consult.left(90, dialled("B", "hangup"), "CLIENT_INITIATED");
    consult.finished(91);
    main.joined(92, dialled("B", "active"));
    main.left(240, caller("A"), "CLIENT_INITIATED");
    main.left(241, dialled("B", "hangup"), "CLIENT_INITIATED");
    main.finished(260);
    let events = [livekit(&main), livekit(&consult)].concat();
    let seen = happens("warm transfer: consultation, then moved", events).await;
    let expected = [
        "call.completed completed 90",
        "transfer.completed connected",
        "transfer.initiated connected",
        "call.completed completed 240",
    ];
    assert_eq!(seen.reported, expected);
    assert_eq!(seen.calls.len(), 2, "{:?}", seen.calls);
    assert_eq!(
        seen.calls[0],
        "ended completed 240 [caller connected, colleague connected]"
    );
}

#[tokio::test]
async fn a_conversation_that_hands_over() {
    let events = vec![
        carrier("CA1", "in-progress", 2, IN),
        conversation("conv_1", 62, 80),
        carrier("CA1", "completed", 602, &format!("&CallDuration=600{IN}")),
    ];
    let seen = happens("ElevenLabs hands over, the carrier's call goes on", events).await;
    assert_eq!(seen.reported, ["call.completed completed 600"]);
    assert_eq!(seen.calls, ["ended completed 600 [caller connected]"]);
}

#[tokio::test]
async fn two_conversations_of_one_call() {
    let events = vec![
        conversation("conv_blank", 3, 70),
        conversation("conv_real", 62, 80),
    ];
    let seen = happens("a blank conversation is reported first", events).await;
    let expected = [
        "call.completed no_answer 3",
        r#"call.updated completed 62 was {"duration":3,"outcome":"no_answer"}"#,
    ];
    assert_eq!(seen.reported, expected);
}

#[tokio::test]
async fn a_room_without_participants() {
    let mut room = Room::new("RM_1");
    room.joined(1, agent());
    room.left(40, agent(), "CLIENT_INITIATED");
    room.finished(60);
    for event in &mut room.events {
        event["room"]["name"] = json!("sip-8588796658__1__y");
    }
    let seen = happens("only the agent was there", livekit(&room)).await;
    assert_eq!(seen.reported, ["call.completed no_answer 60"]);
}

#[tokio::test]
async fn a_leg_that_the_carrier_dials_for_another() {
    let child = "&Direction=outbound-dial&ParentCallSid=CA1&From=%2B15105550100&To=%2B18588796658";
    let world = World::new(Some("acme")).await;
    world
        .subscribe(
            "acme",
            &["transfer.initiated", "transfer.completed"],
            Filters::default(),
        )
        .await;
    for (status, second) in [
        ("initiated", 60),
        ("ringing", 61),
        ("in-progress", 65),
        ("completed", 90),
    ] {
        world
            .keep_event(&carrier("CAchild", status, second, child))
            .await;
        world.process_log().await;
    }
    let reported = world.outbound().await;
    let types: Vec<_> = reported
        .iter()
        .map(|delivery| delivery.event_type.as_str())
        .collect();
    assert_eq!(
        types,
        ["transfer.completed", "transfer.initiated"],
        "each once"
    );
    assert_eq!(
        posted(&reported[0])["data"]["transfer"]["outcome"],
        "connected"
    );
}

#[tokio::test]
async fn the_default_tenant_waits_until_a_participant_comes() {
    let world = World::new(Some("demo")).await;
    world.assign_line(LINE, "acme", None).await;
    let mut room = Room::new("RM_1");
    room.joined(1, agent());
    room.joined(2, caller("A"));
    let events = livekit(&room);
    for event in &events[..2] {
        world.keep_event(event).await;
    }
    world.process_all().await;
    assert!(
        world.items("history").await.is_empty(),
        "no report has named an owner yet"
    );
    world.keep_event(&events[2]).await;
    world.process_all().await;
    let rows = world.items("history").await;
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter()
            .all(|row| row["tenantShard"].as_s().unwrap().starts_with("acme#")),
        "{rows:?}"
    );
    // If no report names an owner, the call is the default tenant's as soon as a participant is there.
    let mut alone = Room::new("RM_2");
    alone.joined(1, web("user"));
    for event in livekit(&alone) {
        world.keep_event(&event).await;
    }
    world.process_all().await;
    let rows = world.items("history").await;
    let of_demo = rows
        .iter()
        .filter(|row| row["tenantShard"].as_s().unwrap().starts_with("demo#"))
        .count();
    assert_eq!((rows.len(), of_demo), (5, 2));
    // And one whose owner the directory knows is never swallowed by it, even if it came first.
    alone.joined(5, caller("C"));
    world.keep_event(&livekit(&alone)[2]).await;
    world.process_all().await;
    let owners: Vec<_> = world
        .calls()
        .await
        .iter()
        .map(|call| call["owner"].as_s().unwrap().clone())
        .collect();
    assert_eq!(
        owners.iter().filter(|owner| owner.contains("acme")).count(),
        2,
        "{owners:?}"
    );
}

#[tokio::test]
async fn deliveries_of_an_end_are_queued_though_the_call_went_on_before_the_repetition() {
    let mut room = Room::new("RM_1");
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.joined(25, dialled("B", "active"));
    let events = livekit(&room);
    for number in 0.. {
        let world = World::new(None).await;
        world.assign_line(LINE, "acme", None).await;
        let busy = Filters {
            outcomes: vec!["busy".to_owned()],
            ..Filters::default()
        };
        world.subscribe("acme", &["call.completed"], busy).await;
        for event in &events[..2] {
            world.keep_event(event).await;
        }
        world.process_all().await;
        world.keep_event(&events[2]).await;
        let faults = Faults::death_at(number, Cut::Before);
        let left = of_event(&world, &events[2]).await;
        world.fan_out(&faults).handle(stream_batch([&left])).await;
        if !faults.struck() {
            assert!(number > 5, "an event costs more than {number} requests");
            return;
        }
        // Now the call goes on, and the filter refuses it.
        world.keep_event(&events[3]).await;
        let joined = of_event(&world, &events[3]).await;
        let worker = world.fan_out(&Faults::none());
        worker.handle(stream_batch([&joined])).await;
        world.process_all().await;
        let queued = world.take_deliveries().await;
        let queued: HashSet<u64> = queued.iter().map(|message| message.delivery().id).collect();
        for delivery in world.outbound().await {
            assert!(
                queued.contains(&delivery.at.id),
                "request {number}: {delivery:?} was recorded and never queued"
            );
        }
    }
}

/// The item of an event in the log.
async fn of_event(world: &World, event: &Event) -> Item {
    let log = world.items("events").await;
    let is_its = |item: &Item| item["key"].as_s().unwrap() == event.key.as_str();
    log.into_iter().find(is_its).unwrap()
}
