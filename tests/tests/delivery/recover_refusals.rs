//! Orders of recoveries that are refused, and recoveries that cannot go on.

use http::{Method, header::AUTHORIZATION};
use ringpost::{
    clock::Clock,
    domain::{subscription::SubscriptionStatus, timestamp::Timestamp},
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, queue_batch},
    recovery::{HOUR, ago, fail, now, rows, subscribe},
    stack::stack,
    world::World,
};
use serde_json::json;

use super::recovery_jobs::{WHOLE, asked, job, job_id, order, queued, work};

#[tokio::test]
async fn what_belongs_to_another_tenant_is_not_there() {
    let world = World::new(None).await;
    for tenant_id in ["acme", "other"] {
        subscribe(&world, tenant_id, SubscriptionStatus::Active).await;
        fail(&world, tenant_id, 1, 4).await;
    }
    let (none, body) = (
        Faults::none(),
        json!({ "since": ago(2 * HOUR).to_string() }),
    );
    let id = job_id(&order(&world, &none, "acme", "1", &body).await);
    for (tenant_id, subscription) in [
        ("other", "1"),
        ("acme", "2"),
        ("acme#recoveries", "1"),
        ("acme", "one"),
    ] {
        assert_eq!(
            job(&world, tenant_id, subscription, &id).await.status,
            404,
            "{tenant_id} {subscription}"
        );
    }
    let unknown = json!({ "success": false, "message": "Webhook configuration not found" });
    for (tenant_id, subscription) in [
        ("nobody", "1"),
        ("acme", "2"),
        ("acme#recoveries", "1"),
        ("acme", "0"),
        ("acme", "-1"),
        ("acme", "x"),
    ] {
        let refused = order(&world, &none, tenant_id, subscription, &body).await;
        assert_eq!(
            (refused.status, refused.body),
            (404, unknown.clone()),
            "{tenant_id} {subscription}"
        );
    }
    // A tenant that is called what a partition of recoveries is sees subscriptions of its own alone.
    assert_eq!(
        world
            .subscriptions(&none)
            .list("acme#recoveries")
            .await
            .unwrap(),
        []
    );
    work(&world, &world.recover_deliveries(&none, WHOLE)).await;
    assert_eq!(
        rows(&world)
            .await
            .values()
            .filter(|(status, _)| status == "pending")
            .count(),
        4
    );
    assert_eq!(queued(&world, 2, 4).await.1, 4);
    let mut plain = asked("acme", Method::POST, &[("id", "1")], &body);
    let token = stack().token(json!({ "sub": "user_1", "tenant_id": "acme" }));
    plain
        .headers_mut()
        .insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    assert_eq!(
        invoke(&world.webhook_recover(&none, Clock::system()).await, plain)
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn bad_orders_name_what_is_wrong() {
    let world = World::new(None).await;
    subscribe(&world, "acme", SubscriptionStatus::Active).await;
    subscribe(&world, "acme", SubscriptionStatus::Inactive).await;
    let (since, none) = (ago(HOUR).to_string(), Faults::none());
    let year = ago(365 * 24 * HOUR);
    for (field, body) in [
        ("since", json!({})),
        ("since", json!({ "since": "yesterday" })),
        ("since", json!({ "since": 1_761_751_845 })),
        (
            "since",
            json!({ "since": now().plus_millis(HOUR).to_string() }),
        ),
        ("until", json!({ "since": since, "until": "now" })),
        ("until", json!({ "since": since, "until": since })),
        (
            "until",
            json!({ "since": year.to_string(), "until": year.plus_days(1).to_string() }),
        ),
        ("status", json!({ "since": since, "status": "delivered" })),
        ("status", json!({ "since": since, "status": true })),
    ] {
        let refused = order(&world, &none, "acme", "1", &body).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (400, &json!(field)),
            "{body} {refused:?}"
        );
    }
    assert_eq!(
        order(&world, &none, "acme", "1", &json!([])).await.status,
        400
    );
    let inactive = order(&world, &none, "acme", "2", &json!({ "since": since })).await;
    assert_eq!(inactive.status, 409);
    assert!(
        inactive.body["message"]
            .as_str()
            .unwrap()
            .contains("activate it first")
    );
    assert_eq!(world.take_recoveries().await.len(), 0);
    // What is older than everything that is kept begins with that.
    let all = order(
        &world,
        &none,
        "acme",
        "1",
        &json!({ "since": year.to_string() }),
    )
    .await;
    let cut = Timestamp::parse_rfc3339(all.body["job"]["since"].as_str().unwrap()).unwrap();
    assert!(
        cut > now().minus_days(91) && cut < now().minus_days(89),
        "{all:?}"
    );
}

#[tokio::test]
async fn a_recovery_that_cannot_go_on_ends_and_says_why() {
    let (none, body) = (
        Faults::none(),
        json!({ "since": ago(2 * HOUR).to_string() }),
    );
    let world = World::new(None).await;
    for (subscription, reason) in [(1, "deleted"), (2, "inactive"), (3, "start it again")] {
        subscribe(&world, "acme", SubscriptionStatus::Active).await;
        let subscription = u64::to_string(&subscription);
        fail(&world, "acme", subscription.parse().unwrap(), 2).await;
        let id = job_id(&order(&world, &none, "acme", &subscription, &body).await);
        let subscriptions = world.subscriptions(&none);
        let stored = subscriptions
            .find_with_secrets("acme", subscription.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let mut worker = world.recover_deliveries(&none, WHOLE);
        match reason {
            "deleted" => assert!(subscriptions.delete("acme", 1).await.unwrap()),
            "inactive" => {
                let mut inactive = stored.subscription.clone();
                inactive.status = SubscriptionStatus::Inactive;
                assert!(
                    subscriptions
                        .replace(&stored, &inactive, &stored.secrets)
                        .await
                        .unwrap()
                );
            }
            _ => worker.recover.deliveries = world.no_delivery_queue(),
        }
        let mut batch = queue_batch(&world.take_recoveries().await);
        if reason == "start it again" {
            let failed = worker.handle(batch.clone()).await;
            assert_eq!(failed.batch_item_failures.len(), 1, "it comes again");
            batch.records[0]
                .attributes
                .insert("ApproximateReceiveCount".to_owned(), "5".to_owned());
        }
        assert!(worker.handle(batch).await.batch_item_failures.is_empty());
        let shown = job(&world, "acme", &subscription, &id).await.body["job"].clone();
        assert_eq!(shown["status"], "failed");
        assert!(
            shown["reason"].as_str().unwrap().contains(reason),
            "{shown}"
        );
    }
}
