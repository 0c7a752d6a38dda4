//! Tests of subscriptions: what is posted, what is answered and what the history holds, in a
//! separate world and through the deployed stack.

use std::collections::HashMap;

use http::header::AUTHORIZATION;
use lambda_http::{Body, Request, RequestExt};
use ringpost::{
    domain::{
        delivery::{Delivery, DeliveryRef, DeliveryStatus, retry::RetryConfig},
        event_type,
        subscription::{Filters, SigningSecrets, Subscription, SubscriptionStatus},
        timestamp::Timestamp,
    },
    fan_out::samples::sample_data,
};
use ringpost_functions::webhooks::webhook_test;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event},
    receiver::{Answer as Reply, Receiver},
    stack::{Answer, client, stack},
    subscriptions::{rotated, secrets},
    world::World,
};
use serde_json::{Value, json};

const SECRET: &str = "webhooksecret123";
const OLD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn admin(tenant_id: &str) -> Value {
    json!({ "sub": format!("admin_{tenant_id}"), "tenant_id": tenant_id, "role": "admin" })
}

/// The first subscription of `acme`, or of whom it says.
fn subscription(url: &str, tenant_id: &str) -> Subscription {
    Subscription {
        tenant_id: tenant_id.to_owned(),
        id: 1,
        name: "CRM Integration".to_owned(),
        url: url.to_owned(),
        event_types: vec![
            "call.completed".to_owned(),
            "conversation.completed".to_owned(),
        ],
        status: SubscriptionStatus::Active,
        headers: [("X-API-Key".to_owned(), "crm-api-key-123".to_owned())].into(),
        retry_config: RetryConfig::default(),
        filters: Filters::default(),
        rate_limit: None,
        metadata: serde_json::Map::new(),
        disabled: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        routed_at: None,
        proven_url: None,
    }
}

/// A world with one subscription, and the endpoint it goes to.
struct Scene {
    world: World,
    receiver: Receiver,
}

impl Scene {
    async fn new(change: impl FnOnce(&mut Subscription)) -> Self {
        Self::signed(&secrets(), change).await
    }

    async fn signed(secrets: &SigningSecrets, change: impl FnOnce(&mut Subscription)) -> Self {
        let (world, receiver) = (World::new(None).await, Receiver::start());
        let mut subscription = subscription(&receiver.url("/hooks"), "acme");
        change(&mut subscription);
        world
            .subscriptions(&Faults::none())
            .create(&subscription, secrets)
            .await
            .unwrap();
        Self { world, receiver }
    }

    async fn ask(&self, claims: &Value, id: &str, body: &str) -> Answer {
        ask(
            &self.world.webhook_test(&Faults::none()).await,
            claims,
            id,
            body,
        )
        .await
    }

    async fn test(&self, body: &Value) -> Answer {
        self.ask(&admin("acme"), "1", &body.to_string()).await
    }

    /// The only delivery in the history.
    async fn delivery(&self) -> Delivery {
        let rows = self.world.items("history").await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let at = DeliveryRef {
            tenant_id: "acme".to_owned(),
            id: rows[0]["id"].as_n().unwrap().parse().unwrap(),
        };
        self.world
            .history(&Faults::none())
            .find_delivery(&at)
            .await
            .unwrap()
            .unwrap()
    }
}

async fn ask(endpoint: &webhook_test::Function, claims: &Value, id: &str, body: &str) -> Answer {
    let path: HashMap<_, _> = [("id".to_owned(), vec![id.to_owned()])].into();
    let mut request = Request::new(Body::Text(body.to_owned())).with_path_parameters(path);
    *request.method_mut() = http::Method::POST;
    let bearer = format!("Bearer {}", stack().token(claims.clone()));
    request
        .headers_mut()
        .insert(AUTHORIZATION, bearer.parse().unwrap());
    invoke(endpoint, request).await
}

