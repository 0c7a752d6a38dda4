//! Subscriptions as their owners configure them.

use http::Method;
use ringpost::domain::{
    delivery::signature::SigningSecret,
    subscription::{Disabled, DisabledReason, Subscription, SubscriptionStatus},
    timestamp::Timestamp,
};
use ringpost_tests::configs::{Configs, admin, ask, documented, minimal};
use serde_json::{Value, json};

const NOT_FOUND: &str = r#"{"message":"Webhook configuration not found","success":false}"#;

#[tokio::test]
async fn a_subscription_is_made_shown_listed_changed_and_deleted() {
    let configs = Configs::new().await;
    assert_eq!(configs.list().await, Vec::<Value>::new());
    let mut expected = documented("webhook-config");
    let made = configs.create(&expected).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body["message"],
        "Webhook configuration created successfully"
    );
    assert!(!made.body.to_string().contains("webhooksecret123"));
    let shown = made.body["webhook"].clone();
    let created_at = shown["createdAt"].clone();
    assert!(Timestamp::parse_rfc3339(created_at.as_str().unwrap()).is_some());
    let fields = expected.as_object_mut().unwrap();
    fields.remove("secret");
    fields.extend([
        ("id".to_owned(), json!(1)),
        ("createdAt".to_owned(), created_at.clone()),
        ("updatedAt".to_owned(), created_at),
    ]);
    assert_eq!(shown, expected);
    assert_eq!(
        configs.show("1").await.body,
        json!({ "success": true, "webhook": shown })
    );
    let summary = |webhook: &Value| {
        let fields = [
            "id",
            "name",
            "url",
            "eventTypes",
            "status",
            "createdAt",
            "updatedAt",
        ];
        fields
            .iter()
            .map(|field| ((*field).to_owned(), webhook[*field].clone()))
            .collect::<Value>()
    };
    assert_eq!(configs.list().await, [summary(&shown)]);

    let update = documented("webhook-config-update");
    let updated = configs.put("1", &update).await;
    assert_eq!(updated.status, 200);
    assert_eq!(
        updated.body["message"],
        "Webhook configuration updated successfully"
    );
    let webhook = &updated.body["webhook"];
    for (field, value) in shown.as_object().unwrap() {
        if field != "updatedAt" {
            assert_eq!(
                &webhook[field],
                update.get(field).unwrap_or(value),
                "{field}"
            );
        }
    }
    assert!(webhook["updatedAt"].as_str() >= webhook["createdAt"].as_str());
    assert_eq!(
        configs.stored(1).await.secrets.present.as_str(),
        "webhooksecret123",
        "the secret stays"
    );
    assert_eq!(configs.list().await, [summary(webhook)]);

    let deleted = configs.delete("1").await;
    let message =
        json!({ "success": true, "message": "Webhook configuration deleted successfully" });
    assert_eq!((deleted.status, deleted.body), (200, message));
    assert_eq!(configs.list().await, Vec::<Value>::new());
    let bodies = [
        configs.delete("1").await,
        configs.show("1").await,
        configs.put("1", &update).await,
        configs.rotate("1", "").await,
    ];
    for answer in bodies {
        assert_eq!(
            (answer.status, answer.body.to_string().as_str()),
            (404, NOT_FOUND)
        );
    }
    assert_eq!(
        configs.create(&minimal("Next")).await.body["webhook"]["id"],
        2,
        "an id is given once"
    );
}

