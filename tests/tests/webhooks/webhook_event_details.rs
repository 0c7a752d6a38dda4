//! How an event of the history is shown, and to whom.

use ringpost::{
    domain::{
        delivery::{Attempt, DeliveryRef, DeliveryStatus, Message},
        event::{Event, Source},
        timestamp::Timestamp,
    },
    store::history::{RowFilter, Search},
};
use ringpost_functions::webhooks::webhook_events::Function;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, request, sample_event},
    livekit::{authorization, sip_call, unique},
    stack::{Answer, client, eventually, stack},
    subscriptions::{message, subscription},
    world::{
        World,
        history::{answered, event},
    },
};
use serde_json::{Value, json};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_312_000_000 + millis).unwrap()
}

fn admin() -> Value {
    json!({ "sub": "boss", "tenant_id": "acme", "role": "admin" })
}

async fn ask(endpoint: &Function, id: Option<u64>, claims: &Value) -> Answer {
    let sample = if id.is_some() {
        "webhook-events-one"
    } else {
        "webhook-events"
    };
    let mut event: Value = serde_json::from_str(&sample_event(sample)).unwrap();
    event["rawQueryString"] = json!("");
    event["headers"]["authorization"] = json!(format!("Bearer {}", stack().token(claims.clone())));
    if let Some(id) = id {
        event["pathParameters"]["id"] = json!(id.to_string());
    }
    invoke(endpoint, request(&event.to_string())).await
}

/// The only event, as the list and as its detail show it.
async fn shown(world: &World) -> (Value, Value) {
    let endpoint = world.webhook_events(10_000).await;
    let list = ask(&endpoint, None, &admin()).await;
    assert_eq!(
        (list.status, &list.body["count"]),
        (200, &json!(1)),
        "{list:?}"
    );
    let listed = list.body["events"][0].clone();
    let detail = ask(&endpoint, listed["id"].as_u64(), &admin()).await;
    assert_eq!(
        (detail.status, &detail.body["success"]),
        (200, &json!(true))
    );
    (listed, detail.body)
}

async fn received(source: Source, payload: &str) -> (World, Event) {
    let (world, event) = (
        World::new(None).await,
        event(source, "EV_1", at(5), payload),
    );
    world.keep_event(&event).await;
    world.receive(&event, "acme", None).await;
    (world, event)
}

/// A text that zstd can hardly make shorter.
fn dense(bytes: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let letters = (0..bytes).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap())
    });
    letters.collect()
}

