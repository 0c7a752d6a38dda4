//! Why a call shows what it shows, over the API.

#[path = "../../../lib/tests/suite/support/busy_call.rs"]
mod busy_call;

use std::collections::BTreeSet;

use ringpost::domain::{call::owner::Owner, subscription::Filters, timestamp::Timestamp};
use ringpost_tests::{
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{Answer, client, eventually, stack},
    world::{World, lists::call},
};
use serde_json::{Value, json};

use super::three_providers::{
    one_call::{self, DIALLED, event},
    post,
};
use busy_call::busy_reports;

const SENTENCE: &str = "SignalWire reported busy (rank 3). LiveKit gave no reason.";

fn viewer() -> Value {
    json!({ "sub": "support", "tenant_id": "acme", "role": "viewer" })
}

fn user() -> Value {
    json!({ "sub": "user_acme", "tenant_id": "acme" })
}

async fn explained(world: &World, id: &str, events: usize, claims: &Value) -> Answer {
    let endpoint = world.call_explanation(events).await;
    let mut event: Value = serde_json::from_str(&sample_event("call-explanation")).unwrap();
    event["pathParameters"]["id"] = json!(id);
    event["headers"] = json!({ "host": "127.0.0.1" });
    if !claims.is_null() {
        let token = stack().token(claims.clone());
        event["headers"]["authorization"] = json!(format!("Bearer {token}"));
    }
    invoke(&endpoint, request(&event.to_string())).await
}

/// A world in which three providers reported a busy call, and its subscription. The call's id.
async fn busy_call() -> (World, u64, String) {
    let world = World::new(None).await;
    world
        .assign_number(one_call::LINE, "acme", "user_acme")
        .await;
    let types = ["call.created", "call.completed"];
    let subscription = world.subscribe("acme", &types, Filters::default()).await;
    for (place, report) in (0..).zip(busy_reports("7b")) {
        let received_at = Timestamp::from_seconds(DIALLED + place).unwrap();
        world.keep_event(&event(&report, received_at)).await;
    }
    world.process_all().await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1);
    (world, subscription, calls[0]["id"].as_s().unwrap().clone())
}

fn winner<'a>(answer: &'a Answer, fact: &str) -> &'a Value {
    let claims = answer.body["claims"].as_array().unwrap();
    let mut won = claims
        .iter()
        .filter(|claim| claim["won"] == true && claim["fact"] == fact);
    won.next()
        .unwrap_or_else(|| panic!("no {fact}: {answer:?}"))
}