#[tokio::test]
async fn what_is_left_out_is_shown_as_its_default_and_a_generated_secret_once() {
    let configs = Configs::new().await;
    let made = configs.create(&minimal("CRM")).await.body["webhook"].clone();
    for (field, default) in [
        ("status", json!("active")),
        ("headers", json!({})),
        ("filters", json!({})),
        ("metadata", json!({})),
        (
            "retryConfig",
            json!({ "maxAttempts": 9, "initialDelay": 5, "maxDelay": 36_000, "backoffFactor": 6 }),
        ),
    ] {
        assert_eq!(made[field], default, "{field}");
    }
    for absent in [
        "rateLimit",
        "disabled",
        "previousSecretValidUntil",
        "tenantId",
    ] {
        assert_eq!(made.get(absent), None, "{absent}");
    }
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(
        configs.stored(1).await.secrets.present,
        SigningSecret::parse(secret).unwrap()
    );
    assert!(secret.starts_with("whsec_"));
    let other = configs.create(&minimal("Other")).await.body["webhook"]["secret"].clone();
    assert_ne!(other, secret);
    let later = [
        configs.show("1").await.body,
        configs.put("1", &json!({ "name": "New" })).await.body,
        json!(configs.list().await),
        configs.rotate("1", "").await.body,
        configs.show("1").await.body,
    ];
    for answer in later {
        assert!(!answer.to_string().contains(secret), "{answer}");
    }
}

#[tokio::test]
async fn a_put_changes_what_is_sent_and_nothing_else() {
    let configs = Configs::new().await;
    let mut body = documented("webhook-config");
    body["rateLimit"] = json!(10);
    configs.create(&body).await;
    let mut expected = configs.show("1").await.body["webhook"].clone();
    for (field, sent, shown) in [
        ("name", json!("Renamed"), json!("Renamed")),
        (
            "url",
            json!("https://other.example.com"),
            json!("https://other.example.com"),
        ),
        (
            "eventTypes",
            json!(["call.created"]),
            json!(["call.created"]),
        ),
        ("status", json!("inactive"), json!("inactive")),
        ("headers", json!({ "X-New": "v" }), json!({ "X-New": "v" })),
        ("headers", json!(null), json!({})),
        (
            "retryConfig",
            json!({ "maxAttempts": 4 }),
            json!({ "maxAttempts": 4, "initialDelay": 5, "maxDelay": 36_000, "backoffFactor": 6 }),
        ),
        (
            "filters",
            json!({ "agents": ["a"] }),
            json!({ "agents": ["a"] }),
        ),
        ("filters", json!({}), json!({})),
        ("metadata", json!({ "n": 1 }), json!({ "n": 1 })),
        ("rateLimit", json!(1), json!(1)),
        ("status", json!(null), json!("active")),
    ] {
        let updated = configs.put("1", &json!({ field: sent })).await;
        assert_eq!(updated.status, 200, "{field}: {updated:?}");
        expected[field] = shown;
        expected["updatedAt"] = updated.body["webhook"]["updatedAt"].clone();
        assert_eq!(updated.body["webhook"], expected, "{field}");
        assert_eq!(configs.show("1").await.body["webhook"], expected, "{field}");
    }
    configs.put("1", &json!({ "rateLimit": null })).await;
    let mut shown = configs.show("1").await.body["webhook"].clone();
    assert_eq!(shown.get("rateLimit"), None);
    assert_eq!(
        configs.stored(1).await.secrets.present.as_str(),
        "webhooksecret123"
    );

    // What was read can be put back, and what changes nothing is not written.
    shown["newer"] = json!([]);
    let before = configs.world.items("webhookconfigs").await;
    assert_eq!(configs.put("1", &shown).await.status, 200);
    assert_eq!(configs.put("1", &json!({})).await.status, 200);
    assert_eq!(configs.world.items("webhookconfigs").await, before);
}

