//! Recoveries whose worker or endpoint dies at any request, or stands still.

use std::time::Duration;

use http::Method;
use ringpost::{
    clock::Clock, delivery::recovery::run::PageLimits, domain::subscription::SubscriptionStatus,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, queue_batch},
    recovery::{HOUR, ago, fail, now, rows, subscribe},
    world::World,
};
use serde_json::json;

use super::recovery_jobs::{WHOLE, asked, job, job_id, order, queued, work};

#[tokio::test]
async fn a_worker_killed_at_any_request_queues_everything_and_counts_it_once() {
    let portion = PageLimits {
        rows: 3,
        time: Duration::ZERO,
    };
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(None).await;
            let subscription = subscribe(&world, "acme", SubscriptionStatus::Active)
                .await
                .to_string();
            let failed = fail(&world, "acme", 1, 5).await;
            let since = json!({ "since": ago(2 * HOUR).to_string() });
            let id = job_id(&order(&world, &Faults::none(), "acme", &subscription, &since).await);
            let faults = Faults::death_at(number, cut);
            // Each invocation of the dying process, then those of another.
            let (dying, other) = (
                world.recover_deliveries(&faults, portion),
                world.recover_deliveries(&Faults::none(), portion),
            );
            let mut again = Vec::new();
            loop {
                let bodies = world.take_recoveries().await;
                if bodies.is_empty() {
                    break;
                }
                for body in bodies {
                    let answer = dying.handle(queue_batch(std::slice::from_ref(&body))).await;
                    if faults.struck() {
                        again.push(body);
                    } else {
                        assert!(answer.batch_item_failures.is_empty());
                    }
                }
            }
            for body in again {
                assert!(
                    other
                        .handle(queue_batch(&[body]))
                        .await
                        .batch_item_failures
                        .is_empty()
                );
            }
            work(&world, &other).await;
            let shown = job(&world, "acme", &subscription, &id).await.body["job"].clone();
            let counts = (&shown["status"], &shown["requeued"], &shown["examined"]);
            assert_eq!(
                counts,
                (&json!("done"), &json!(5), &json!(5)),
                "request {number}, cut {cut:?}"
            );
            let rows = rows(&world).await;
            assert!(
                rows.values()
                    .all(|(status, job)| status == "pending" && job.as_ref() == Some(&id))
            );
            assert_eq!(
                queued(&world, 2, failed.len()).await.0,
                failed,
                "request {number}, cut {cut:?}"
            );
            if !faults.struck() {
                assert!(
                    number > 20,
                    "each page is read, reopened, queued and saved: {number}"
                );
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_order_killed_at_any_request_and_repeated_is_carried_out_once() {
    let body = json!({ "since": ago(2 * HOUR).to_string(), "status": "failed" });
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(None).await;
            let subscription = subscribe(&world, "acme", SubscriptionStatus::Active)
                .await
                .to_string();
            fail(&world, "acme", 1, 2).await;
            let faults = Faults::death_at(number, cut);
            let first = order(&world, &faults, "acme", &subscription, &body).await;
            if !faults.struck() {
                assert_eq!(
                    (first.status, number),
                    (202, 4),
                    "subscription, latest, put, message"
                );
                break;
            }
            assert_eq!(first.status, 500);
            assert!(
                first.body["message"]
                    .as_str()
                    .unwrap()
                    .contains("same request again"),
                "{first:?}"
            );
            let id = job_id(&order(&world, &Faults::none(), "acme", &subscription, &body).await);
            work(&world, &world.recover_deliveries(&Faults::none(), WHOLE)).await;
            let done = job(&world, "acme", &subscription, &id).await;
            assert_eq!(
                done.body["job"]["requeued"], 2,
                "request {number}, cut {cut:?}"
            );
            let items = world.items("webhookconfigs").await;
            assert_eq!(
                items
                    .iter()
                    .filter(|item| item.contains_key("recovery"))
                    .count(),
                1
            );
        }
    }
}

#[tokio::test]
async fn a_recovery_that_stands_still_is_queued_again_by_the_next_order() {
    let (world, none) = (World::new(None).await, Faults::none());
    let id = subscribe(&world, "acme", SubscriptionStatus::Active)
        .await
        .to_string();
    fail(&world, "acme", 1, 5).await;
    let body = json!({ "since": ago(2 * HOUR).to_string() });
    let ordered = job_id(&order(&world, &none, "acme", &id, &body).await);
    let worker = world.recover_deliveries(
        &none,
        PageLimits {
            rows: 1,
            time: Duration::ZERO,
        },
    );
    let begin = queue_batch(&world.take_recoveries().await);
    assert!(worker.handle(begin).await.batch_item_failures.is_empty());
    assert_eq!(
        world.take_recoveries().await.len(),
        1,
        "it goes on, and the message is lost"
    );
    for (minutes, messages) in [(0, 0), (14, 0), (16, 1)] {
        let clock = Clock::new(move || now().plus_millis(minutes * 60_000));
        let endpoint = world.webhook_recover(&none, clock).await;
        let again = invoke(
            &endpoint,
            asked("acme", Method::POST, &[("id", &id)], &body),
        )
        .await;
        assert_eq!(
            (job_id(&again), &again.body["job"]["status"]),
            (ordered.clone(), &json!("running"))
        );
        let queued = world.take_recoveries().await;
        assert_eq!(queued.len(), messages, "after {minutes} minutes");
        if !queued.is_empty() {
            assert!(
                worker
                    .handle(queue_batch(&queued))
                    .await
                    .batch_item_failures
                    .is_empty()
            );
        }
    }
    work(&world, &worker).await;
    assert_eq!(
        job(&world, "acme", &id, &ordered).await.body["job"]["requeued"],
        5
    );
}
