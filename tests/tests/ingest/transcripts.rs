//! The way of a transcript: a call ends, its conversation is fetched, and enters its call by the log.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use ringpost::domain::event::Event;
use ringpost_functions::{runtime::Worker, workers::fetch_transcript};
use ringpost_tests::{
    elevenlabs_api::{ElevenLabsApi, Reply, conversation, long_conversation},
    faults::{Cut, Faults},
    lambda::{queue_batch, sample_event, stream_batch},
    livekit::unique,
    stack::{client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

const SID: &str = "CAaaf497febbe85ab7ab20ec32b3808caa";
const CONVERSATION: &str = "conv_8001kg64z481ege91gcvyrxngwrs";
const AGENT: &str = "agent_01k08m7k11e0yspnsnxtye7dct";
const THEN: i64 = 1_767_312_000;

fn reported(event_type: &str) -> Value {
    json!({ "call_id": SID, "conversation_id": CONVERSATION, "event_type": event_type })
}

async fn world_with(event: &Value) -> World {
    let world = World::new(Some("demo")).await;
    world.keep_call_status(event, THEN).await;
    world.process_log().await;
    world
}

fn play(api: &ElevenLabsApi, status: &str) {
    api.play(
        CONVERSATION,
        Reply::With(
            200,
            conversation(CONVERSATION, SID, AGENT, status).to_string(),
        ),
    );
}

/// The event that the only call says its transcript is in.
async fn transcript(world: &World) -> Event {
    let facts = world.facts().await;
    let key = facts.transcript().unwrap();
    world
        .kept_events()
        .await
        .into_iter()
        .find(|event| event.key == *key)
        .unwrap()
}

async fn fetch(worker: &fetch_transcript::Function, batch: SqsEvent) -> SqsBatchResponse {
    worker.handle(batch).await
}

#[tokio::test]
async fn a_completed_call_gets_its_transcript() {
    for event_type in ["call.completed", "call.ended"] {
        let (world, api) = (
            world_with(&reported(event_type)).await,
            World::elevenlabs_api(),
        );
        play(&api, "done");
        let batch = world.receive_transcripts().await;
        assert_eq!(batch.records.len(), 1, "{event_type}");
        let worker = world.fetch_transcript(&api).await;
        assert!(
            fetch(&worker, batch.clone())
                .await
                .batch_item_failures
                .is_empty()
        );
        assert_eq!(world.items("events").await.len(), 2);
        world.process_log().await;
        let event = transcript(&world).await;
        let key = event.key.as_str();
        assert!(
            key.starts_with(&format!("elevenlabs-api:{CONVERSATION}:done:")),
            "{key}"
        );
        let expected = conversation(CONVERSATION, SID, AGENT, "done").to_string();
        assert_eq!(event.payload, expected.as_bytes());
        // The message again: the call has its transcript, no request is made.
        assert!(fetch(&worker, batch).await.batch_item_failures.is_empty());
        assert_eq!(api.requests().len(), 1);
    }
}

#[tokio::test]
async fn what_a_tenants_own_account_names_is_not_fetched_with_the_platforms_key() {
    let world = World::new(Some("demo")).await;
    world
        .keep_call_status_of(Some("mallory"), &reported("call.completed"), THEN)
        .await;
    world.process_log().await;
    assert_eq!(world.calls().await.len(), 1);
    assert_eq!(world.receive_transcripts().await.records.len(), 0);
}

#[tokio::test]
async fn only_the_end_of_a_conversation_is_worth_asking() {
    let mut nameless = reported("call.completed");
    nameless["conversation_id"] = Value::Null;
    for event in [
        reported("call.answered"),
        reported("call.no_answer"),
        reported("call.failed"),
        nameless,
    ] {
        let world = world_with(&event).await;
        assert_eq!(
            world.receive_transcripts().await.records.len(),
            0,
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_conversation_that_is_not_over_waits_longer_each_time() {
    let (world, api) = (
        world_with(&reported("call.ended")).await,
        World::elevenlabs_api(),
    );
    let worker = world.fetch_transcript(&api).await;
    let batch = world.receive_transcripts().await;
    for status in ["initiated", "in-progress", "processing"] {
        play(&api, status);
        let failures = fetch(&worker, batch.clone()).await.batch_item_failures;
        assert_eq!(failures.len(), 1, "{status}");
        assert_eq!(
            Some(&failures[0].item_identifier),
            batch.records[0].message_id.as_ref()
        );
        assert_eq!(
            world.items("events").await.len(),
            1,
            "half a conversation is not kept"
        );
    }
    // It was received for three seconds; were it not put off, it would be visible again after them.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(
        world.transcripts_left().await,
        ("0".to_owned(), "1".to_owned())
    );
    play(&api, "done");
    assert!(fetch(&worker, batch).await.batch_item_failures.is_empty());
    assert_eq!(world.items("events").await.len(), 2);
}

#[tokio::test]
async fn a_temporary_failure_comes_again_and_a_permanent_one_is_dropped() {
    let (world, api) = (
        world_with(&reported("call.completed")).await,
        World::elevenlabs_api(),
    );
    let mut worker = world.fetch_transcript(&api).await;
    let batch = world.receive_transcripts().await;
    for (reply, failures) in [
        (Reply::With(500, String::new()), 1),
        (Reply::With(429, String::new()), 1),
        (Reply::With(401, String::new()), 1),
        (Reply::With(200, "<html>".to_owned()), 1),
        (Reply::With(404, String::new()), 0),
        (Reply::With(422, String::new()), 0),
    ] {
        api.play(CONVERSATION, reply.clone());
        let answer = fetch(&worker, batch.clone()).await;
        assert_eq!(answer.batch_item_failures.len(), failures, "{reply:?}");
    }
    let asked = api.requests().len();
    let call_id =
        &serde_json::from_str::<Value>(batch.records[0].body.as_ref().unwrap()).unwrap()["callId"];
    let odd = json!({ "version": "1", "callId": call_id, "conversationId": "../user" }).to_string();
    assert!(
        fetch(&worker, queue_batch(&[odd]))
            .await
            .batch_item_failures
            .is_empty()
    );
    let unreadable = queue_batch(&["no message".to_owned(), r#"{"version":"9"}"#.to_owned()]);
    assert_eq!(
        fetch(&worker, unreadable).await.batch_item_failures.len(),
        2
    );
    worker.key = world.no_elevenlabs_key().await;
    assert!(fetch(&worker, batch).await.batch_item_failures.is_empty());
    assert_eq!(api.requests().len(), asked, "none of these is asked for");
}

#[tokio::test]
async fn one_message_that_fails_holds_up_no_other() {
    let (world, api) = (
        world_with(&reported("call.completed")).await,
        World::elevenlabs_api(),
    );
    play(&api, "done");
    let good = world.receive_transcripts().await.records[0]
        .body
        .clone()
        .unwrap();
    let answer = fetch(
        &world.fetch_transcript(&api).await,
        queue_batch(&["bad".to_owned(), good]),
    )
    .await;
    let failures: Vec<_> = answer
        .batch_item_failures
        .iter()
        .map(|item| item.item_identifier.as_str())
        .collect();
    assert_eq!(
        (failures, world.items("events").await.len()),
        (vec!["0"], 2)
    );
}

#[tokio::test]
async fn a_large_transcript_is_kept_whole() {
    let (world, api) = (
        world_with(&reported("call.completed")).await,
        World::elevenlabs_api(),
    );
    let mut large = conversation(CONVERSATION, SID, AGENT, "done");
    // Random, so that it does not compress to nothing.
    let words: Vec<String> = (0..40_000).map(|_| unique()).collect();
    large["transcript"][0]["message"] = words.join(" ").into();
    api.play(CONVERSATION, Reply::With(200, large.to_string()));
    let batch = world.receive_transcripts().await;
    assert!(
        fetch(&world.fetch_transcript(&api).await, batch)
            .await
            .batch_item_failures
            .is_empty()
    );
    world.process_log().await;
    assert!(!world.items("chunks").await.is_empty());
    assert_eq!(
        transcript(&world).await.payload,
        large.to_string().as_bytes()
    );
}

#[tokio::test]
async fn a_fan_out_that_dies_anywhere_asks_for_the_transcript_in_the_end() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(Some("demo")).await;
            world
                .keep_call_status(&reported("call.completed"), THEN)
                .await;
            let faults = Faults::death_at(number, cut);
            world
                .fan_out(&faults)
                .handle(stream_batch(&world.items("events").await))
                .await;
            if !faults.struck() {
                assert!(number >= 4, "look-up, call, pointer, message, row");
                break;
            }
            world.process_log().await;
            let asked = world.receive_transcripts().await.records.len();
            assert!(
                (1..=2).contains(&asked),
                "request {number}, cut {cut:?}: {asked}"
            );
        }
    }
}

#[tokio::test]
async fn the_sample_event_is_worked_on() {
    let (world, api) = (
        world_with(&reported("call.completed")).await,
        World::elevenlabs_api(),
    );
    play(&api, "done");
    let batch: SqsEvent = serde_json::from_str(&sample_event("fetch-transcript")).unwrap();
    let sent = world.receive_transcripts().await;
    let message = |batch: &SqsEvent| -> Value {
        serde_json::from_str(batch.records[0].body.as_ref().unwrap()).unwrap()
    };
    assert_eq!(
        message(&batch),
        message(&sent),
        "the sample is what fan-out sends"
    );
    assert!(
        fetch(&world.fetch_transcript(&api).await, batch)
            .await
            .batch_item_failures
            .is_empty()
    );
    assert_eq!(world.items("events").await.len(), 2);
}

#[tokio::test]
async fn the_deployed_stack_fetches_a_transcript_and_shows_the_status() {
    let (stack, unique) = (stack(), unique());
    let (id, sid) = (format!("conv_{unique}"), format!("CA{unique}"));
    let api = ElevenLabsApi::at(
        stack.value("ELEVENLABS_API_URL"),
        stack.value("ELEVENLABS_API_KEY"),
    );
    api.play(
        &id,
        Reply::With(200, conversation(&id, &sid, AGENT, "done").to_string()),
    );
    let ended = json!({ "call_id": sid, "conversation_id": id, "event_type": "call.ended" });
    let webhook = client().post(stack.url("/api/webhooks/elevenlabs/call-status"));
    assert_eq!(
        stack.send(webhook.body(ended.to_string())).await.status,
        200
    );
    let status = async || {
        let question = client().post(stack.url("/api/agent-calls/status"));
        let question = question.bearer_auth(stack.value("RINGPOST_TOKEN"));
        stack
            .send(question.body(json!({ "callSid": sid }).to_string()))
            .await
    };
    let completed = eventually("the conversation to complete the status", async || {
        Some(status().await).filter(|answer| answer.body["status"] == "completed")
    });
    let answer = completed.await.body;
    assert_eq!(
        (&answer["callId"], &answer["conversationId"]),
        (&json!(sid), &json!(id))
    );
    assert_eq!(
        answer["rawResponse"]["transcript"][0]["message"],
        "Hello, how can I help?"
    );
    assert_eq!(api.requests().len(), 1, "fetched once, by the worker");
}

#[tokio::test]
async fn a_worker_killed_at_any_request_appends_the_transcript_once() {
    for response in [
        conversation(CONVERSATION, SID, AGENT, "done"),
        long_conversation(CONVERSATION, SID, AGENT),
    ] {
        for cut in [Cut::Before, Cut::After] {
            for number in 0.. {
                let (world, api) = (
                    world_with(&reported("call.completed")).await,
                    World::elevenlabs_api(),
                );
                api.play(CONVERSATION, Reply::With(200, response.to_string()));
                let batch = world.receive_transcripts().await;
                let faults = Faults::death_at(number, cut);
                let dying = world.fetch_transcript_with(&faults, &api).await;
                fetch(&dying, batch.clone()).await;
                if !faults.struck() {
                    assert!(number >= 2, "the call and the log");
                    break;
                }
                let whole = world.fetch_transcript(&api).await;
                assert!(fetch(&whole, batch).await.batch_item_failures.is_empty());
                assert_eq!(
                    world.items("events").await.len(),
                    2,
                    "request {number}, cut {cut:?}"
                );
            }
        }
    }
}