#[tokio::test]
async fn the_document_s_test_is_posted_answered_and_in_the_history() {
    let scene = Scene::new(|_| {}).await;
    let endpoint = scene.world.webhook_test(&Faults::none()).await;
    // The sample is of the demonstration tenant.
    let demo = subscription(&scene.receiver.url("/demo"), "demo");
    scene
        .world
        .subscriptions(&Faults::none())
        .create(&demo, &secrets())
        .await
        .unwrap();
    let answer = invoke(&endpoint, request(&sample_event("webhook-test"))).await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true)),
        "{answer:?}"
    );
    assert_eq!(scene.receiver.requests()[0].path, "/demo");

    let payload =
        json!({ "callId": "test-call-123", "duration": 120, "outcome": "appointment_set" });
    let scene = Scene::new(|_| {}).await;
    let answer = scene
        .test(&json!({ "eventType": "call.completed", "testPayload": payload }))
        .await;
    let details = &answer.body["details"];
    let event_id = details["eventId"].as_str().unwrap();
    assert!(
        event_id.starts_with("evt_test_") && !event_id.contains('.'),
        "{event_id}"
    );
    assert!(details["responseTime"].as_u64().unwrap() < 1_000);
    assert_eq!(
        answer.body,
        json!({
            "success": true,
            "message": "Test webhook sent successfully",
            "details": {
                "statusCode": 200, "responseBody": "Received",
                "responseTime": details["responseTime"], "eventId": event_id
            }
        })
    );
    let requests = scene.receiver.requests();
    let posted = &requests[0];
    assert_eq!(
        (requests.len(), posted.path.as_str(), posted.message_id()),
        (1, "/hooks", event_id)
    );
    assert_eq!(posted.header("x-api-key"), "crm-api-key-123");
    assert!(posted.is_signed_with(SECRET) && !posted.is_signed_with(OLD_SECRET));
    let body = posted.json();
    assert_eq!(
        (&body["type"], &body["data"]),
        (&json!("call.completed"), &payload)
    );
    assert_eq!(body.as_object().unwrap().len(), 3);
    let delivery = scene.delivery().await;
    assert_eq!(
        (delivery.message_id.as_str(), delivery.subscription_id),
        (event_id, 1)
    );
    assert_eq!(
        (delivery.status, delivery.attempts),
        (DeliveryStatus::Delivered, 1)
    );
    assert_eq!(
        (delivery.body.as_ref(), delivery.event_type.as_str()),
        (Some(&posted.body), "call.completed")
    );
    assert_eq!(body["timestamp"], delivery.created_at.to_string());
    assert_eq!(delivery.last.unwrap().body, "Received");
}

#[tokio::test]
async fn without_a_payload_a_sample_of_the_type_is_posted_even_when_inactive() {
    let scene = Scene::new(|subscription| {
        subscription.status = SubscriptionStatus::Inactive;
        subscription.event_types = event_type::all()
            .iter()
            .map(|&name| name.to_owned())
            .collect();
    })
    .await;
    let mut reported = std::collections::BTreeSet::new();
    for event_type in event_type::all() {
        let answer = scene
            .test(&json!({ "eventType": event_type, "testPayload": null }))
            .await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (200, &json!(true)),
            "{event_type}"
        );
        reported.insert(answer.body["details"]["eventId"].to_string());
        let body = scene.receiver.requests().pop().unwrap().json();
        let data = sample_data(event_type, &subscription("", "acme"));
        assert_eq!(body["data"], Value::from(data), "{event_type}");
    }
    assert_eq!(
        reported.len(),
        event_type::all().len(),
        "every test has an id of its own"
    );
}

#[tokio::test]
async fn a_secret_that_was_rotated_out_signs_while_it_is_valid() {
    for (valid_until, signs) in [(Timestamp::LATEST, true), (Timestamp::EPOCH, false)] {
        let scene = Scene::signed(&rotated(OLD_SECRET, valid_until), |_| {}).await;
        scene.test(&json!({ "eventType": "call.completed" })).await;
        let requests = scene.receiver.requests();
        assert!(requests[0].is_signed_with(SECRET));
        assert_eq!(requests[0].is_signed_with(OLD_SECRET), signs);
    }
}

#[tokio::test]
async fn the_failure_of_an_endpoint_is_shown_and_kept() {
    for (reply, status, error) in [
        (Reply::Status(503), Some(503), None),
        (Reply::Status(410), Some(410), None),
        (
            Reply::Redirect("https://example.com/".to_owned()),
            Some(302),
            None,
        ),
        (Reply::Hang, None, Some("timed out")),
        (Reply::Close, None, Some("connection broken")),
    ] {
        let scene = Scene::new(|_| {}).await;
        scene.receiver.play(reply);
        let answer = scene.test(&json!({ "eventType": "call.completed" })).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (200, &json!(false))
        );
        assert_eq!(answer.body["message"], "Test webhook failed");
        let details = &answer.body["details"];
        assert_eq!(
            (details["statusCode"].as_u64(), details["error"].as_str()),
            (status, error)
        );
        assert_eq!(details["responseBody"].is_string(), status.is_some());
        let delivery = scene.delivery().await;
        assert_eq!(
            (delivery.status, delivery.attempts),
            (DeliveryStatus::Failed, 1)
        );
        assert_eq!(delivery.last.unwrap().error.as_deref(), error);
    }
}

