//! The configuration of subscriptions through the deployed stack: the samples, and the Webhook API document.

use std::process::Command;

use http::Method;
use ringpost_tests::{
    configs::{Configs, admin, documented},
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{client, root, stack},
};
use serde_json::{Value, json};

#[tokio::test]
async fn the_samples_are_answered() {
    let configs = Configs::new().await;
    let answer = async |name: &str| invoke(&configs.configs, request(&sample_event(name))).await;
    assert_eq!(answer("webhook-config").await.status, 201);
    assert_eq!(answer("webhook-config-update").await.status, 200);
    let rotated = invoke(
        &configs.rotate,
        request(&sample_event("webhook-rotate-secret")),
    )
    .await;
    assert_eq!(rotated.status, 200);
    assert!(rotated.body["secret"].is_string());
}

#[tokio::test]
async fn the_deployed_stack_answers_as_the_document_does_and_logs_no_secret() {
    let (stack, tenant) = (stack(), unique());
    let token = stack.token(admin(&tenant));
    let send = async |method: Method, path: &str, body: Option<&Value>| {
        let url = stack.url(&format!("/api/webhooks/config{path}"));
        let request = client().request(method, url).bearer_auth(&token);
        stack
            .send(if let Some(body) = body {
                request.json(body)
            } else {
                request
            })
            .await
    };
    let mut body = documented("webhook-config");
    let secret = format!("secret-of-{}", unique());
    body["secret"] = json!(secret);
    let made = send(Method::POST, "", Some(&body)).await;
    assert_eq!(
        (made.status, &made.body["webhook"]["id"]),
        (201, &json!(1)),
        "{made:?}"
    );
    let shown = send(Method::GET, "/1", None).await;
    assert_eq!(
        (shown.status, &shown.body["webhook"]),
        (200, &made.body["webhook"])
    );
    let updated = send(
        Method::PUT,
        "/1",
        Some(&documented("webhook-config-update")),
    )
    .await;
    assert_eq!(
        (updated.status, &updated.body["webhook"]["name"]),
        (200, &json!("Marketing Platform - Updated"))
    );
    let health = send(Method::GET, "/1/health", None).await;
    assert_eq!(
        (health.status, &health.body["deliveries"]["total"]),
        (200, &json!(0)),
        "{health:?}"
    );
    let rotated = send(Method::POST, "/1/rotate-secret", None).await;
    let generated = rotated.body["secret"].as_str().unwrap();
    let list = send(Method::GET, "", None).await;
    assert_eq!(
        list.body["webhooks"][0]["updatedAt"],
        rotated.body["webhook"]["updatedAt"]
    );
    let here =
        json!({ "name": "Here", "url": "http://127.0.0.1:9/in", "eventTypes": ["call.created"] });
    assert_eq!(
        send(Method::POST, "", Some(&here)).await.status,
        201,
        "the local stage may deliver to itself"
    );
    let wrong = send(
        Method::POST,
        "",
        Some(&json!({ "name": "n", "secret": secret, "url": "x" })),
    )
    .await;
    assert_eq!((wrong.status, &wrong.body["field"]), (400, &json!("url")));
    for id in ["1", "2"] {
        assert_eq!(
            send(Method::DELETE, &format!("/{id}"), None).await.status,
            200
        );
    }
    assert_eq!(send(Method::GET, "/1", None).await.status, 404);

    let logs = Command::new("make")
        .arg("logs")
        .current_dir(root())
        .output()
        .unwrap();
    let logs = String::from_utf8(logs.stdout).unwrap();
    assert!(logs.contains("webhook-config") && logs.contains("webhook-rotate-secret"));
    for private in [
        secret.as_str(),
        generated,
        "marketing-api-key-456",
        token.as_str(),
    ] {
        assert!(!logs.contains(private), "a log line holds {private}");
    }
}
