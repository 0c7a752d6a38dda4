//! Subscriptions when many configure them at once, and when connections break and processes die.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::Method;
use ringpost::{clock::Clock, store::subscriptions::MAX_PER_TENANT};
use ringpost_tests::{
    configs::{Configs, admin, ask, documented, minimal, signing},
    faults::{Cut, Faults},
};
use serde_json::{Value, json};

#[tokio::test]
async fn those_who_create_at_once_get_ids_of_their_own_and_there_is_an_end() {
    let configs = Configs::new().await;
    let names: Vec<Value> = (0..MAX_PER_TENANT)
        .map(|number| minimal(&number.to_string()))
        .collect();
    let mut ids = BTreeSet::new();
    for some in names.chunks(20) {
        for made in join_all(some.iter().map(|body| configs.create(body))).await {
            assert_eq!(made.status, 201);
            ids.insert(made.body["webhook"]["id"].as_u64().unwrap());
        }
    }
    assert_eq!(ids, (1..=MAX_PER_TENANT as u64).collect());
    let listed: Vec<u64> = configs
        .list()
        .await
        .iter()
        .map(|webhook| webhook["id"].as_u64().unwrap())
        .collect();
    assert!(listed.iter().eq(&ids), "by id");
    let full = configs.create(&minimal("One more")).await;
    let message = "There are 100 webhook configurations already; delete one first";
    assert_eq!((full.status, &full.body["message"]), (409, &json!(message)));
    assert_eq!(configs.delete("7").await.status, 200);
    assert_eq!(
        configs.create(&minimal("One more")).await.body["webhook"]["id"],
        101
    );
}

#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let configs = Configs::new().await;
    configs.create(&minimal("CRM")).await;
    let changes = [
        json!({ "name": "Renamed" }),
        json!({ "status": "inactive" }),
        json!({ "rateLimit": 7 }),
        json!({ "metadata": { "owner": "sales" } }),
        json!({ "filters": { "agents": ["a"] } }),
        json!({ "headers": { "X-A": "a" } }),
    ];
    for answer in join_all(changes.iter().map(|change| configs.put("1", change))).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let shown = configs.show("1").await.body["webhook"].clone();
    for change in &changes {
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(&shown[field], value);
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_taken_for_another_write() {
    let configs = Configs::new().await;
    let world = &configs.world;
    let lossy = || Faults::once("PutItem", Cut::After);
    let body = documented("webhook-config").to_string();
    let acme = admin("acme");
    let made = ask(
        &world.webhook_config(&lossy()).await,
        &acme,
        Method::POST,
        None,
        &body,
    )
    .await;
    assert_eq!((made.status, configs.list().await.len()), (201, 1));
    let rotated = ask(
        &world.webhook_rotate_secret(&lossy()).await,
        &acme,
        Method::POST,
        Some("1"),
        "",
    )
    .await;
    let generated = rotated.body["secret"].as_str().unwrap();
    assert_eq!(
        signing(&configs.stored(1).await.secrets, Clock::system().now()),
        [generated, "webhooksecret123"]
    );
    let change = r#"{"name":"Renamed"}"#;
    let put = ask(
        &world.webhook_config(&lossy()).await,
        &acme,
        Method::PUT,
        Some("1"),
        change,
    )
    .await;
    assert_eq!(
        (put.status, &put.body["webhook"]["name"]),
        (200, &json!("Renamed"))
    );
    assert_eq!(put.body, {
        let shown = configs.show("1").await.body["webhook"].clone();
        json!({ "success": true, "message": "Webhook configuration updated successfully", "webhook": shown })
    });
}

#[tokio::test]
async fn when_the_database_fails_a_repetition_succeeds_and_nothing_is_half_done() {
    let acme = admin("acme");
    for cut in [Cut::Before, Cut::After] {
        for (number, put) in [(0, false), (1, true)] {
            let configs = Configs::new().await;
            configs.create(&documented("webhook-config")).await;
            let faults = Faults::death_at(number, cut);
            let change = r#"{"name":"Renamed","secret":"another-secret"}"#;
            let broken = configs.world.webhook_config(&faults).await;
            let failed = ask(&broken, &acme, Method::PUT, Some("1"), change).await;
            assert!(faults.struck());
            let message =
                json!({ "success": false, "message": "The database does not answer; try again" });
            assert_eq!((failed.status, failed.body), (500, message));
            let stored = configs.stored(1).await;
            let happened = put && cut == Cut::After;
            let expected = if happened {
                ("Renamed", "another-secret")
            } else {
                ("Marketing Platform", "webhooksecret123")
            };
            assert_eq!(
                (
                    stored.subscription.name.as_str(),
                    stored.secrets.present.as_str()
                ),
                expected,
                "request {number}, {cut:?}"
            );
            assert_eq!(
                configs
                    .put("1", &serde_json::from_str(change).unwrap())
                    .await
                    .status,
                200
            );
            assert_eq!(
                configs.stored(1).await.secrets.present.as_str(),
                "another-secret"
            );
        }
        for number in 0..3 {
            let configs = Configs::new().await;
            let faults = Faults::death_at(number, cut);
            let broken = configs.world.webhook_config(&faults).await;
            let failed = ask(
                &broken,
                &acme,
                Method::POST,
                None,
                &minimal("CRM").to_string(),
            )
            .await;
            assert_eq!(
                (failed.status, faults.struck()),
                (500, true),
                "request {number}, {cut:?}"
            );
            let left = usize::from(number == 2 && cut == Cut::After);
            assert_eq!(
                configs.list().await.len(),
                left,
                "request {number}, {cut:?}"
            );
            assert_eq!(configs.create(&minimal("CRM")).await.status, 201);
            assert_eq!(configs.list().await.len(), left + 1);
        }
    }
}