#[tokio::test]
async fn an_event_that_was_received_is_shown_as_it_came() {
    let (world, _) = received(Source::LiveKit, r#"{"z":1.50,"a":{"b":[null]}}"#).await;
    let (listed, detail) = shown(&world).await;
    let id = listed["id"].clone();
    let expected = json!({
        "id": id, "direction": "inbound", "source": "livekit", "eventType": "participant_left",
        "status": "processed", "payload": { "z": 1.50, "a": { "b": [null] } },
        "createdAt": "2026-01-02T00:00:00.005Z", "updatedAt": "2026-01-02T00:00:00.005Z"
    });
    assert_eq!(listed, expected);
    assert_eq!(detail, json!({ "success": true, "event": expected }));
}

#[tokio::test]
async fn a_form_is_an_object_and_anything_else_a_string() {
    let (world, _) = received(
        Source::SignalWire,
        "CallSid=CA1&From=%2B18005551234&Tag=a&Tag=b",
    )
    .await;
    let (listed, detail) = shown(&world).await;
    let form = json!({ "CallSid": "CA1", "From": "+18005551234", "Tag": ["a", "b"] });
    assert_eq!(
        (&listed["payload"], &detail["event"]["payload"]),
        (&form, &form)
    );
    let (world, _) = received(Source::LiveKit, "no JSON").await;
    assert_eq!(shown(&world).await.0["payload"], "no JSON");
}

#[tokio::test]
async fn a_list_cuts_what_a_detail_shows_whole() {
    for bytes in [8_192, 8_193, 70_000, 1_500_000] {
        let text = format!(r#"{{"text":"{}"}}"#, dense(bytes - 11));
        let (world, _) = received(Source::LiveKit, &text).await;
        assert_eq!(
            world.items("chunks").await.is_empty(),
            bytes < 1_000_000,
            "{bytes}"
        );
        let whole: Value = serde_json::from_str(&text).unwrap();
        let (listed, detail) = shown(&world).await;
        assert!(
            detail["event"]["payload"] == whole
                && detail["event"].get("payloadTruncated").is_none()
        );
        if bytes == 8_192 {
            assert!(listed["payload"] == whole && listed.get("payloadTruncated").is_none());
        } else {
            assert_eq!(
                (&listed["payload"], &listed["payloadTruncated"]),
                (&json!(text[..8_192]), &json!(true))
            );
        }
    }
}

#[tokio::test]
async fn what_no_answer_can_hold_is_cut_in_the_detail_too() {
    let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(5_000_000));
    let (world, _) = received(Source::LiveKit, &text).await;
    let (_, detail) = shown(&world).await;
    let (payload, cut) = (
        detail["event"]["payload"].as_str().unwrap(),
        &detail["event"]["payloadTruncated"],
    );
    assert!(payload.len() == 524_288 && text.starts_with(payload) && *cut == json!(true));
}

#[tokio::test]
async fn an_event_that_has_expired_from_the_log_has_no_payload() {
    let world = World::new(None).await;
    world
        .receive(&event(Source::LiveKit, "EV_1", at(5), "{}"), "acme", None)
        .await;
    let (listed, detail) = shown(&world).await;
    assert!(listed["payload"].is_null() && listed.get("payload").is_some());
    assert!(detail["event"]["payload"].is_null() && detail["event"].get("payload").is_some());
}

#[tokio::test]
async fn a_delivery_is_shown_with_the_results_of_its_attempts() {
    let world = World::new(None).await;
    world.write_subscription(&subscription("acme", 1)).await;
    let message = Message {
        user_id: Some("alice".to_owned()),
        ..message("acme", "evt_1", at(0), &json!({ "n": 1 }))
    };
    let pending = world.pending_delivery(&message, 1).await;
    let lost = Attempt {
        at: at(1_000),
        timing: 5_000,
        error: Some("timeout".to_owned()),
        ..Attempt::default()
    };
    let next = Some(at(30_000));
    let history = world.history(&Faults::none());
    let once = history
        .record_attempt(&pending, &lost, DeliveryStatus::Pending, next)
        .await
        .unwrap()
        .unwrap();
    let (listed, detail) = shown(&world).await;
    let expected = json!({
        "id": pending.at.id, "direction": "outbound", "source": "11wire", "eventType": "call.completed",
        "status": "pending", "webhookConfigId": 1, "messageId": "evt_1", "attempts": 1,
        "nextAttemptAt": "2026-01-02T00:00:30.000Z", "responseData": { "error": "timeout" },
        "payload": { "n": 1 },
        "createdAt": "2026-01-02T00:00:00.000Z", "updatedAt": "2026-01-02T00:00:06.000Z"
    });
    assert_eq!(listed, expected);
    assert_eq!(
        detail["event"]["responseData"],
        json!({ "error": "timeout", "timing": 5_000 })
    );
    // One worker recorded the second attempt as failed and died; another made it once more.
    let failed = answered(at(30_000), 502);
    let twin = history
        .record_attempt(&once, &failed, DeliveryStatus::Failed, None)
        .await
        .unwrap()
        .unwrap();
    let reopened = history
        .reopen_delivery(&twin, Some("job_1"), at(40_000))
        .await
        .unwrap()
        .unwrap();
    world
        .attempt(
            &reopened,
            &answered(at(50_000), 200),
            DeliveryStatus::Delivered,
        )
        .await;
    let (listed, detail) = shown(&world).await;
    let response =
        json!({ "statusCode": 200, "body": "answered 200", "headers": { "server": "nginx" } });
    assert_eq!(
        (&listed["status"], &listed["responseData"]),
        (&json!("delivered"), &response)
    );
    assert_eq!(
        (listed.get("nextAttemptAt"), listed.get("recovery")),
        (None, None)
    );
    let headers = json!({ "server": "nginx" });
    assert_eq!(
        detail["event"]["attemptDetails"],
        json!([
            { "attempt": 1, "at": "2026-01-02T00:00:01.000Z", "error": "timeout", "timing": 5_000 },
            { "attempt": 2, "at": "2026-01-02T00:00:30.000Z", "statusCode": 502, "body": "answered 502",
              "headers": headers, "timing": 245 },
            { "attempt": 3, "at": "2026-01-02T00:00:50.000Z", "statusCode": 200, "body": "answered 200",
              "headers": headers, "timing": 245 }
        ])
    );
    assert_eq!(detail["event"]["recovery"], "job_1");
    let config =
        json!({ "id": 1, "name": "CRM Integration", "url": "https://127.0.0.1:9/webhooks" });
    assert_eq!(detail["webhookConfig"], config);
    assert!(!detail.to_string().contains("nobody-may-see"), "no secret");
    world
        .subscriptions(&Faults::none())
        .delete("acme", 1)
        .await
        .unwrap();
    assert_eq!(shown(&world).await.1.get("webhookConfig"), None);
}

#[tokio::test]
async fn an_attempt_that_was_not_counted_is_not_shown_twice() {
    let world = World::new(None).await;
    let pending = world
        .pending_delivery(&message("acme", "evt_1", at(0), &json!({})), 1)
        .await;
    let faults = Faults::death_at(1, ringpost_tests::faults::Cut::Before);
    let dying = world.history(&faults);
    dying
        .record_attempt(
            &pending,
            &answered(at(1), 500),
            DeliveryStatus::Failed,
            None,
        )
        .await
        .unwrap_err();
    let (_, detail) = shown(&world).await;
    assert_eq!(detail["event"]["attemptDetails"], json!([]));
    world
        .attempt(&pending, &answered(at(2), 200), DeliveryStatus::Delivered)
        .await;
    let details = shown(&world).await.1["event"]["attemptDetails"].clone();
    assert_eq!(
        (details.as_array().unwrap().len(), &details[0]["statusCode"]),
        (1, &json!(200))
    );
}

#[tokio::test]
async fn a_failed_test_and_a_cancelled_delivery_show_why() {
    let world = World::new(None).await;
    let history = world.history(&Faults::none());
    history
        .record_test(
            &message("acme", "evt_t", at(0), &json!({})),
            1,
            &answered(at(1), 500),
        )
        .await
        .unwrap();
    let (listed, detail) = shown(&world).await;
    assert_eq!(
        (&listed["status"], &listed["attempts"]),
        (&json!("failed"), &json!(1))
    );
    assert_eq!(detail["event"]["attemptDetails"][0]["statusCode"], 500);
    let world = World::new(None).await;
    let pending = world
        .pending_delivery(&message("acme", "evt_c", at(0), &json!({})), 1)
        .await;
    let history = world.history(&Faults::none());
    history
        .end_delivery(&pending, DeliveryStatus::Cancelled, "deleted", at(1))
        .await
        .unwrap();
    let (listed, detail) = shown(&world).await;
    assert_eq!(
        (&listed["status"], &listed["responseData"]),
        (&json!("cancelled"), &json!({ "error": "deleted" }))
    );
    assert_eq!(
        detail["event"]["attemptDetails"],
        json!([]),
        "no request was made"
    );
}

#[tokio::test]
async fn each_user_sees_its_own_events() {
    let world = World::new(None).await;
    for (number, user) in [Some("alice"), Some("bob"), None].into_iter().enumerate() {
        let number = i64::try_from(number).unwrap();
        let event = event(Source::LiveKit, &format!("EV_{number}"), at(number), "{}");
        world.receive(&event, "acme", user).await;
        let user_id = user.map(str::to_owned);
        let message = message(
            "acme",
            &format!("evt_{number}"),
            at(number + 10),
            &json!({}),
        );
        world
            .pending_delivery(&Message { user_id, ..message }, 1)
            .await;
    }
    let endpoint = world.webhook_events(10_000).await;
    let all = ask(&endpoint, None, &admin()).await;
    let ids = |answer: &Answer| -> Vec<u64> {
        answer.body["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].as_u64().unwrap())
            .collect()
    };
    assert_eq!((ids(&all).len(), &all.body["total"]), (6, &json!(6)));
    let [_, bobs_delivery, alices_delivery, _, bobs, alices] = ids(&all)[..] else {
        panic!("six")
    };
    for (claims, visible) in [
        (
            json!({ "sub": "alice", "tenant_id": "acme" }),
            vec![alices_delivery, alices],
        ),
        (
            json!({ "sub": "bob", "tenant_id": "acme", "role": "user" }),
            vec![bobs_delivery, bobs],
        ),
        (json!({ "sub": "carol", "tenant_id": "acme" }), vec![]),
        (json!({ "sub": "alice", "tenant_id": "other" }), vec![]),
        (
            json!({ "sub": "boss", "tenant_id": "other", "role": "admin" }),
            vec![],
        ),
        (json!({ "sub": "alice" }), vec![]),
        (json!({ "sub": "acme" }), vec![]),
        (admin(), ids(&all)),
    ] {
        let listed = ask(&endpoint, None, &claims).await;
        assert_eq!(
            (ids(&listed), &listed.body["total"]),
            (visible.clone(), &json!(visible.len())),
            "{claims}"
        );
        for id in ids(&all) {
            let shown = ask(&endpoint, Some(id), &claims).await;
            if visible.contains(&id) {
                assert_eq!(
                    (shown.status, &shown.body["event"]["id"]),
                    (200, &json!(id))
                );
            } else {
                let not_found = json!({ "success": false, "message": "Event not found" });
                assert_eq!((shown.status, shown.body), (404, not_found), "{claims}");
            }
        }
    }
}

#[tokio::test]
async fn a_failed_attempt_is_no_event() {
    let world = World::new(None).await;
    let pending = world
        .pending_delivery(&message("acme", "evt_1", at(0), &json!({})), 1)
        .await;
    world
        .attempt(&pending, &answered(at(1), 500), DeliveryStatus::Failed)
        .await;
    assert_eq!(world.items("history").await.len(), 2);
    // Neither to its tenant nor to one whose name looks like the partition of the attempts.
    shown(&world).await;
    let history = world.history(&Faults::none());
    let tenant_id = format!("acme#{}", pending.at.id % 4);
    let (from, to) = (Timestamp::EPOCH, Timestamp::LATEST);
    let search = Search {
        tenant_id: &tenant_id,
        filter: &RowFilter::default(),
        from,
        to,
        below: None,
        enough: 10,
        examined: 100,
    };
    assert!(history.search(&search).await.unwrap().ids.is_empty());
    assert!(
        history
            .find_row(&DeliveryRef { tenant_id, id: 1 })
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_the_deployed_stack_received_is_listed_and_shown() {
    let (stack, payloads) = (stack(), sip_call(&unique(), "+18588796658"));
    let (key, secret) = (
        stack.value("LIVEKIT_API_KEY"),
        stack.value("LIVEKIT_API_SECRET"),
    );
    for payload in &payloads {
        let body = payload.to_string();
        let request = client()
            .post(stack.url("/api/webhooks/call_completed"))
            .header("Authorization", authorization(key, secret, body.as_bytes()))
            .body(body);
        assert_eq!(stack.send(request).await.status, 200);
    }
    let token = stack.token(json!({ "sub": "boss", "tenant_id": "demo", "role": "admin" }));
    let get = async |path: &str| {
        stack
            .send(client().get(stack.url(path)).bearer_auth(&token))
            .await
    };
    let path = format!(
        "/api/webhooks/events?callId={}&direction=inbound",
        World::call_id(&payloads[0])
    );
    let listed = eventually("all eight events in the history", async || {
        let answer = get(&path).await;
        (answer.body["total"] == 8).then_some(answer)
    });
    let listed = listed.await;
    for event in listed.body["events"].as_array().unwrap() {
        assert!(payloads.contains(&event["payload"]), "{event}");
        assert_eq!(
            (&event["source"], &event["status"]),
            (&json!("livekit"), &json!("processed"))
        );
        let shown = get(&format!("/api/webhooks/events/{}", event["id"])).await;
        assert_eq!((shown.status, &shown.body["event"]), (200, event));
    }
    let stranger = stack.token(json!({ "sub": "boss", "tenant_id": "other", "role": "admin" }));
    let hidden = stack
        .send(client().get(stack.url(&path)).bearer_auth(stranger))
        .await;
    assert_eq!((hidden.status, &hidden.body["total"]), (200, &json!(0)));
}