#[tokio::test]
async fn where_deliveries_may_not_go_a_test_does_not_go_either() {
    let scene =
        Scene::new(|subscription| subscription.url = "https://169.254.169.254/latest".to_owned())
            .await;
    let answer = scene.test(&json!({ "eventType": "call.completed" })).await;
    assert_eq!(
        (answer.status, &answer.body["details"]["error"]),
        (200, &json!("address not allowed"))
    );
}

#[tokio::test]
async fn what_is_wrong_is_named_and_posts_nothing() {
    let scene = Scene::new(|_| {}).await;
    let large =
        json!({ "eventType": "call.completed", "testPayload": { "a": "x".repeat(70_000) } });
    for (body, status, field) in [
        (json!({}), 400, json!("eventType")),
        (json!({ "eventType": 7 }), 400, json!("eventType")),
        (
            json!({ "eventType": "call.created" }),
            400,
            json!("eventType"),
        ),
        (json!({ "eventType": "nonsense" }), 400, json!("eventType")),
        (
            json!({ "eventType": "call.completed", "testPayload": "text" }),
            400,
            json!("testPayload"),
        ),
        (
            json!({ "eventType": "call.completed", "testPayload": [1] }),
            400,
            json!("testPayload"),
        ),
        (json!([]), 400, Value::Null),
        (large, 413, Value::Null),
    ] {
        let answer = scene.test(&body).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (status, &field),
            "{answer:?}"
        );
        assert_eq!(answer.body["success"], false);
    }
    let valid = json!({ "eventType": "call.completed" }).to_string();
    for (claims, id, status) in [
        (admin("other"), "1", 404),
        (admin("acme"), "2", 404),
        (admin("acme"), "0", 404),
        (admin("acme"), "-1", 404),
        (admin("acme"), "one", 404),
        (admin("acme"), "99999999999999999999", 404),
        (json!({ "sub": "user", "tenant_id": "acme" }), "1", 403),
        (
            json!({ "sub": "user", "tenant_id": "acme", "role": "admin", "exp": 1 }),
            "1",
            401,
        ),
    ] {
        let answer = scene.ask(&claims, id, &valid).await;
        assert_eq!(answer.status, status, "{claims} {id}");
    }
    assert!(scene.receiver.requests().is_empty() && scene.world.items("history").await.is_empty());
}

#[tokio::test]
async fn a_test_that_is_not_in_the_history_is_answered_500() {
    let scene = Scene::new(|_| {}).await;
    let body = json!({ "eventType": "call.completed" }).to_string();
    for (number, posts) in [(0, 0), (1, 1)] {
        let faults = Faults::death_at(number, Cut::Before);
        let endpoint = scene.world.webhook_test(&faults).await;
        let answer = ask(&endpoint, &admin("acme"), "1", &body).await;
        assert_eq!(answer.status, 500, "{answer:?}");
        assert_eq!(scene.receiver.requests().len(), posts);
        assert!(scene.world.items("history").await.is_empty());
    }
    // The SDK repeats a put whose answer was lost; the row is still one.
    let faults = Faults::once("PutItem", Cut::After);
    let endpoint = scene.world.webhook_test(&faults).await;
    let answer = ask(&endpoint, &admin("acme"), "1", &body).await;
    assert_eq!((answer.status, faults.requests()), (200, 2), "{answer:?}");
    assert_eq!(
        scene.delivery().await.message_id,
        answer.body["details"]["eventId"]
    );
}

#[tokio::test]
async fn the_deployed_function_posts_a_test() {
    let (stack, receiver) = (stack(), Receiver::start());
    let token = stack.value("RINGPOST_TOKEN");
    let post = async |path: &str, body: Value| {
        stack
            .send(
                client()
                    .post(stack.url(path))
                    .bearer_auth(token)
                    .json(&body),
            )
            .await
    };
    let config = json!({
        "name": "Test", "url": receiver.url("/hooks"), "secret": SECRET, "eventTypes": ["call.completed"],
        "status": "inactive"
    });
    let made = post("/api/webhooks/config", config).await;
    let path = format!("/api/webhooks/config/{}", made.body["webhook"]["id"]);
    let answer = post(
        &format!("{path}/test"),
        json!({ "eventType": "call.completed" }),
    )
    .await;
    stack
        .send(client().delete(stack.url(&path)).bearer_auth(token))
        .await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true)),
        "{answer:?}"
    );
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].is_signed_with(SECRET));
    assert_eq!(answer.body["details"]["eventId"], requests[0].message_id());
    let row = format!(
        "{}#{}",
        requests[0].message_id(),
        made.body["webhook"]["id"]
    );
    assert_eq!(stack.history_rows(&row).await, 1);
}
