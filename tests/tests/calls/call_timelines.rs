//! A call and everything that was reported of it.

use ringpost::domain::{
    call::{ReceivedSpan, owner::Owner},
    key::EventKey,
    timestamp::Timestamp,
};
use ringpost_tests::{
    lambda::{invoke, request, sample_event},
    livekit::{authorization, sip_call, unique},
    stack::{Answer, client, eventually, stack},
    world::{World, lists::call},
};
use serde_json::{Value, json};

const LINE: &str = "+18588796658";
const SUMMARIES: [&str; 8] = [
    "LiveKit: room started",
    "LiveKit: participant joined",
    "LiveKit: participant joined",
    "LiveKit: track published",
    "LiveKit: participant left",
    "LiveKit: participant left",
    "LiveKit: room finished",
    "LiveKit: egress ended",
];

fn occurred(payload: &Value) -> Timestamp {
    Timestamp::from_seconds(payload["createdAt"].as_str().unwrap().parse().unwrap()).unwrap()
}

/// LiveKit reports whole seconds, so that only the receipt orders what happened within one.
fn received(payload: &Value, index: usize) -> Timestamp {
    occurred(payload).plus_millis(index as u64)
}

fn admin() -> Value {
    json!({ "sub": "boss", "tenant_id": "demo", "role": "admin" })
}

async fn timeline(world: &World, id: &str, events: usize, query: &str, claims: &Value) -> Answer {
    let endpoint = world.call_timeline(events).await;
    let mut event: Value = serde_json::from_str(&sample_event("call-timeline")).unwrap();
    event["pathParameters"]["id"] = json!(id);
    event["rawQueryString"] = json!(query);
    event["headers"] = json!({ "host": "127.0.0.1" });
    if !claims.is_null() {
        event["headers"]["authorization"] =
            json!(format!("Bearer {}", stack().token(claims.clone())));
    }
    invoke(&endpoint, request(&event.to_string())).await
}

fn summaries(answer: &Answer) -> Vec<&str> {
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true)),
        "{answer:?}"
    );
    answer.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["summary"].as_str().unwrap())
        .collect()
}

/// A world in which two calls of the tenant were reported at the same time.
async fn two_calls() -> (World, Vec<Value>, String) {
    let world = World::new(Some("demo")).await;
    let (events, others) = (sip_call(&unique(), LINE), sip_call(&unique(), LINE));
    for events in [&events, &others] {
        for (index, payload) in events.iter().enumerate().rev() {
            world.keep_received(payload, received(payload, index)).await;
        }
    }
    world.process_all().await;
    let id = World::call_id(&events[0]);
    (world, events, id)
}

#[tokio::test]
async fn every_event_of_a_call_is_listed_oldest_first() {
    let (world, events, id) = two_calls().await;
    assert_eq!(world.items("history").await.len(), 16);
    let answer = timeline(&world, &id, 1_000, "", &admin()).await;
    assert_eq!(summaries(&answer), SUMMARIES);
    assert_eq!(answer.body["call"]["id"], id);
    assert_eq!(answer.body["call"]["duration"], 60);
    assert_eq!(answer.body.get("nextCursor"), None);
    for (index, (shown, payload)) in answer.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .zip(&events)
        .enumerate()
    {
        let (source, event_type) = (&shown["source"], &shown["eventType"]);
        assert_eq!((source, event_type), (&json!("livekit"), &payload["event"]));
        assert_eq!(shown["occurredAt"], occurred(payload).to_string());
        assert_eq!(shown["receivedAt"], received(payload, index).to_string());
        assert!(shown["id"].as_u64().is_some());
    }
}

