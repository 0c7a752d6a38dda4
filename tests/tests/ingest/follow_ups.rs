//! Follow-ups: noted by `fan-out`, announced by `sweep` when they are due, once, whatever dies.

use lambda_http::{Body, Request};
use ringpost::{
    clock::Clock,
    domain::{directory::ApiKey, timestamp::Timestamp},
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::invoke,
    manual_clock::ManualClock,
    world::{World, deliveries::minute},
};
use serde_json::{Value, json};
use uuid::Uuid;

const COMPANY: Uuid = Uuid::from_u128(1);
const KEY: &str = "rpk_own-key-00000000000000000000000000000000000";

async fn world() -> World {
    let world = World::new(None).await;
    let api_key = ApiKey {
        id: Uuid::new_v4(),
        sha256: ApiKey::hash(KEY),
        tenant_id: "acme".to_owned(),
        company_id: COMPANY,
        name: "dialer".to_owned(),
        created_at: Timestamp::EPOCH,
    };
    world.directory().put(&api_key).await.unwrap();
    world
}

/// Submits a call with these fields and processes the log. Returns its id.
async fn capture(world: &World, id: &str, fields: Value) -> String {
    let mut body = fields;
    body["company_id"] = json!(COMPANY);
    body["external_call_id"] = json!(id);
    let mut request = Request::new(Body::Text(body.to_string()));
    request
        .headers_mut()
        .insert("x-api-key", KEY.parse().unwrap());
    let answer = invoke(&world.call_capture(&Faults::none()), request).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    world.process_log().await;
    answer.body["data"]["call_history_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn sweep_at(world: &World, hand: &ManualClock) {
    world
        .sweep(&Faults::none(), hand.clock())
        .handle(minute())
        .await;
}

/// The keys of what was announced.
async fn announced(world: &World) -> Vec<String> {
    let log = world.items("events").await;
    let due = log
        .iter()
        .filter(|event| event["eventType"].as_s().unwrap() == "call.follow_up_due");
    let mut keys: Vec<_> = due
        .map(|event| event["key"].as_s().unwrap().clone())
        .collect();
    keys.sort();
    keys
}

/// What waits, without the watermark.
async fn waiting(world: &World) -> usize {
    let items = world.items("due").await;
    items
        .iter()
        .filter(|item| item.contains_key("reference"))
        .count()
}

fn at_two(automatic: bool) -> Value {
    json!({ "next_follow_up": "2031-11-27", "next_follow_up_time": "14:00:00", "auto_call_followup": automatic })
}

#[tokio::test]
async fn a_follow_up_is_announced_when_it_is_due_and_once() {
    let (world, hand) = (world().await, ManualClock::at("2031-11-27T13:58:00Z"));
    let id = capture(&world, "C-1", at_two(true)).await;
    capture(&world, "C-2", at_two(false)).await;
    capture(&world, "C-3", json!({ "outcome": "follow_up" })).await;
    world.process_log().await;
    assert_eq!(
        waiting(&world).await,
        1,
        "processed twice, noted once; only the automatic one"
    );
    for moment in ["2031-11-27T13:58:00Z", "2031-11-27T13:59:59.999Z"] {
        hand.set(moment);
        sweep_at(&world, &hand).await;
        assert_eq!(announced(&world).await, Vec::<String>::new(), "{moment}");
    }
    let due = Timestamp::parse_rfc3339("2031-11-27T14:00:00Z")
        .unwrap()
        .as_millis();
    for moment in [
        "2031-11-27T14:00:00Z",
        "2031-11-27T14:00:30Z",
        "2031-11-27T14:20:00Z",
    ] {
        hand.set(moment);
        sweep_at(&world, &hand).await;
        assert_eq!(
            announced(&world).await,
            [format!("11wire:acme:follow-up:{id}:{due}")],
            "{moment}"
        );
        assert_eq!(waiting(&world).await, 0);
    }
    world.process_log().await;
    let history = world.items("history").await;
    let row = history
        .iter()
        .find(|row| row["eventType"].as_s().unwrap() == "call.follow_up_due")
        .unwrap();
    assert_eq!(row["callId"].as_s().unwrap(), &id);
    assert!(row["tenantShard"].as_s().unwrap().starts_with("acme#"));
}

#[tokio::test]
async fn a_correction_moves_or_withdraws_it() {
    let (world, hand) = (world().await, ManualClock::at("2031-11-27T14:00:00Z"));
    capture(&world, "moved", at_two(true)).await;
    let later = json!({ "next_follow_up": "2031-11-27", "next_follow_up_time": "14:03:00Z", "auto_call_followup": true });
    let moved = capture(&world, "moved", later).await;
    capture(&world, "withdrawn", at_two(true)).await;
    capture(&world, "withdrawn", json!({ "notes": "no more" })).await;
    capture(&world, "manual", at_two(true)).await;
    capture(&world, "manual", at_two(false)).await;
    sweep_at(&world, &hand).await;
    assert_eq!(announced(&world).await, Vec::<String>::new());
    assert_eq!(
        waiting(&world).await,
        1,
        "what is no longer wanted is dropped"
    );
    hand.set("2031-11-27T14:03:00Z");
    sweep_at(&world, &hand).await;
    let keys = announced(&world).await;
    assert_eq!(keys.len(), 1);
    assert!(keys[0].contains(&moved), "{keys:?}");
}

#[tokio::test]
async fn missed_minutes_are_made_up_for_and_what_is_past_is_announced_at_once() {
    let (world, hand) = (world().await, ManualClock::at("2031-11-27T13:00:00Z"));
    sweep_at(&world, &hand).await;
    capture(&world, "C-1", at_two(true)).await;
    // Seven hours without a sweep: more minutes than one sweep looks through.
    hand.set("2031-11-27T20:00:00Z");
    sweep_at(&world, &hand).await;
    sweep_at(&world, &hand).await;
    assert_eq!(announced(&world).await.len(), 1);

    // The present, for fan-out's clock is the machine's.
    let past = self::world().await;
    capture(
        &past,
        "C-1",
        json!({ "next_follow_up": "2025-11-27", "auto_call_followup": true }),
    )
    .await;
    past.sweep(&Faults::none(), Clock::system())
        .handle(minute())
        .await;
    assert_eq!(announced(&past).await.len(), 1);
}

#[tokio::test]
async fn the_body_says_whom_to_call() {
    let (world, hand) = (world().await, ManualClock::at("2031-11-27T14:00:00Z"));
    let mut fields = at_two(true);
    fields["recipient_number"] = json!("+91 91234 56789");
    fields["lead_id"] = json!("234e5678-e89b-12d3-a456-426614174001");
    let id = capture(&world, "C-1", fields).await;
    sweep_at(&world, &hand).await;
    let log = world.event(&announced(&world).await[0]).await;
    let payload: Value = serde_json::from_slice(&log.payload).unwrap();
    let expected = json!({
        "callId": id, "leadId": "234e5678-e89b-12d3-a456-426614174001", "phoneNumber": "+919123456789",
        "followUpAt": "2031-11-27T14:00:00.000Z", "nextFollowUp": "2031-11-27", "nextFollowUpTime": "14:00:00"
    });
    assert_eq!(payload, expected);
    assert_eq!(log.tenant_id.as_deref(), Some("acme"));
}

#[tokio::test]
async fn a_sweep_killed_at_any_request_and_two_at_once_end_the_same() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let (world, hand) = (world().await, ManualClock::at("2031-11-27T13:59:00Z"));
            for id in ["C-1", "C-2"] {
                capture(&world, id, at_two(true)).await;
            }
            // The watermark is near, so that there are few minutes to read.
            world
                .swept_until(Timestamp::parse_rfc3339("2031-11-27T13:57:00Z").unwrap())
                .await;
            hand.set("2031-11-27T14:00:00Z");
            let faults = Faults::death_at(number, cut);
            world.sweep(&faults, hand.clock()).handle(minute()).await;
            let struck = faults.struck();
            if struck {
                futures::join!(sweep_at(&world, &hand), sweep_at(&world, &hand));
            }
            assert_eq!(
                announced(&world).await.len(),
                2,
                "request {number}, cut {cut:?}"
            );
            assert_eq!(waiting(&world).await, 0, "request {number}, cut {cut:?}");
            if !struck {
                assert!(
                    number >= 8,
                    "a read of each, an event and a removal, and the minutes"
                );
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_dealt_with_is_postponed_and_holds_up_no_other() {
    let (world, hand) = (world().await, ManualClock::at("2031-11-27T14:00:00Z"));
    capture(&world, "C-1", at_two(true)).await;
    let due = Timestamp::parse_rfc3339("2031-11-27T14:00:00Z").unwrap();
    world.file_due("of another version", "x", due, due).await;
    sweep_at(&world, &hand).await;
    assert_eq!(
        (announced(&world).await.len(), waiting(&world).await),
        (1, 1)
    );
    let items = world.items("due").await;
    let entry = items
        .iter()
        .find(|item| item.contains_key("reference"))
        .unwrap();
    assert!(
        entry["slot"]
            .as_s()
            .unwrap()
            .starts_with("2031-11-27T14:05#")
    );
}
