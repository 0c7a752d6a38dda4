//! `POST /api/webhooks/elevenlabs/call-status`: the ElevenLabs call status document.

use ringpost::{auth::allow_list::AllowList, domain::call::agent_status::StatusWord};
use ringpost_functions::{ingest::call_status::Function, runtime::Endpoint};
use ringpost_tests::{
    elevenlabs::{WEBHOOK_SECRET, call_status_key, signature, webhook, webhook_with},
    faults::Faults,
    lambda::{invoke, request, sample_event},
    livekit::{now_seconds, unique},
    stack::{Answer, client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

fn processed() -> Answer {
    Answer {
        status: 200,
        body: json!({ "success": true, "message": "Webhook received and processed" }),
    }
}

/// A sample event, as if it came from this address.
fn from(address: &str, name: &str) -> String {
    let mut event: Value = serde_json::from_str(&sample_event(name)).unwrap();
    event["requestContext"]["http"]["sourceIp"] = json!(address);
    event.to_string()
}

#[tokio::test]
async fn every_sample_is_kept_by_one_request_and_reports_its_call() {
    for (name, word) in [
        ("call-status", StatusWord::Completed),
        ("call-status-failure", StatusWord::NoAnswer),
    ] {
        let (world, faults) = (World::new(Some("demo")).await, Faults::none());
        let endpoint = world.call_status(&faults).await;
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
        let kept = world.kept_events().await;
        assert_eq!(kept.len(), 1, "{name}");
        world.process_log().await;
        let facts = world.facts().await;
        let status = facts.agent_status.get().unwrap();
        assert_eq!((status.word, &status.event), (word, &kept[0].key), "{name}");
        let sent: Value = serde_json::from_str(&sample_event(name)).unwrap();
        assert_eq!(
            kept[0].payload,
            sent["body"].as_str().unwrap(),
            "the raw response can be shown"
        );
    }
}

#[tokio::test]
async fn events_out_of_order_end_in_the_furthest_status() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.call_status(&Faults::none()).await;
    for event_type in [
        "call.ended",
        "call.ringing",
        "call.busy",
        "call.transferred",
        "call.initiated",
    ] {
        let body = json!({ "call_id": "CA1", "event_type": event_type }).to_string();
        assert_eq!(
            invoke(&endpoint, webhook(body.as_bytes())).await,
            processed(),
            "{event_type}"
        );
    }
    world.process_log().await;
    assert_eq!(world.items("history").await.len(), 5);
    let facts = world.facts().await;
    assert_eq!(
        facts.agent_status.get().map(|status| status.word),
        Some(StatusWord::Busy)
    );
    assert_eq!(facts.failure_reason(), Some("Recipient is busy"));
}

#[tokio::test]
async fn a_sender_is_accepted_for_its_address_or_its_signature() {
    let world = World::new(None).await;
    let endpoint = world.call_status(&Faults::none()).await;
    let status = async |event: String| invoke(&endpoint, request(&event)).await.status;
    assert_eq!(
        status(from("203.0.113.9", "call-status")).await,
        401,
        "neither"
    );
    assert_eq!(status(from("nowhere", "call-status")).await, 401, "neither");
    assert!(world.items("events").await.is_empty());
    assert_eq!(
        status(from("203.0.113.9", "call-status-failure")).await,
        200,
        "the signature"
    );
    assert_eq!(
        status(from("127.0.0.1", "call-status")).await,
        200,
        "the address"
    );
    let body = json!({ "call_id": "CA1", "event_type": "call.busy" }).to_string();
    let (body, now) = (body.as_bytes(), now_seconds());
    for signature in [
        signature("wsec_somebody", now, body),
        signature(WEBHOOK_SECRET, now - 1_860, body),
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
    assert_eq!(world.items("events").await.len(), 2);
}

#[tokio::test]
async fn with_neither_list_nor_secret_every_sender_is_refused_and_the_log_says_why() {
    let world = World::new(None).await;
    let mut endpoint = world.call_status(&Faults::none()).await;
    let refusal = async |endpoint: &Function, name: &str| {
        let refused = endpoint
            .handle(request(&sample_event(name)))
            .await
            .unwrap_err();
        (refused.status().as_u16(), refused.cause_chain().unwrap())
    };
    endpoint.gate.0.allow_list = AllowList::default();
    let unsigned = refusal(&endpoint, "call-status").await;
    assert_eq!(
        unsigned,
        (401, "no signature".to_owned()),
        "an empty list admits no sender"
    );
    endpoint.gate.0.keys = world.elevenlabs_keys_of(None).await;
    for name in ["call-status", "call-status-failure"] {
        let (status, cause) = refusal(&endpoint, name).await;
        assert_eq!(status, 401);
        assert!(
            cause.contains("elevenlabs-webhook-secrets nor ElevenLabsStatusAllowList"),
            "{cause}"
        );
    }
    assert!(world.items("events").await.is_empty());
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let world = World::new(None).await;
    let endpoint = world.call_status(&Faults::none()).await;
    for (body, field) in [
        (r#"{"call_id":"x"}"#, json!("event_type")),
        (r#"{"event_type":"call.busy"}"#, json!("call_id")),
        (
            r#"{"event_type":"call.busy","conversation_id":{}}"#,
            json!("conversation_id"),
        ),
        ("call_id=x", Value::Null),
        ("[]", Value::Null),
        ("", Value::Null),
    ] {
        let answer = invoke(&endpoint, webhook(body.as_bytes())).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (400, &json!(false)),
            "{body}"
        );
        assert_eq!(
            (&answer.body["field"], &answer.body["message"]),
            (&field, &json!("Invalid webhook payload"))
        );
    }
    assert!(world.items("events").await.is_empty());
}

#[tokio::test]
async fn the_documents_examples_and_curl_lines_work_without_a_signature() {
    let (stack, unique) = (stack(), unique());
    let (call, conversation) = (format!("test_call_{unique}"), format!("test_conv_{unique}"));
    for body in [
        json!({
            "call_id": call, "conversation_id": conversation, "event_type": "call.completed", "status": "completed",
            "failure_reason": null, "timestamp": "2026-01-30T08:00:00Z"
        }),
        json!({
            "call_id": call, "conversation_id": conversation, "event_type": "call.no_answer", "status": "failed",
            "failure_reason": "No answer from recipient",
            "error_message": "The recipient did not answer within the timeout period",
            "timestamp": "2026-01-30T08:00:00Z"
        }),
        json!({
            "call_id": call, "conversation_id": conversation, "event_type": "call.completed", "status": "completed"
        }),
        json!({
            "call_id": call, "event_type": "call.no_answer", "status": "failed",
            "failure_reason": "No answer from recipient"
        }),
    ] {
        let body = body.to_string();
        let post = || {
            let request = client().post(stack.url("/api/webhooks/elevenlabs/call-status"));
            stack.send(
                request
                    .header("Content-Type", "application/json")
                    .body(body.clone()),
            )
        };
        assert_eq!(post().await, processed());
        assert_eq!(post().await, processed(), "again");
        let key = call_status_key(&body);
        assert!(stack.has_event(&key).await);
        eventually("the event in the history", async || {
            (stack.history_rows(&key).await == 1).then_some(())
        })
        .await;
    }
}