#[tokio::test]
async fn a_late_event_stands_where_it_happened() {
    let (world, events, id) = two_calls().await;
    let mut late = events[3].clone();
    late["id"] = json!(format!("EV_{}", unique()));
    // It reports nothing new, so that the call is not written for it.
    let slack = i64::try_from(ReceivedSpan::SLACK_MILLIS).unwrap();
    let at = Timestamp::from_millis(occurred(&events[7]).as_millis() + slack).unwrap();
    world.keep_received(&late, at).await;
    let mut days_late = events[3].clone();
    days_late["id"] = json!(format!("EV_{}", unique()));
    world.keep_received(&days_late, at.plus_days(2)).await;
    world.process_log().await;
    let answer = timeline(&world, &id, 1_000, "", &admin()).await;
    let mut expected = SUMMARIES.to_vec();
    expected.splice(3..3, ["LiveKit: track published"; 2]);
    assert_eq!(summaries(&answer), expected);
    assert_eq!(
        answer.body["events"][5]["receivedAt"],
        at.plus_days(2).to_string()
    );
}

#[tokio::test]
async fn a_long_timeline_comes_in_pages() {
    let (world, _, id) = two_calls().await;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = timeline(&world, &id, 3, &format!("cursor={cursor}"), &admin()).await;
        assert!(summaries(&page).len() <= 3);
        all.extend(page.body["events"].as_array().unwrap().clone());
        page.body["nextCursor"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut cursor);
    }
    assert_eq!(cursor, "", "three pages suffice");
    let whole = timeline(&world, &id, 1_000, "", &admin()).await;
    let by_id = |events: &mut Vec<Value>| events.sort_by_key(|event| event["id"].as_u64());
    let mut expected = whole.body["events"].as_array().unwrap().clone();
    by_id(&mut all);
    by_id(&mut expected);
    assert_eq!(all, expected);
    let rubbish = timeline(&world, &id, 3, "cursor=rubbish", &admin()).await;
    assert_eq!(
        (rubbish.status, &rubbish.body["field"]),
        (400, &json!("cursor"))
    );
    let beyond = timeline(
        &world,
        &id,
        3,
        "cursor=MTg0NDY3NDQwNzM3MDk1NTE2MTU",
        &admin(),
    )
    .await;
    assert_eq!(summaries(&beyond), [""; 0]);
}

#[tokio::test]
async fn a_call_of_another_owner_looks_like_none() {
    let (world, _, id) = two_calls().await;
    let not_found = Answer {
        status: 404,
        body: json!({ "success": false, "message": "Call not found" }),
    };
    let strangers = [
        json!({ "sub": "boss", "tenant_id": "other", "role": "admin" }),
        json!({ "sub": "alice", "tenant_id": "demo" }),
        json!({ "sub": "alice" }),
    ];
    for claims in strangers {
        assert_eq!(
            timeline(&world, &id, 10, "", &claims).await,
            not_found,
            "{claims}"
        );
    }
    for unknown in [
        "call_log_abc123",
        "00000000-0000-5000-8000-000000000000",
        "",
    ] {
        assert_eq!(
            timeline(&world, unknown, 10, "", &admin()).await,
            not_found,
            "{unknown}"
        );
    }
    assert_eq!(
        timeline(&world, &id, 10, "", &Value::Null).await.status,
        401
    );
    // Where no user is known the tenant is its calls' user.
    let tenant = json!({ "sub": "demo", "tenant_id": "demo" });
    assert_eq!(timeline(&world, &id, 10, "", &tenant).await.status, 200);
}

