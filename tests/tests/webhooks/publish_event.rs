//! `POST /api/events`: what a tenant publishes is kept once per key and reported to those who want it.

use http::header::AUTHORIZATION;
use lambda_http::{Body, Request};
use ringpost::domain::subscription::Filters;
use ringpost_functions::publishing::publish_event;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{Answer, client, eventually, stack},
    world::{World, publishing::posted},
};
use serde_json::{Value, json};

fn published(role: Option<&str>, tenant_id: &str, key: Option<&str>, body: &str) -> Request {
    let mut request = Request::new(Body::Text(body.to_owned()));
    let token = stack().token(json!({ "sub": "user_1", "tenant_id": tenant_id, "role": role }));
    request
        .headers_mut()
        .insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    if let Some(key) = key {
        request
            .headers_mut()
            .insert("idempotency-key", key.parse().unwrap());
    }
    request
}

async fn publish(
    endpoint: &publish_event::Function,
    tenant_id: &str,
    key: &str,
    body: &Value,
) -> Answer {
    invoke(
        endpoint,
        published(Some("admin"), tenant_id, Some(key), &body.to_string()),
    )
    .await
}

fn started() -> Value {
    json!({ "eventType": "campaign.started", "payload": { "campaignId": "campaign-789", "contacts": 250 } })
}

#[tokio::test]
async fn an_event_reaches_those_who_want_it_under_the_id_that_was_answered() {
    let world = World::new(None).await;
    let endpoint = world.publish_event(&Faults::none()).await;
    let of = |campaign: &str| Filters {
        campaigns: vec![campaign.to_owned()],
        ..Filters::default()
    };
    let wanting = world
        .subscribe("acme", &["campaign.started"], of("campaign-789"))
        .await;
    world
        .subscribe("acme", &["campaign.started"], of("campaign-101"))
        .await;
    world
        .subscribe("acme", &["campaign.completed"], Filters::default())
        .await;
    world
        .subscribe("other", &["campaign.started"], Filters::default())
        .await;
    let mut body = started();
    body["occurredAt"] = json!("2026-01-02T01:00:00+01:00");
    let answer = publish(&endpoint, "acme", "first", &body).await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (202, &json!(true))
    );
    world.process_all().await;
    assert_eq!(world.take_deliveries().await.len(), 1);
    world.process_log().await;
    let deliveries = world.outbound().await;
    let [delivery] = &deliveries[..] else {
        unreachable!("{deliveries:?}")
    };
    assert_eq!(
        (delivery.subscription_id, delivery.at.tenant_id.as_str()),
        (wanting, "acme")
    );
    assert_eq!(delivery.message_id, answer.body["eventId"]);
    let expected = json!({
        "type": "campaign.started", "timestamp": "2026-01-02T00:00:00.000Z", "data": body["payload"]
    });
    assert_eq!(posted(delivery), expected);
}

#[tokio::test]
async fn the_same_key_is_the_same_event_and_never_another_tenants() {
    let world = World::new(None).await;
    let endpoint = world.publish_event(&Faults::none()).await;
    let first = publish(&endpoint, "acme", "key", &started()).await;
    assert_eq!(
        publish(&endpoint, "acme", "key", &started()).await,
        first,
        "the same again"
    );
    let reordered = r#"{"payload":{"contacts":250,"campaignId":"campaign-789"},"eventType":"campaign.started"}"#;
    let reordered = invoke(
        &endpoint,
        published(Some("admin"), "acme", Some("key"), reordered),
    )
    .await;
    assert_eq!(reordered, first, "the same in another order");
    let respelt = r#"{"payload":{"contacts":2.5e2,"campaignId":"campaign-\u0037\u00389"},"eventType":"campaign.started"}"#;
    let respelt = invoke(
        &endpoint,
        published(Some("admin"), "acme", Some("key"), respelt),
    )
    .await;
    assert_eq!(respelt, first, "the same in other spellings");
    let mut payload = started();
    payload["payload"]["contacts"] = json!(251);
    let mut event_type = started();
    event_type["eventType"] = json!("campaign.completed");
    let mut time = started();
    time["occurredAt"] = json!("2026-01-02T00:00:00Z");
    for another in [payload, event_type, time] {
        let answer = publish(&endpoint, "acme", "key", &another).await;
        let expected = json!({
            "success": false, "field": "Idempotency-Key",
            "message": "This Idempotency-Key was used for another event"
        });
        assert_eq!((answer.status, answer.body), (409, expected), "{another}");
    }
    assert_eq!(world.items("events").await.len(), 1);
    // Neither a name nor a separator lets a tenant reach the keys of another one.
    for (tenant_id, key) in [
        ("other", "key"),
        ("acme:a", "b"),
        ("acme", "a:b"),
        ("acme", "Key"),
    ] {
        let answer = publish(&endpoint, tenant_id, key, &started()).await;
        assert_eq!(answer.status, 202, "{tenant_id} {key}");
        assert_ne!(answer.body["eventId"], first.body["eventId"]);
    }
    assert_eq!(world.items("events").await.len(), 5);
    let keys = world.items("events").await;
    assert!(
        keys.iter()
            .all(|event| !event["key"].as_s().unwrap().ends_with("key")),
        "keys are not logged"
    );
}

