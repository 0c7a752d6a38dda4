//! `POST /api/webhooks/signalwire`: the sample events in a world of their own, and the document's
//! example through the deployed stack.

use ringpost::{
    domain::{call::outcome::Outcome, phone::PhoneNumber, timestamp::Timestamp},
    providers::signalwire,
};
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event},
    livekit::unique,
    signalwire::{PATH, callback, form_signature, signed_callback},
    stack::{client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

const LINE: &str = "+18588796658";

fn accepted() -> Value {
    json!({ "success": true, "message": "Webhook received and processed" })
}

fn body_of(sample: &str) -> Value {
    let event: Value = serde_json::from_str(&sample_event(sample)).unwrap();
    serde_json::from_str(event["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn every_sample_is_answered_as_documented_and_kept_once() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.signalwire(&Faults::none(), "").await;
    for _ in 0..2 {
        for name in ["signalwire", "signalwire-form", "signalwire-relay"] {
            let answer = invoke(&endpoint, request(&sample_event(name))).await;
            assert_eq!((answer.status, answer.body), (200, accepted()), "{name}");
        }
    }
    let events = world.items("events").await;
    assert_eq!(events.len(), 3);
    let mut types: Vec<_> = events
        .iter()
        .map(|event| event["eventType"].as_s().unwrap().as_str())
        .collect();
    types.sort_unstable();
    assert_eq!(types, ["call.completed", "call.completed", "call.created"]);
    assert!(
        events
            .iter()
            .all(|event| event["source"].as_s().unwrap() == "signalwire")
    );
}

#[tokio::test]
async fn a_form_and_relay_report_one_call_whose_line_decides_the_owner() {
    let world = World::new(None).await;
    world.assign_number(LINE, "acme", "user_acme").await;
    let endpoint = world.signalwire(&Faults::none(), "").await;
    for name in ["signalwire-form", "signalwire-relay"] {
        invoke(&endpoint, request(&sample_event(name))).await;
    }
    world.process_log().await;
    let facts = world.facts().await;
    assert_eq!(facts.line_number().map(PhoneNumber::as_str), Some(LINE));
    assert_eq!(
        facts.phone_number().map(PhoneNumber::as_str),
        Some("+15105550123")
    );
    assert_eq!(
        (facts.stated_seconds(), facts.reported_verdict()),
        (Some(94), Some(Outcome::Completed))
    );
    let history = world.items("history").await;
    assert_eq!(history.len(), 2);
    assert!(
        history
            .iter()
            .all(|row| row["tenantShard"].as_s().unwrap().starts_with("acme#"))
    );
    let mut announced: Vec<_> = world
        .announced()
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    announced.sort_unstable();
    assert_eq!(
        announced,
        ["call.answered", "call.completed", "call.created"]
    );
}

#[tokio::test]
async fn what_signalwire_did_not_sign_or_another_address_sent_is_refused() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.signalwire(&Faults::none(), "127.0.0.0/8").await;
    let elsewhere = world.signalwire(&Faults::none(), "203.0.113.0/24").await;
    let refused = json!({ "success": false, "message": "Invalid webhook signature" });
    for name in ["signalwire", "signalwire-form", "signalwire-relay"] {
        let sample: Value = serde_json::from_str(&sample_event(name)).unwrap();
        let changed = |pointer: &str, value: Value| {
            let mut event = sample.clone();
            *event.pointer_mut(pointer).unwrap() = value;
            request(&event.to_string())
        };
        let forged = [
            changed("/headers", json!({})),
            changed("/headers/x-signalwire-signature", json!("0".repeat(40))),
            changed("/body", json!("eyJhIjoxfQ==")),
            changed("/rawQueryString", json!("a=b")),
            changed("/requestContext/domainName", json!("example.com")),
        ];
        let spoilt = [
            401,
            if name == "signalwire-form" { 401 } else { 200 },
            401,
            401,
            401,
        ];
        for (index, (request, status)) in forged.into_iter().zip(spoilt).enumerate() {
            let answer = invoke(&endpoint, request).await;
            assert_eq!(answer.status, status, "{name}, {index}");
            assert!(status == 200 || answer.body == refused, "{name}, {index}");
        }
        let foreign = invoke(&elsewhere, request(&sample.to_string())).await;
        assert_eq!((foreign.status, foreign.body), (401, refused.clone()));
    }
    // JSON whose SHA-256 signature is right is accepted whatever stands beside it.
    assert_eq!(world.items("events").await.len(), 2);
}

#[tokio::test]
async fn signed_bodies_that_are_no_callbacks_are_refused_and_unknown_ones_kept() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.signalwire(&Faults::none(), "").await;
    let list = invoke(&endpoint, callback(&json!([1]))).await;
    let message = json!({
        "success": false, "message": "Invalid webhook payload", "details": "Body must be a JSON object"
    });
    assert_eq!((list.status, list.body), (400, message));
    assert_eq!(
        invoke(&endpoint, callback(&json!("text"))).await.status,
        400
    );
    let unknown =
        json!({ "event_type": "calling.call.something_new", "params": {}, "more": [null] });
    let answer = invoke(&endpoint, callback(&unknown)).await;
    assert_eq!((answer.status, answer.body), (200, accepted()));
    let events = world.items("events").await;
    assert_eq!(
        events[0]["eventType"].as_s().unwrap(),
        "calling.call.something_new"
    );
    world.process_log().await;
    assert_eq!(
        (
            world.calls().await.len(),
            world.items("history").await.len()
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn a_callback_costs_one_request_and_a_failed_one_is_sent_again() {
    let world = World::new(Some("demo")).await;
    let faults = Faults::none();
    let endpoint = world.signalwire(&faults, "").await;
    let mut body = body_of("signalwire");
    body["call_id"] = json!(unique());
    let before = faults.requests();
    assert_eq!(invoke(&endpoint, callback(&body)).await.status, 200);
    assert_eq!(faults.requests() - before, 1);
    for cut in [Cut::Before, Cut::After] {
        body["call_id"] = json!(unique());
        let dying = world.signalwire(&Faults::death_at(0, cut), "").await;
        let failed = invoke(&dying, callback(&body)).await;
        assert_eq!(failed.status, 500);
        assert_eq!(
            failed.body,
            json!({ "success": false, "message": "Failed to process webhook event" })
        );
        assert_eq!(invoke(&endpoint, callback(&body)).await.status, 200);
    }
    assert_eq!(world.items("events").await.len(), 3);
}

#[tokio::test]
async fn the_documents_example_is_answered_as_documented_by_the_deployed_stack() {
    let (stack, call_id) = (stack(), unique());
    let mut body = body_of("signalwire");
    body["call_id"] = json!(call_id);
    let body = body.to_string();
    for _ in 0..2 {
        let answer = stack.send(signed_callback(stack, &body)).await;
        assert_eq!((answer.status, answer.body), (200, accepted()));
    }
    let unsigned = stack
        .send(client().post(stack.url(PATH)).body(body.clone()))
        .await;
    assert_eq!(unsigned.status, 401);
    let forged = stack
        .send(signed_callback(stack, &body).body(body.replace("created", "answered")))
        .await;
    assert_eq!(forged.status, 401);
    let key = signalwire::event(&body.into(), Timestamp::EPOCH)
        .unwrap()
        .key;
    let rows = eventually("fan-out to write the history", async || {
        Some(stack.history_rows(key.as_str()).await).filter(|rows| *rows > 0)
    });
    assert_eq!(rows.await, 1);
    assert!(stack.has_event(key.as_str()).await);
}

#[tokio::test]
async fn a_form_reaches_the_deployed_function_byte_for_byte() {
    let (stack, call_id) = (stack(), unique());
    let parameters = [
        ("CallSid", call_id.as_str()),
        ("CallStatus", "busy"),
        ("Direction", "outbound-api"),
        ("From", LINE),
        ("To", "+15105550123"),
        ("CallerName", "Zoë & Søn = 100 %"),
    ];
    let url = stack.url(PATH);
    let signature = form_signature(stack.value("SIGNALWIRE_SIGNING_KEY"), &url, &parameters);
    let form = reqwest::Url::parse_with_params("http://form", parameters).unwrap();
    let body = form.query().unwrap().to_owned();
    let request = client()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-signalwire-signature", signature)
        .body(body);
    let answer = stack.send(request).await;
    assert_eq!((answer.status, answer.body), (200, accepted()));
}
