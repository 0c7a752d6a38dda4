//! The rotation of a subscription's signing secret.

use ringpost::clock::Clock;
use ringpost_tests::configs::{Configs, documented, signing};
use serde_json::json;

#[tokio::test]
async fn a_rotated_secret_signs_beside_the_old_one_until_the_overlap_ends() {
    let configs = Configs::new().await;
    configs.create(&documented("webhook-config")).await;
    let rotated = configs.rotate("1", "").await;
    assert_eq!(
        (rotated.status, &rotated.body["message"]),
        (200, &json!("Webhook secret rotated successfully"))
    );
    let generated = rotated.body["secret"].as_str().unwrap();
    assert!(generated.starts_with("whsec_"));
    let stored = configs.stored(1).await;
    assert_eq!(
        signing(&stored.secrets, Clock::system().now()),
        [generated, "webhooksecret123"]
    );
    let until = stored.secrets.retired.as_ref().unwrap().valid_until;
    assert_eq!(
        until.millis_since(stored.subscription.updated_at),
        86_400_000,
        "a day"
    );
    assert_eq!(signing(&stored.secrets, until), [generated]);
    let webhook = &rotated.body["webhook"];
    assert_eq!(webhook["previousSecretValidUntil"], until.to_string());
    assert_eq!(
        &configs.show("1").await.body["webhook"],
        webhook,
        "and no secret in it"
    );
    assert!(!webhook.to_string().contains("secret123") && !webhook.to_string().contains(generated));

    let chosen = configs
        .rotate("1", r#"{"secret":"chosen-by-owner","overlapSeconds":60}"#)
        .await;
    assert_eq!(
        (chosen.status, chosen.body.get("secret")),
        (200, None),
        "not echoed"
    );
    assert!(!chosen.body.to_string().contains("chosen-by-owner"));
    assert_eq!(
        signing(&configs.stored(1).await.secrets, Clock::system().now()),
        ["chosen-by-owner", generated],
        "the oldest is dropped"
    );
    let before = configs.stored(1).await;
    assert_eq!(
        configs
            .rotate("1", r#"{"secret":"chosen-by-owner"}"#)
            .await
            .status,
        200
    );
    assert_eq!(
        configs.stored(1).await,
        before,
        "the same again changes nothing"
    );

    assert_eq!(
        configs.rotate("1", r#"{"overlapSeconds":0}"#).await.status,
        200
    );
    let alone = configs.stored(1).await.secrets;
    assert_eq!(
        (signing(&alone, Clock::system().now()).len(), &alone.retired),
        (1, &None)
    );
    configs.rotate("1", "{}").await;
    let put = configs
        .put("1", &json!({ "secret": "put-by-its-owner" }))
        .await;
    assert!(!put.body.to_string().contains("put-by-its-owner"));
    assert_eq!(
        signing(&configs.stored(1).await.secrets, Clock::system().now()),
        ["put-by-its-owner"],
        "at once"
    );
}