#[tokio::test]
async fn numbers_are_posted_as_they_were_written_and_half_a_character_is_replaced() {
    let world = World::new(None).await;
    let endpoint = world.publish_event(&Faults::none()).await;
    world
        .subscribe("acme", &["transfer.completed"], Filters::default())
        .await;
    let sent = r#"{"id":123456789012345678901234567890,"a":1E2,"z":1.10,"huge":1e400,"note":"cut \ud83d"}"#;
    let body = format!(r#"{{"eventType":"transfer.completed","payload":{sent}}}"#);
    for _ in 0..2 {
        let answer = invoke(
            &endpoint,
            published(Some("admin"), "acme", Some("key"), &body),
        )
        .await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let other = body.replace("567890,", "567891,");
    assert_eq!(
        invoke(
            &endpoint,
            published(Some("admin"), "acme", Some("key"), &other)
        )
        .await
        .status,
        409
    );
    world.process_all().await;
    let deliveries = world.outbound().await;
    let [delivery] = &deliveries[..] else {
        unreachable!("{deliveries:?}")
    };
    let posted = String::from_utf8(delivery.body.clone().unwrap().to_vec()).unwrap();
    let data = sent.replace("ud83d", "ufffd");
    assert!(posted.ends_with(&format!(r#""data":{data}}}"#)), "{posted}");
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_the_same_request() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0..1 {
            let world = World::new(None).await;
            let dying = world.publish_event(&Faults::death_at(number, cut)).await;
            let failed = publish(&dying, "acme", "key", &started()).await;
            assert_eq!(
                (failed.status, &failed.body["success"]),
                (500, &json!(false))
            );
            let endpoint = world.publish_event(&Faults::none()).await;
            assert_eq!(
                publish(&endpoint, "acme", "key", &started()).await.status,
                202
            );
            assert_eq!(world.items("events").await.len(), 1, "{cut:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let world = World::new(None).await;
    let endpoint = world.publish_event(&Faults::none()).await;
    let with = |field: &str, value: Value| {
        let mut body = started();
        body[field] = value;
        body
    };
    let long = "x".repeat(61 * 1024);
    for (field, body) in [
        ("eventType", with("eventType", json!("call.completed"))),
        ("eventType", with("eventType", json!("webhook.disabled"))),
        ("eventType", with("eventType", json!("campaign.paused"))),
        ("eventType", with("eventType", json!(7))),
        ("eventType", with("eventType", Value::Null)),
        ("payload", with("payload", Value::Null)),
        ("payload", with("payload", json!([1]))),
        ("payload", with("payload", json!("text"))),
        ("payload", with("payload", json!({ "long": long }))),
        ("occurredAt", with("occurredAt", json!("yesterday"))),
        ("occurredAt", with("occurredAt", json!(1_767_312_000))),
    ] {
        let answer = publish(&endpoint, "acme", "key", &body).await;
        assert_eq!(
            (answer.status, answer.body["field"].as_str()),
            (400, Some(field)),
            "{}",
            answer.body
        );
        assert!(answer.body["message"].as_str().unwrap().starts_with(field));
    }
    for key in [None, Some(""), Some("two words"), Some(&*"k".repeat(257))] {
        let answer = invoke(
            &endpoint,
            published(Some("admin"), "acme", key, &started().to_string()),
        )
        .await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!("Idempotency-Key")),
            "{key:?}"
        );
    }
    for (status, body) in [(400, ""), (400, "[]"), (413, &*" ".repeat(65 * 1024))] {
        let answer = invoke(
            &endpoint,
            published(Some("admin"), "acme", Some("key"), body),
        )
        .await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (status, &json!(false))
        );
    }
    let user = invoke(
        &endpoint,
        published(None, "acme", Some("key"), &started().to_string()),
    )
    .await;
    assert_eq!(user.status, 403);
    assert_eq!(world.items("events").await.len(), 0);
}

#[tokio::test]
async fn the_sample_is_published() {
    let world = World::new(None).await;
    let endpoint = world.publish_event(&Faults::none()).await;
    let answer = invoke(&endpoint, request(&sample_event("publish-event"))).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
}

#[tokio::test]
async fn through_the_deployed_stack_an_event_becomes_a_delivery() {
    let (stack, unique) = (stack(), unique());
    let tenant_id = format!("tenant-{unique}");
    let deployed = World::deployed().await;
    let id = deployed
        .subscribe(&tenant_id, &["transfer.initiated"], Filters::default())
        .await;
    let token = stack.token(json!({ "sub": "user_1", "tenant_id": tenant_id, "role": "admin" }));
    let body = json!({ "eventType": "transfer.initiated", "payload": { "callId": unique } });
    let post = async || {
        let request = client().post(stack.url("/api/events")).bearer_auth(&token);
        stack
            .send(request.header("Idempotency-Key", &unique).json(&body))
            .await
    };
    let answer = post().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(post().await, answer);
    let row = format!("{}#{id}", answer.body["eventId"].as_str().unwrap());
    let rows = eventually("the delivery", async || {
        Some(stack.history_rows(&row).await).filter(|rows| *rows > 0)
    });
    assert_eq!(rows.await, 1);
}