#[tokio::test]
async fn setting_it_active_ends_what_ringpost_disabled() {
    let configs = Configs::new().await;
    configs.create(&minimal("CRM")).await;
    let table = configs.table();
    let read = table.find_with_secrets("acme", 1).await.unwrap().unwrap();
    let at = Timestamp::parse_rfc3339("2026-01-02T03:04:05Z").unwrap();
    let disabled = Subscription {
        status: SubscriptionStatus::Inactive,
        disabled: Some(Disabled {
            at,
            reason: DisabledReason::Gone,
        }),
        ..read.subscription.clone()
    };
    assert!(
        table
            .replace(&read, &disabled, &read.secrets)
            .await
            .unwrap()
    );
    let shown = json!({ "at": "2026-01-02T03:04:05.000Z", "reason": "gone" });
    let renamed = configs.put("1", &json!({ "name": "Renamed" })).await;
    assert_eq!(renamed.body["webhook"]["disabled"], shown);
    assert_eq!(configs.list().await[0]["status"], "inactive");
    let active = configs.put("1", &json!({ "status": "active" })).await.body["webhook"].clone();
    assert_eq!(
        (active.get("disabled"), &active["status"]),
        (None, &json!("active"))
    );
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing_and_counts_its_own_ids() {
    let configs = Configs::new().await;
    configs.create(&minimal("Mine")).await;
    configs.create(&minimal("Mine too")).await;
    let (mine, mine_shown) = (configs.list().await, configs.show("2").await);
    let other = configs.asked_by(admin("other"));
    assert_eq!(other.list().await, Vec::<Value>::new());
    let put = json!({ "name": "Stolen" });
    for id in ["1", "2"] {
        let answers = [
            other.show(id).await,
            other.put(id, &put).await,
            other.delete(id).await,
            other.rotate(id, "").await,
        ];
        for answer in answers {
            assert_eq!(
                (answer.status, answer.body.to_string().as_str()),
                (404, NOT_FOUND)
            );
        }
    }
    assert_eq!(
        other.create(&minimal("Theirs")).await.body["webhook"]["id"],
        1
    );
    assert_eq!(other.delete("1").await.status, 200);
    let configs = other.asked_by(admin("acme"));
    assert_eq!(
        (configs.list().await, configs.show("2").await),
        (mine, mine_shown)
    );

    for claims in [
        json!({ "sub": "u", "tenant_id": "acme" }),
        json!({ "sub": "u", "tenant_id": "acme", "role": "user" }),
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            for id in [None, Some("1"), Some("x")] {
                let body = minimal("No").to_string();
                assert_eq!(
                    ask(&configs.configs, &claims, method.clone(), id, &body)
                        .await
                        .status,
                    403
                );
            }
        }
        assert_eq!(
            ask(&configs.rotate, &claims, Method::POST, Some("1"), "")
                .await
                .status,
            403
        );
    }
    assert_eq!(configs.list().await.len(), 2);
}

#[tokio::test]
async fn a_path_that_names_no_subscription_is_a_404_and_a_wrong_body_a_4xx() {
    let configs = Configs::new().await;
    configs.create(&minimal("CRM")).await;
    for id in [
        "0",
        "-1",
        "2",
        "01",
        "+1",
        "1.0",
        "%31",
        "x",
        "",
        "18446744073709551616",
        "\u{1F600}",
    ] {
        let answers = [
            configs.show(id).await,
            configs.put(id, &json!({})).await,
            configs.delete(id).await,
            configs.rotate(id, "").await,
        ];
        for answer in answers {
            assert_eq!(
                (answer.status, answer.body.to_string().as_str()),
                (404, NOT_FOUND),
                "{id:?}"
            );
        }
    }
    let large = json!({ "name": "x".repeat(64 * 1_024) });
    for (body, status) in [
        (json!([]), 400),
        (json!(null), 400),
        (json!("text"), 400),
        (large, 413),
    ] {
        let rotated = configs.rotate("1", &body.to_string()).await;
        for answer in [
            configs.create(&body).await,
            configs.put("1", &body).await,
            rotated,
        ] {
            assert_eq!(
                (answer.status, &answer.body["success"]),
                (status, &json!(false))
            );
        }
    }
    let refused = configs
        .put(
            "1",
            &json!({ "name": "Other", "headers": { "Host": "evil" } }),
        )
        .await;
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (400, &json!("headers.Host"))
    );
    let refused = configs.rotate("1", r#"{"overlapSeconds":604801}"#).await;
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (400, &json!("overlapSeconds"))
    );
    assert_eq!(
        configs.list().await[0]["name"],
        "CRM",
        "a refused change changes nothing"
    );
    for (method, id) in [
        (Method::POST, Some("1")),
        (Method::PUT, None),
        (Method::DELETE, None),
    ] {
        let body = minimal("No").to_string();
        let answer = ask(&configs.configs, &configs.claims, method, id, &body).await;
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (404, &json!("No such route"))
        );
    }
}