#[tokio::test]
async fn a_busy_call_of_three_providers_is_explained_with_its_deliveries() {
    let (world, subscription, id) = busy_call().await;
    let answer = explained(&world, &id, 200, &viewer()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = &answer.body;
    assert_eq!(
        (&body["success"], &body["callId"]),
        (&json!(true), &json!(id))
    );
    assert_eq!(
        (&body["status"], &body["outcome"]),
        (&json!("ended"), &json!("busy"))
    );
    assert_eq!(
        (&body["rule"], &body["sentence"]),
        (&json!("verdict"), &json!(SENTENCE))
    );
    // Events of one batch may have made several records, which were united: their events count.
    assert_eq!(body["complete"], true, "{body}");
    assert!(body["absorbed"].is_array());
    let outcome = winner(&answer, "outcome");
    assert_eq!(
        (&outcome["source"], &outcome["value"]),
        (&json!("signalwire"), &json!("busy"))
    );
    // The id leads to the event in the history.
    let history = world.webhook_events(1_000).await;
    let mut detail: Value = serde_json::from_str(&sample_event("webhook-events")).unwrap();
    detail["pathParameters"] = json!({ "id": outcome["eventId"].to_string() });
    detail["headers"] = json!({
        "host": "127.0.0.1", "authorization": format!("Bearer {}", stack().token(viewer()))
    });
    let event = invoke(&history, request(&detail.to_string())).await;
    assert_eq!(event.body["event"]["source"], "signalwire", "{event:?}");
    let announcements = body["announcements"].as_array().unwrap();
    let types: BTreeSet<_> = announcements
        .iter()
        .map(|announcement| announcement["eventType"].as_str().unwrap())
        .collect();
    assert_eq!(types, BTreeSet::from(["call.completed", "call.created"]));
    for announcement in announcements {
        assert!(announcement["announcedBy"].is_u64(), "{announcement}");
        let delivery = &announcement["deliveries"][0];
        assert_eq!(
            (&delivery["status"], &delivery["attempts"]),
            (&json!("pending"), &json!(0))
        );
        assert_eq!(delivery["webhookConfigId"], subscription);
        assert!(delivery["name"].is_string() && delivery["id"].is_u64());
    }
}

#[tokio::test]
async fn a_user_sees_what_was_announced_and_not_to_whom_and_a_stranger_nothing() {
    let (world, _, id) = busy_call().await;
    let answer = explained(&world, &id, 200, &user()).await;
    assert_eq!(
        (answer.status, &answer.body["sentence"]),
        (200, &json!(SENTENCE))
    );
    let announcements = answer.body["announcements"].as_array().unwrap();
    assert!(announcements.len() >= 2);
    assert!(
        announcements
            .iter()
            .all(|announcement| announcement.get("deliveries").is_none())
    );
    let not_found = Answer {
        status: 404,
        body: json!({ "success": false, "message": "Call not found" }),
    };
    let other_tenant = json!({ "sub": "boss", "tenant_id": "other", "role": "admin" });
    let other_user = json!({ "sub": "alice", "tenant_id": "acme" });
    for claims in [other_tenant, other_user] {
        assert_eq!(explained(&world, &id, 200, &claims).await, not_found);
    }
    let unknown = "00000000-0000-5000-8000-000000000000";
    for id in [unknown, "call_log_abc123", ""] {
        assert_eq!(explained(&world, id, 200, &viewer()).await, not_found);
    }
    assert_eq!(explained(&world, &id, 200, &Value::Null).await.status, 401);
}

#[tokio::test]
async fn an_explanation_without_all_events_is_not_complete() {
    let (world, _, id) = busy_call().await;
    let bounded = explained(&world, &id, 3, &viewer()).await;
    assert_eq!(
        (&bounded.body["complete"], &bounded.body["outcome"]),
        (&json!(false), &json!("busy"))
    );
    for item in world.items("events").await {
        world.forget_event(item["key"].as_s().unwrap()).await;
    }
    let expired = explained(&world, &id, 200, &viewer()).await;
    assert_eq!(
        (&expired.body["complete"], &expired.body["claims"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(expired.body["rule"], "verdict");
    assert_eq!(expired.body["sentence"], "A provider reported busy.");
}

#[tokio::test]
async fn a_call_that_no_event_reported_has_no_claims() {
    let world = World::new(None).await;
    let lonely = call(
        "RM_lonely",
        Timestamp::EPOCH.plus_days(20_000),
        &Owner::tenant("acme"),
        <_>::default(),
    );
    world.put_calls(std::slice::from_ref(&lonely)).await;
    let answer = explained(&world, &lonely.id.to_string(), 200, &viewer()).await;
    assert_eq!(
        (&answer.body["rule"], &answer.body["sentence"]),
        (&json!("ongoing"), &json!("The call has not ended."))
    );
    assert_eq!(
        (&answer.body["claims"], answer.body.get("outcome")),
        (&json!([]), None)
    );
}

#[tokio::test]
async fn the_deployed_endpoint_explains_a_call() {
    let (stack, unique) = (stack(), unique());
    let reports = busy_reports(&unique);
    for report in &reports {
        assert_eq!(post(stack, report).await.status, 200);
    }
    let id = World::call_id(&serde_json::from_str(&reports[0].body).unwrap());
    let url = stack.url(&format!("/api/calls/{id}/explanation"));
    let token = stack.value("RINGPOST_TOKEN");
    let explained = eventually("the explanation of the whole call", async || {
        let answer = stack.send(client().get(&url).bearer_auth(token)).await;
        (answer.body["complete"] == true && answer.body["rule"] == "verdict").then_some(answer)
    });
    let explained = explained.await;
    assert_eq!(explained.body["sentence"], SENTENCE);
    assert_eq!(winner(&explained, "outcome")["source"], "signalwire");
}