#[tokio::test]
async fn the_events_of_an_absorbed_record_stay_in_the_timeline_and_it_leaves_the_list() {
    let (world, _, first) = two_calls().await;
    let others = world.calls().await;
    let second = others
        .iter()
        .map(|item| item["id"].as_s().unwrap())
        .find(|id| **id != first)
        .unwrap();
    let (table, by) = (world.call_table(), EventKey::of("livekit", "EV_unites"));
    let find = async |id: &str| {
        let id = ringpost::domain::key::CallId::parse(id).unwrap();
        table.find(id).await.unwrap().unwrap().stored
    };
    let (elder, younger) = (find(&first).await, find(second).await);
    table.freeze(&younger, elder.call.id, &by).await.unwrap();
    let mut united = elder.call.clone();
    united.absorb(&younger.call, &by);
    table.replace(&elder, &united).await.unwrap();
    for id in [&first, second] {
        let answer = timeline(&world, id, 1_000, "", &admin()).await;
        assert_eq!(
            (&answer.body["call"]["id"], summaries(&answer).len()),
            (&json!(first), 16)
        );
        let times: Vec<_> = answer.body["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["occurredAt"].as_str())
            .collect();
        assert!(times.is_sorted());
    }
    // Processed once more, an event of the absorbed record gets no second row.
    world.process_log().await;
    assert_eq!(world.items("history").await.len(), 16);
    assert_eq!(
        summaries(&timeline(&world, &first, 1_000, "", &admin()).await).len(),
        16
    );
    let list = world.call_list(1_000).await;
    let mut event: Value = serde_json::from_str(&sample_event("call-list")).unwrap();
    event["rawQueryString"] = json!("");
    let answer = invoke(&list, request(&event.to_string())).await;
    assert_eq!(
        (&answer.body["count"], &answer.body["calls"][0]["id"]),
        (&json!(1), &json!(first))
    );
}

#[tokio::test]
async fn the_samples_are_answered() {
    let world = World::new(Some("demo")).await;
    let received = Timestamp::parse_rfc3339("2025-10-29T15:30:46Z").unwrap();
    let webhook: Value = serde_json::from_str(&sample_event("call-completed")).unwrap();
    let payload = serde_json::from_str(webhook["body"].as_str().unwrap()).unwrap();
    world.keep_received(&payload, received).await;
    world.process_log().await;
    let list = invoke(
        &world.call_list(10).await,
        request(&sample_event("call-list")),
    )
    .await;
    assert_eq!((list.status, &list.body["count"]), (200, &json!(1)));
    let reported = invoke(
        &world.call_timeline(10).await,
        request(&sample_event("call-timeline")),
    )
    .await;
    assert_eq!(summaries(&reported), ["LiveKit: participant left"]);
    let counted = invoke(
        &world.call_stats(10).await,
        request(&sample_event("call-stats")),
    )
    .await;
    assert_eq!(counted.body["byOutcome"], json!({ "completed": 1 }));
}

#[tokio::test]
async fn an_owned_call_without_events_has_an_empty_timeline() {
    let world = World::new(None).await;
    let lonely = call(
        "RM_lonely",
        Timestamp::EPOCH.plus_days(20_000),
        &Owner::tenant("demo"),
        <_>::default(),
    );
    world.put_calls(std::slice::from_ref(&lonely)).await;
    let answer = timeline(&world, &lonely.id.to_string(), 10, "", &admin()).await;
    assert_eq!(summaries(&answer), [""; 0]);
}

#[tokio::test]
async fn a_call_through_the_deployed_stack_is_listed_shown_and_counted() {
    let (stack, unique) = (stack(), unique());
    let events = sip_call(&unique, LINE);
    let (key, secret) = (
        stack.value("LIVEKIT_API_KEY"),
        stack.value("LIVEKIT_API_SECRET"),
    );
    for payload in &events {
        let body = payload.to_string();
        let request = client()
            .post(stack.url("/api/webhooks/call_completed"))
            .header("Authorization", authorization(key, secret, body.as_bytes()))
            .body(body);
        assert_eq!(stack.send(request).await.status, 200);
    }
    let id = World::call_id(&events[0]);
    let ask = async |path: &str| {
        stack
            .send(
                client()
                    .get(stack.url(path))
                    .bearer_auth(stack.token(admin())),
            )
            .await
    };
    let reported = eventually("all eight events in the timeline", async || {
        let answer = ask(&format!("/api/calls/{id}/timeline")).await;
        (answer.status == 200 && summaries(&answer).len() == 8).then_some(answer)
    });
    assert_eq!(summaries(&reported.await), SUMMARIES);
    let listed = ask("/api/calls?phoneNumber=%2B15105550123&status=ended&limit=100").await;
    let ids = listed.body["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["id"]);
    assert!(
        ids.into_iter().any(|listed| *listed == json!(id)),
        "{listed:?}"
    );
    let counted = ask("/api/calls/stats").await;
    assert_eq!(
        (counted.status, &counted.body["complete"]),
        (200, &json!(true))
    );
    assert!(counted.body["byOutcome"]["completed"].as_u64() >= Some(1));
}
