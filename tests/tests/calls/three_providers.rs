//! One call as LiveKit, SignalWire and ElevenLabs report it: in any order, repeated, all at once, with
//! processes that die, it is one record with one outcome, and every event is in its timeline.

#[path = "../../../lib/tests/suite/support/one_call.rs"]
pub(crate) mod one_call;

use std::collections::BTreeSet;

use futures::future::join_all;
use ringpost::domain::{event::Source, timestamp::Timestamp};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    elevenlabs,
    faults::{Cut, Faults},
    lambda::stream_batch,
    livekit::{authorization, now_seconds, unique},
    signalwire::form_signature,
    stack::{Answer, Stack, client, eventually, stack},
    world::World,
};
use serde_json::Value;

use one_call::{DIALLED, Report, event, reports};

/// A world whose log holds the call's events, received in this order, none of them processed.
async fn logged(unique: &str, first: usize) -> World {
    let world = World::new(None).await;
    world
        .assign_number(one_call::LINE, "acme", "user_acme")
        .await;
    let reports = reports(unique);
    for index in 0..reports.len() {
        // Seven and twelve have no common divisor: every report comes once.
        let place = (index * 7 + first) % reports.len();
        // A question happens when it is received: each report keeps its own moment.
        let received_at = Timestamp::from_seconds(DIALLED + place as i64).unwrap();
        world.keep_event(&event(&reports[place], received_at)).await;
    }
    world
}

#[tokio::test]
async fn every_order_of_arrival_and_many_batches_at_once_end_in_the_same_record() {
    let twin = logged("3f", 0).await;
    twin.process_all().await;
    let expected = twin.facts().await;
    for round in 1..6 {
        let world = logged("3f", round).await;
        let log = world.items("events").await;
        let worker = world.fan_out(&Faults::none());
        // Each of the batches has its own order, and every event is in two of them.
        let batches = (0..4).map(|batch| {
            let shifted =
                (0..log.len()).map(|index| &log[(index * 5 + batch * 3 + round) % log.len()]);
            stream_batch(shifted.take(log.len() / 2).collect::<Vec<_>>())
        });
        let answers = join_all(batches.map(|batch| worker.handle(batch))).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer.batch_item_failures.is_empty())
        );
        world.process_all().await;
        assert_eq!(world.facts().await, expected, "round {round}");
        assert_eq!(
            world.items("history").await.len(),
            log.len(),
            "round {round}"
        );
        let announced = world.announced().await;
        let types: BTreeSet<_> = announced
            .iter()
            .map(|(event_type, _)| event_type.as_str())
            .collect();
        assert_eq!(
            (announced.len(), types.len()),
            (6, 6),
            "each type once: {announced:?}"
        );
    }
}

#[tokio::test]
async fn killed_at_any_request_the_record_is_the_same_in_the_end() {
    let twin = logged("3f", 4).await;
    twin.process_all().await;
    let expected = twin.facts().await;
    for cut in [Cut::Before, Cut::After] {
        for number in (0..).step_by(3) {
            let world = logged("3f", 4).await;
            let faults = Faults::death_at(number, cut);
            world
                .fan_out(&faults)
                .handle(stream_batch(&world.items("events").await))
                .await;
            if !faults.struck() {
                assert!(
                    number > 40,
                    "twelve events cost more than {number} requests"
                );
                break;
            }
            world.process_all().await;
            assert_eq!(
                world.facts().await,
                expected,
                "request {number}, cut {cut:?}"
            );
            assert_eq!(
                world.items("history").await.len(),
                12,
                "request {number}, cut {cut:?}"
            );
        }
    }
}

pub(crate) async fn post(stack: &Stack, report: &Report) -> Answer {
    let body = report.body.as_bytes();
    let path = match report.source {
        Source::LiveKit => "/api/v1/webhooks/livekit/events",
        Source::SipInbound => "/api/v1/webhooks/livekit/sip-inbound",
        Source::SignalWire => "/api/webhooks/signalwire",
        Source::CallStatus => "/api/webhooks/elevenlabs/call-status",
        _ => "/api/webhooks/elevenlabs",
    };
    let request = client().post(stack.url(path));
    let request = match report.source {
        Source::LiveKit | Source::SipInbound => {
            let (key, secret) = (
                stack.value("LIVEKIT_API_KEY"),
                stack.value("LIVEKIT_API_SECRET"),
            );
            request
                .header("content-type", "application/webhook+json")
                .header("authorization", authorization(key, secret, body))
        }
        Source::SignalWire => {
            let decoded: Vec<(String, String)> =
                reqwest::Url::parse(&format!("http://127.0.0.1/?{}", report.body))
                    .unwrap()
                    .query_pairs()
                    .into_owned()
                    .collect();
            let fields: Vec<_> = decoded
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let signature = form_signature(
                stack.value("SIGNALWIRE_SIGNING_KEY"),
                &stack.url(path),
                &fields,
            );
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-signalwire-signature", signature)
        }
        _ => {
            let secret = stack.value("ELEVENLABS_WEBHOOK_SECRET");
            request.header("content-type", "application/json").header(
                "elevenlabs-signature",
                elevenlabs::signature(secret, now_seconds(), body),
            )
        }
    };
    stack.send(request.body(report.body.clone())).await
}

#[tokio::test]
async fn through_the_deployed_endpoints_it_is_one_record_too() {
    let (stack, unique) = (stack(), unique());
    let reports = reports(&unique);
    for index in 0..reports.len() {
        let report = &reports[(index * 5 + 3) % reports.len()];
        let answer = post(stack, report).await;
        assert_eq!(answer.status, 200, "{:?}: {answer:?}", report.source);
        if index % 3 == 0 {
            assert_eq!(
                post(stack, report).await,
                answer,
                "the same again, the same answer"
            );
        }
    }
    let token = stack.value("RINGPOST_TOKEN");
    let ask = async |path: &str| {
        stack
            .send(client().get(stack.url(path)).bearer_auth(token))
            .await
    };
    let id = World::call_id(&serde_json::from_str(&reports[2].body).unwrap());
    let timeline = eventually("every event in the timeline of one call", async || {
        let answer = ask(&format!("/api/calls/{id}/timeline")).await;
        let complete = answer.body["events"]
            .as_array()
            .is_some_and(|events| events.len() == reports.len());
        complete.then_some(answer.body)
    });
    let timeline = timeline.await;
    let sources: BTreeSet<&str> = timeline["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["source"].as_str())
        .collect();
    assert_eq!(
        sources,
        BTreeSet::from(["elevenlabs", "livekit", "signalwire"])
    );
    let call: &Value = &timeline["call"];
    assert_eq!(
        (&call["outcome"], &call["duration"]),
        (&"completed".into(), &60.into())
    );
    assert_eq!(call["userId"], stack.value("RINGPOST_USER"));
    assert_eq!(call["outcomes"][0], "appointment_set");
    let listed = ask("/api/calls?limit=100&outcome=appointment_set").await;
    let listed = listed.body["calls"].as_array().unwrap().clone();
    assert_eq!(
        listed
            .iter()
            .filter(|listed| listed["callSid"] == call["callSid"])
            .count(),
        1
    );
    let status = client()
        .post(stack.url("/api/agent-calls/status"))
        .bearer_auth(token);
    let status = stack
        .send(status.json(&serde_json::json!({ "callSid": call["callSid"] })))
        .await;
    assert_eq!(
        (status.status, &status.body["status"]),
        (200, &"completed".into())
    );
}
