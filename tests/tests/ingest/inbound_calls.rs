//! What is recorded of inbound calls: one lead per caller, the end of each call, and the calls of each tenant apart.

use std::time::Duration;

use futures::future::join_all;
use ringpost::domain::directory::{Lead, LeadStatus};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, stream_batch, webhook},
    livekit::{sip_call, unique},
    stack::Answer,
    world::{World, inbound::Health},
};
use serde_json::{Value, json};

use super::inbound::{CALLER, LINE, ask, question, seeded};

async fn tell(world: &World, event: &Value) -> Answer {
    let endpoint = world.livekit_events(&Faults::none()).await;
    invoke(&endpoint, webhook(event.to_string().as_bytes())).await
}

pub(crate) async fn one_lead(world: &World) -> Lead {
    let mut leads = world.leads("acme").await;
    assert_eq!(leads.len(), 1);
    leads.remove(0)
}

#[tokio::test]
async fn twenty_calls_of_one_caller_at_once_are_one_lead() {
    let world = seeded().await;
    let endpoint = world.sip_inbound(Health::Well, Health::Well).await;
    let questions: Vec<_> = (0..20).map(|_| question(&unique()).to_string()).collect();
    let answers = join_all(
        questions
            .iter()
            .map(|body| invoke(&endpoint, webhook(body.as_bytes()))),
    )
    .await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.body["agent_name"] == "spring-agent")
    );
    let log = world.items("events").await;
    assert_eq!(log.len(), 20);
    let worker = world.fan_out(&Faults::none());
    let answers = join_all(log.iter().map(|item| worker.handle(stream_batch([item])))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.batch_item_failures.is_empty())
    );
    assert_eq!(world.calls().await.len(), 20);
    let lead = one_lead(&world).await;
    world.process_log().await;
    assert_eq!(
        one_lead(&world).await,
        lead,
        "processing the events again changes nothing"
    );
    assert!(lead.created_at <= lead.last_call_started_at);
}

#[tokio::test]
async fn a_lead_closes_with_its_last_call_and_not_with_an_older_one() {
    let (world, first, second) = (seeded().await, unique(), unique());
    let ended = |unique: &str| {
        json!({
            "event": "participant_left", "id": format!("EV_{unique}"), "createdAt": "4000000000",
            "room": { "sid": format!("RM_{unique}"), "name": format!("sip-room-{unique}") },
            "participant": {
                "identity": format!("sip_{CALLER}"), "kind": "SIP", "disconnectReason": "CLIENT_INITIATED",
                "attributes": { "sip.callID": format!("SCL_{unique}") }
            }
        })
    };
    for unique in [&first, &second] {
        assert_eq!(ask(&world, &question(unique)).await.status, 200);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.process_log().await;
    let calling = one_lead(&world).await;
    tell(&world, &ended(&first)).await;
    world.process_log().await;
    assert_eq!(one_lead(&world).await, calling, "the newer call goes on");
    tell(&world, &ended(&second)).await;
    world.process_log().await;
    let closed = one_lead(&world).await;
    assert_eq!(
        (closed.status, closed.last_call_at.as_seconds()),
        (LeadStatus::Completed, 4_000_000_000)
    );
    assert_eq!(
        (closed.created_at, closed.name),
        (calling.created_at, calling.name)
    );
    assert_eq!(
        world.calls().await.len(),
        2,
        "question and leaving are one call each"
    );
}

#[tokio::test]
async fn both_spellings_and_flat_bodies_end_the_call() {
    let finished = |unique: &str| {
        [
            json!({ "event": "room_finished", "id": format!("EV_{unique}"), "createdAt": "4000000000",
                "room": { "sid": format!("RM_{unique}"), "name": format!("sip-room-{unique}") } }),
            json!({ "event": "room.finished", "room": { "name": format!("sip-room-{unique}") } }),
            json!({ "event": "room.closed", "room_name": format!("sip-room-{unique}"), "id": 7 }),
            json!({ "event": "participant.left", "room": format!("sip-room-{unique}"),
                "participant_identity": format!("sip_{CALLER}") }),
        ]
    };
    for index in 0..4 {
        let (world, unique) = (seeded().await, unique());
        ask(&world, &question(&unique)).await;
        let event = &finished(&unique)[index];
        let expected = json!({ "success": true, "message": "Webhook received and processed" });
        for _ in 0..2 {
            let answer = tell(&world, event).await;
            assert_eq!(
                (answer.status, answer.body),
                (200, expected.clone()),
                "{event}"
            );
        }
        world.process_log().await;
        assert_eq!(world.items("events").await.len(), 2, "{event}");
        assert_eq!(world.calls().await.len(), 1, "{event}");
        assert_eq!(
            one_lead(&world).await.status,
            LeadStatus::Completed,
            "{event}"
        );
    }
    let world = World::new(None).await;
    for body in [
        json!({ "event": "room.exploded", "room": 5 }),
        json!({ "event": "participant.joined" }),
    ] {
        assert_eq!(tell(&world, &body).await.status, 200, "{body}");
    }
    for (body, field) in [(json!({ "room": {} }), Some("event")), (json!([1]), None)] {
        let answer = tell(&world, &body).await;
        assert_eq!(
            (answer.status, answer.body["field"].as_str()),
            (400, field),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_event_posted_to_both_endpoints_is_one() {
    let (world, call) = (World::new(Some("demo")).await, sip_call(&unique(), LINE));
    let call_completed = world.call_completed(&Faults::none()).await;
    for payload in &call {
        tell(&world, payload).await;
        let answer = invoke(&call_completed, webhook(payload.to_string().as_bytes())).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(world.items("events").await.len(), call.len());
    let finished = json!({ "event": "room_finished", "id": "EV_1", "createdAt": "4000000000", "room_name": "x" });
    let strict = invoke(&call_completed, webhook(finished.to_string().as_bytes())).await;
    assert_eq!(
        (strict.status, &strict.body["details"]),
        (400, &json!("Missing required field: room_name"))
    );
}

#[tokio::test]
async fn a_fixed_room_name_keeps_the_calls_of_two_tenants_and_of_two_callers_apart() {
    let world = seeded().await;
    world.assign_line("+17678189426", "other", None).await;
    for (call, line) in [("SCL_1", LINE), ("SCL_2", "+17678189426"), ("SCL_3", LINE)] {
        let mut asked = question(&unique());
        asked["call_id"] = json!(call);
        asked["to_number"] = json!(line);
        asked["room_name"] = json!("the-same-room");
        assert_eq!(ask(&world, &asked).await.status, 200);
        world.process_log().await;
    }
    let owners: Vec<String> = world
        .calls()
        .await
        .iter()
        .map(|call| call["owner"].as_s().unwrap().clone())
        .collect();
    assert_eq!(owners.len(), 3);
    assert_eq!(
        owners
            .iter()
            .filter(|owner| owner.contains("other"))
            .count(),
        1
    );
    assert_eq!(
        (
            world.leads("acme").await.len(),
            world.leads("other").await.len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn fan_out_killed_at_any_request_and_repeated_leaves_one_lead() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = seeded().await;
            assert_eq!(ask(&world, &question("lead")).await.status, 200);
            let faults = Faults::death_at(number, cut);
            let log = world.items("events").await;
            world.fan_out(&faults).handle(stream_batch(&log)).await;
            world.process_all().await;
            let lead = one_lead(&world).await;
            assert_eq!(
                lead.status,
                LeadStatus::Calling,
                "request {number}, cut {cut:?}"
            );
            if !faults.struck() {
                assert!(number >= 4, "the look-up, the call, the lead and the row");
                break;
            }
        }
    }
}
