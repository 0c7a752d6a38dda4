//! The files of `events/`, handed to the functions' own code in a world of its own: what
//! `sam local invoke -e` would show.

use aws_lambda_events::{dynamodb, sqs::SqsEvent};
use ringpost_functions::{calls, health, runtime::Worker};
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, request, sample_event},
    world::World,
};
use serde_json::json;

#[tokio::test]
async fn the_documents_webhook_and_livekits_own_are_processed() {
    let world = World::new(Some("demo")).await;
    let endpoint = world.call_completed(&Faults::none()).await;
    let documented = invoke(&endpoint, request(&sample_event("call-completed"))).await;
    assert_eq!(
        documented.body,
        json!({
            "status": "processed",
            "message": "Event processed successfully. Outcome: completed",
            "event_id": "evt_abc123def456",
            "call_id": "75decced-4c31-5f3c-9d47-8892e71acc6e"
        })
    );
    let livekit = invoke(&endpoint, request(&sample_event("call-completed-livekit"))).await;
    assert_eq!(
        livekit.body["message"],
        "Event processed successfully. Outcome: completed"
    );
    let ignored = invoke(&endpoint, request(&sample_event("call-completed-ignored"))).await;
    assert_eq!(ignored.body["status"], "ignored");
    assert_eq!(world.items("events").await.len(), 3);
}

#[tokio::test]
async fn the_outcome_of_the_documents_call_can_be_asked_for() {
    let world = World::new(None).await;
    world
        .assign_number("+17678189426", "demo", "user_demo")
        .await;
    let endpoint = world.call_outcome().await;
    let unknown = invoke(&endpoint, request(&sample_event("call-outcome"))).await;
    assert_eq!(unknown.status, 404);
    let webhook = world.call_completed(&Faults::none()).await;
    invoke(&webhook, request(&sample_event("call-completed"))).await;
    let outcome = invoke(&endpoint, request(&sample_event("call-outcome"))).await;
    assert_eq!(
        (outcome.status, &outcome.body["duration"]),
        (200, &json!(45))
    );
    assert_eq!(outcome.body["agentConfigId"], "agent_config_456");
}

#[tokio::test]
async fn the_health_sample_is_answered() {
    let endpoint = health::call_completed_health::Function::new(ringpost::clock::Clock::system());
    let health = invoke(&endpoint, request(&sample_event("call-completed-health"))).await;
    assert_eq!(
        (health.status, &health.body["status"]),
        (200, &json!("healthy"))
    );
}

#[tokio::test]
async fn the_stream_sample_and_the_queue_sample_are_processed() {
    let world = World::new(Some("demo")).await;
    let batch: dynamodb::Event = serde_json::from_str(&sample_event("fan-out")).unwrap();
    let answer = world.fan_out(&Faults::none()).handle(batch).await;
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!(
        (
            world.calls().await.len(),
            world.items("history").await.len()
        ),
        (1, 1)
    );
    // The queue's sample names the document's event, which the log does not hold yet.
    let batch = || serde_json::from_str::<SqsEvent>(&sample_event("fan-out-retry")).unwrap();
    let worker = world.fan_out_retry(&Faults::none());
    assert!(worker.handle(batch()).await.batch_item_failures.is_empty());
    let webhook = world.call_completed(&Faults::none()).await;
    invoke(&webhook, request(&sample_event("call-completed"))).await;
    assert!(worker.handle(batch()).await.batch_item_failures.is_empty());
    assert_eq!(
        world.items("history").await.len(),
        2,
        "received at another time: another row"
    );
}

#[tokio::test]
async fn odd_requests_never_become_a_panic_or_a_5xx() {
    let world = World::new(Some("demo")).await;
    let webhook = world.call_completed(&Faults::none()).await;
    let outcome: calls::call_outcome::Function = world.call_outcome().await;
    let mut event: serde_json::Value =
        serde_json::from_str(&sample_event("call-completed")).unwrap();
    for headers in [
        json!({}),
        json!({ "x-livekit-signature": "é\u{1F600}" }),
        json!({ "host": "127.0.0.1" }),
    ] {
        event["headers"] = headers;
        assert_eq!(
            invoke(&webhook, request(&event.to_string())).await.status,
            401
        );
    }
    event.as_object_mut().unwrap().remove("body");
    assert_eq!(
        invoke(&webhook, request(&event.to_string())).await.status,
        401
    );
    let mut event: serde_json::Value = serde_json::from_str(&sample_event("call-outcome")).unwrap();
    for (query, status) in [
        ("user_id=%00%ff", 404),
        ("user_id", 400),
        ("user_id=a&user_id=b", 404),
        ("", 400),
    ] {
        event["rawQueryString"] = json!(query);
        assert_eq!(
            invoke(&outcome, request(&event.to_string())).await.status,
            status,
            "{query}"
        );
    }
    event["pathParameters"] = json!({});
    event["rawQueryString"] = json!("user_id=user_demo");
    assert_eq!(
        invoke(&outcome, request(&event.to_string())).await.status,
        404
    );
}
