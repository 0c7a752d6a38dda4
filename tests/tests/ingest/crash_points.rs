//! The functions that append to the log, killed right before and right after each of their requests. The
//! sender repeats the request, or the queue its message, and the log is as without the kill.

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{Body, Request, http::HeaderValue};
use ringpost_functions::{
    ingest::{call_completed, call_status, elevenlabs, livekit_events, signalwire, sip_inbound},
    publishing::publish_event,
    runtime::{Endpoint, Worker},
};
use ringpost_tests::{
    elevenlabs as elevenlabs_side,
    faults::{Cut, Faults},
    lambda::{invoke, queue_batch, sample_event, webhook},
    noise,
    signalwire::callback,
    stack::stack,
    world::{World, inbound::Health},
};
use serde_json::{Value, json};

use super::inbound::question;

/// More than fits into an event's item, so that the payload is stored in chunks.
const LARGE: usize = 600_000;

/// The bodies of a request: one that fits into the event's item, and one that does not.
fn bodies(sample: &Value) -> [Value; 2] {
    let mut large = sample.clone();
    large["ringpost_test_noise"] = noise::text(LARGE).into();
    [sample.clone(), large]
}

fn body_of(sample: &str) -> Value {
    let event: Value = serde_json::from_str(&sample_event(sample)).unwrap();
    let body = event["body"].as_str().unwrap();
    if event["isBase64Encoded"] == true {
        return serde_json::from_slice(&STANDARD.decode(body).unwrap()).unwrap();
    }
    serde_json::from_str(body).unwrap()
}

/// The log: keys and payloads.
async fn log(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut kept: Vec<_> = world
        .kept_events()
        .await
        .into_iter()
        .map(|event| (event.key.as_str().to_owned(), event.payload.to_vec()))
        .collect();
    kept.sort_unstable();
    kept
}

/// Kills an endpoint at each of its requests; each time the sender repeats its own. Returns at how many.
async fn killed_and_repeated<E: Endpoint>(request: impl Fn() -> Request) -> usize {
    let twin = World::new(Some("demo")).await;
    let expected_answer = invoke(&twin.endpoint::<E>(&Faults::none()).await, request()).await;
    let expected = log(&twin).await;
    assert_eq!(expected.len(), 1, "{expected_answer:?}");
    let mut kills = 0;
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(Some("demo")).await;
            let faults = Faults::death_at(number, cut);
            invoke(&world.endpoint::<E>(&faults).await, request()).await;
            if !faults.struck() {
                break;
            }
            kills += 1;
            let repeated = invoke(&world.endpoint::<E>(&Faults::none()).await, request()).await;
            assert!(
                repeated.status < 300,
                "{} {number} {cut:?}: {repeated:?}",
                E::NAME
            );
            assert_eq!(log(&world).await, expected, "{} {number} {cut:?}", E::NAME);
        }
    }
    kills
}

fn published(body: &Value) -> Request {
    let mut request = Request::new(Body::Text(body.to_string()));
    let token = stack().token(json!({ "sub": "user_1", "tenant_id": "acme", "role": "admin" }));
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    request.headers_mut().insert("authorization", bearer);
    let key = HeaderValue::from_static("key-1");
    request.headers_mut().insert("idempotency-key", key);
    request
}

#[tokio::test]
async fn what_is_killed_and_repeated_is_in_the_log_once() {
    for body in bodies(&body_of("call-completed")) {
        let kills = killed_and_repeated::<call_completed::Function>(|| {
            webhook(body.to_string().as_bytes())
        });
        assert!(kills.await >= 6, "the log, the look-up and the call");
    }
    for body in bodies(&body_of("livekit-events")) {
        let send = || webhook(body.to_string().as_bytes());
        assert!(killed_and_repeated::<livekit_events::Function>(send).await >= 2);
    }
    let asked = || webhook(question("crash").to_string().as_bytes());
    assert!(killed_and_repeated::<sip_inbound::Function>(asked).await >= 4);
    for body in bodies(&body_of("signalwire")) {
        let send = || callback(&body);
        assert!(killed_and_repeated::<signalwire::Function>(send).await >= 2);
    }
    for body in bodies(&body_of("elevenlabs-transcription")) {
        let send = || elevenlabs_side::webhook(body.to_string().as_bytes());
        assert!(killed_and_repeated::<elevenlabs::Function>(send).await >= 2);
    }
    for body in bodies(&body_of("call-status")) {
        let send = || elevenlabs_side::webhook(body.to_string().as_bytes());
        assert!(killed_and_repeated::<call_status::Function>(send).await >= 2);
    }
    let body = json!({ "eventType": "campaign.started", "payload": { "campaignId": "c-789" } });
    assert!(killed_and_repeated::<publish_event::Function>(|| published(&body)).await >= 2);
}

/// The log cannot be reached, and the process dies before or after the event went to the queue instead.
#[tokio::test]
async fn a_deferred_event_is_in_the_log_once_wherever_its_process_died() {
    let ask = || webhook(question("deferred").to_string().as_bytes());
    let twin = World::new(Some("demo")).await;
    let whole = twin
        .endpoint::<sip_inbound::Function>(&Faults::none())
        .await;
    assert_eq!(invoke(&whole, ask()).await.status, 200);
    let expected = log(&twin).await;
    for cut in [Cut::Before, Cut::After] {
        let mut is_struck = true;
        for number in 0.. {
            let world = World::new(Some("demo")).await;
            let faults = Faults::death_at(number, cut);
            // A table that is not there fails at once, as one does that throttles.
            let missing = [("EVENTS_TABLE", "missing"), ("CHUNKS_TABLE", "missing")];
            let dying: sip_inbound::Function = world.endpoint_with(&faults, &missing).await;
            invoke(&dying, ask()).await;
            is_struck &= faults.struck();
            let whole = world
                .endpoint::<sip_inbound::Function>(&Faults::none())
                .await;
            assert_eq!(invoke(&whole, ask()).await.status, 200);
            take_up_deferred(&world, &Faults::none()).await;
            assert_eq!(log(&world).await, expected, "{number} {cut:?}");
            if !is_struck {
                assert!(number >= 3, "the directory, the log and the queue");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_worker_that_dies_with_a_deferred_event_appends_it_once() {
    let world = World::new(Some("demo")).await;
    let outage = world.sip_inbound(Health::Down, Health::Well).await;
    invoke(&outage, webhook(question("worker").to_string().as_bytes())).await;
    let messages = world.take_deferred().await;
    assert_eq!(messages.len(), 1);
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(Some("demo")).await;
            let faults = Faults::death_at(number, cut);
            let batch = || queue_batch(&messages);
            let failed = world.deferred_events(&faults).handle(batch()).await;
            if !faults.struck() {
                assert!(failed.batch_item_failures.is_empty() && number > 0);
                break;
            }
            let again = world.deferred_events(&Faults::none()).handle(batch()).await;
            assert!(again.batch_item_failures.is_empty());
            assert_eq!(log(&world).await.len(), 1, "{number} {cut:?}");
        }
    }
}

async fn take_up_deferred(world: &World, faults: &Faults) {
    let messages = world.take_deferred().await;
    let taken = world
        .deferred_events(faults)
        .handle(queue_batch(&messages))
        .await;
    assert!(taken.batch_item_failures.is_empty());
}
