//! `POST /api/webhooks/elevenlabs`: ElevenLabs' post-call webhooks and the Webhook API's events.

use std::fs;

use ringpost::{
    auth::allow_list::AllowList,
    clock::Clock,
    domain::{
        call::{agent_status::StatusWord, outcome::Outcome},
        timestamp::Timestamp,
    },
    ingest::accept::MAX_EVENT_BYTES,
};
use ringpost_tests::{
    elevenlabs::{WEBHOOK_SECRET, post_call_key, signature, webhook, webhook_with},
    faults::Faults,
    lambda::{invoke, request, sample_event},
    livekit::{now_seconds, unique},
    noise,
    stack::{Answer, Stack, client, eventually, root, stack},
    world::World,
};
use serde_json::{Value, json};

fn processed() -> Answer {
    Answer {
        status: 200,
        body: json!({ "success": true, "message": "Webhook received and processed" }),
    }
}

fn sample_body(name: &str) -> Value {
    let event: Value = serde_json::from_str(&sample_event(name)).unwrap();
    serde_json::from_str(event["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn every_sample_is_kept_by_one_request_and_reports_its_call() {
    for name in [
        "elevenlabs",
        "elevenlabs-transcription",
        "elevenlabs-failure",
    ] {
        let (world, faults) = (World::new(Some("demo")).await, Faults::none());
        let endpoint = world.elevenlabs(&faults).await;
        assert_eq!(
            invoke(&endpoint, request(&sample_event(name))).await,
            processed(),
            "{name}"
        );
        assert_eq!(faults.requests(), 1, "{name}");
        assert_eq!(
            invoke(&endpoint, request(&sample_event(name))).await,
            processed(),
            "{name} again"
        );
        assert_eq!(world.items("events").await.len(), 1, "{name}");
        world.process_log().await;
        let facts = world.facts().await;
        let reported = (
            facts.outcome(),
            facts.agent_status.get().map(|status| status.word),
        );
        let expected = match name {
            "elevenlabs-transcription" => (Some(Outcome::Completed), Some(StatusWord::Completed)),
            "elevenlabs-failure" => (Some(Outcome::Busy), Some(StatusWord::InitiationFailed)),
            _ => (None, None),
        };
        assert_eq!(reported, expected, "{name}");
        assert_eq!(world.items("history").await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn every_fixture_is_answered_as_elevenlabs_would_have_it() {
    let mut answered = (0, 0);
    for file in fs::read_dir(root().join("tests/fixtures/elevenlabs")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let fixture: Value = serde_json::from_str(&text).unwrap();
        let world = World::new(None).await;
        let mut endpoint = world.elevenlabs(&Faults::none()).await;
        let now = Timestamp::from_seconds(fixture["verify_at_unix"].as_i64().unwrap()).unwrap();
        endpoint.gate.clock = Clock::new(move || now);
        let secret = fixture["key_material"]["webhook_secret"]
            .as_str()
            .map(str::to_owned);
        endpoint.gate.keys = world.elevenlabs_keys_of(secret).await;
        let body = fixture["body"].as_str().unwrap();
        let mut request = webhook(body.as_bytes());
        match fixture["headers"]["elevenlabs-signature"].as_str() {
            Some(signature) => request = webhook_with(body.as_bytes(), signature),
            None => drop(request.headers_mut().remove("elevenlabs-signature")),
        }
        let (answer, kept) = (invoke(&endpoint, request).await, world.kept_events().await);
        if fixture["expected"].as_str().unwrap().starts_with("accept") {
            assert_eq!(answer, processed(), "{}", fixture["name"]);
            assert_eq!(kept.len(), 1);
            assert_eq!(kept[0].payload, body);
            answered.0 += 1;
        } else {
            assert_eq!(answer.status, 401, "{}", fixture["name"]);
            assert!(kept.is_empty());
            answered.1 += 1;
        }
    }
    assert_eq!(answered, (6, 5));
}

/// A transcription of about five megabytes, which no compression makes small.
fn long_transcription() -> String {
    let mut body = sample_body("elevenlabs-transcription");
    let noise = noise::text(4_800_000);
    let messages = noise.as_bytes().chunks(960).map(String::from_utf8_lossy);
    let turns = messages.enumerate().map(
        |(turn, message)| json!({ "role": "user", "message": message, "time_in_call_secs": turn }),
    );
    body["data"]["transcript"] = turns.collect();
    body.to_string()
}

#[tokio::test]
async fn a_transcription_of_five_megabytes_is_kept_whole() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.elevenlabs(&Faults::none()).await;
    let body = long_transcription();
    assert!(
        (5_000_000..MAX_EVENT_BYTES).contains(&body.len()),
        "{}",
        body.len()
    );
    assert_eq!(
        invoke(&endpoint, webhook(body.as_bytes())).await,
        processed()
    );
    assert!(world.items("chunks").await.len() > 1);
    let kept = world.kept_events().await;
    assert!(kept[0].payload == body, "byte for byte");
    world.process_log().await;
    let facts = world.facts().await;
    assert_eq!(facts.transcript(), Some(&kept[0].key));
    assert_eq!(facts.outcome(), Some(Outcome::Completed));
}

#[tokio::test]
async fn audio_is_kept_if_lambda_can_take_it() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.elevenlabs(&Faults::none()).await;
    let audio = |bytes: usize| {
        let data = json!({ "agent_id": "a", "conversation_id": "conv_1", "full_audio": "A".repeat(bytes) });
        json!({ "type": "post_call_audio", "event_timestamp": 1_767_312_000, "data": data })
            .to_string()
    };
    assert_eq!(
        invoke(&endpoint, webhook(audio(1_000_000).as_bytes())).await,
        processed()
    );
    let refused = invoke(&endpoint, webhook(audio(MAX_EVENT_BYTES).as_bytes())).await;
    assert_eq!(
        (refused.status, &refused.body["success"]),
        (413, &json!(false))
    );
    assert_eq!(world.items("events").await.len(), 1);
}

#[tokio::test]
async fn what_is_forged_stale_or_from_elsewhere_is_refused_and_not_kept() {
    let world = World::new(None).await;
    let mut endpoint = world.elevenlabs(&Faults::none()).await;
    let (body, now) = (sample_body("elevenlabs").to_string(), now_seconds());
    let body = body.as_bytes();
    for signature in [
        signature("wsec_somebody", now, body),
        signature(WEBHOOK_SECRET, now - 1_860, body),
        signature(WEBHOOK_SECRET, now, b"{}"),
        "t=1".to_owned(),
    ] {
        let refused = invoke(&endpoint, webhook_with(body, &signature)).await;
        let answer = json!({ "success": false, "message": "Invalid webhook signature" });
        assert_eq!(
            refused,
            Answer {
                status: 401,
                body: answer
            }
        );
    }
    endpoint.gate.allow_list = AllowList::parse("34.67.146.145,34.59.11.47").unwrap();
    assert_eq!(
        invoke(&endpoint, request(&sample_event("elevenlabs")))
            .await
            .status,
        401
    );
    let from_elevenlabs = sample_event("elevenlabs").replace(
        "\"sourceIp\": \"127.0.0.1\"",
        "\"sourceIp\": \"34.59.11.47\"",
    );
    assert!(world.items("events").await.is_empty());
    assert_eq!(
        invoke(&endpoint, request(&from_elevenlabs)).await,
        processed()
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    let world = World::new(None).await;
    let endpoint = world.elevenlabs(&Faults::none()).await;
    for (body, details, field) in [
        (
            "{}",
            "Missing required field: event_type",
            json!("event_type"),
        ),
        (
            r#"{"type":7}"#,
            "Invalid value of field: event_type",
            json!("event_type"),
        ),
        ("[]", "Body must be a JSON object", Value::Null),
        (
            "{",
            "Body is not valid JSON (line 1, column 1)",
            Value::Null,
        ),
    ] {
        let answer = invoke(&endpoint, webhook(body.as_bytes())).await;
        assert_eq!(
            (answer.status, &answer.body["details"]),
            (400, &json!(details)),
            "{body}"
        );
        assert_eq!(
            (&answer.body["success"], &answer.body["field"]),
            (&json!(false), &field),
            "{body}"
        );
    }
    assert!(world.items("events").await.is_empty());
}

#[tokio::test]
async fn a_call_belongs_to_the_tenant_of_its_agent() {
    let world = World::new(None).await;
    world
        .assign_agent("agent_01jx7n5t2se5xv3m8q9b4c6d7e", "acme", "user_acme")
        .await;
    let endpoint = world.elevenlabs(&Faults::none()).await;
    invoke(
        &endpoint,
        request(&sample_event("elevenlabs-transcription")),
    )
    .await;
    world.process_log().await;
    let history = world.items("history").await;
    assert_eq!(history.len(), 1);
    assert!(
        history[0]["tenantShard"]
            .as_s()
            .unwrap()
            .starts_with("acme")
    );
}

async fn post(stack: &Stack, body: &Value, secret: &str) -> Answer {
    let body = body.to_string();
    let request = client()
        .post(stack.url("/api/webhooks/elevenlabs"))
        .header("Content-Type", "application/json")
        .header(
            "ElevenLabs-Signature",
            signature(secret, now_seconds(), body.as_bytes()),
        )
        .body(body);
    stack.send(request).await
}

#[tokio::test]
async fn the_deployed_function_takes_the_documents_event_and_elevenlabs_own() {
    let (stack, unique) = (stack(), unique());
    let secret = stack.value("ELEVENLABS_WEBHOOK_SECRET");
    let mut documented = sample_body("elevenlabs");
    documented["call_id"] = json!(format!("CA{unique}"));
    let mut transcription = sample_body("elevenlabs-transcription");
    transcription["data"]["conversation_id"] = json!(format!("conv_{unique}"));
    transcription["data"]["metadata"]["phone_call"]["call_sid"] = json!(format!("CA{unique}"));
    for body in [&documented, &transcription] {
        assert_eq!(post(stack, body, "wsec_somebody").await.status, 401);
        assert_eq!(post(stack, body, secret).await, processed());
        assert_eq!(post(stack, body, secret).await, processed(), "again");
        let key = post_call_key(body);
        assert!(stack.has_event(&key).await);
        let in_history = async || (stack.history_rows(&key).await == 1).then_some(());
        eventually("the event in the history", in_history).await;
    }
    let world = World::deployed().await;
    let sid = format!("CA{unique}");
    let calls = world.calls().await;
    let ours = calls
        .iter()
        .filter(|call| call["facts"].as_s().is_ok_and(|facts| facts.contains(&sid)));
    assert_eq!(ours.count(), 1, "both reported one call");
}
