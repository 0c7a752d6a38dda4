//! Recoveries: the deliveries that an outage left behind are queued again, each once.

use std::{collections::BTreeSet, time::Duration};

use ringpost::{
    clock::Clock,
    delivery::recovery::run::PageLimits,
    domain::{
        delivery::{DeliveryRef, DeliveryStatus},
        subscription::SubscriptionStatus,
    },
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, queue_batch, request, sample_event},
    livekit::unique,
    recovery::{HOUR, ago, deliver, fail, now, rows, subscribe},
    stack::{client, eventually, stack},
    subscriptions::message,
    world::World,
};
use serde_json::json;

use super::recovery_jobs::{WHOLE, job, job_id, order, queued, work};

#[tokio::test]
async fn every_failed_delivery_of_one_subscription_is_queued_again_and_no_other() {
    let world = World::new(None).await;
    let mine = subscribe(&world, "acme", SubscriptionStatus::Active).await;
    let other = subscribe(&world, "acme", SubscriptionStatus::Active).await;
    let failed = fail(&world, "acme", mine, 150).await;
    fail(&world, "acme", other, 150).await;
    assert_eq!(
        failed
            .iter()
            .map(|id| id % 4)
            .collect::<BTreeSet<_>>()
            .len(),
        4,
        "all partitions"
    );
    let ended = |status| Some((status, None));
    for (id, at, left) in [
        ("evt_delivered", ago(HOUR), ended(DeliveryStatus::Delivered)),
        ("evt_cancelled", ago(HOUR), ended(DeliveryStatus::Cancelled)),
        ("evt_pending", ago(HOUR), None),
        ("evt_test_1", ago(HOUR), ended(DeliveryStatus::Failed)),
        ("evt_before", ago(3 * HOUR), ended(DeliveryStatus::Failed)),
        ("evt_after", ago(0), ended(DeliveryStatus::Failed)),
    ] {
        deliver(&world, &message("acme", id, at, &json!({})), mine, left).await;
    }
    let before = rows(&world).await;

    let until = ago(HOUR / 2).to_string();
    let body = json!({ "since": ago(2 * HOUR).to_string(), "until": until });
    let ordered = order(&world, &Faults::none(), "acme", &mine.to_string(), &body).await;
    let id = job_id(&ordered);
    assert_eq!(
        (
            &ordered.body["message"],
            &ordered.body["job"]["status"],
            &ordered.body["job"]["requeued"]
        ),
        (&json!("Recovery started"), &json!("queued"), &json!(0))
    );
    assert_eq!(
        (&ordered.body["job"]["since"], &ordered.body["job"]["until"]),
        (&body["since"], &json!(until))
    );
    assert_eq!(
        work(&world, &world.recover_deliveries(&Faults::none(), WHOLE)).await,
        1
    );

    let done = job(&world, "acme", &mine.to_string(), &id).await;
    assert_eq!((done.status, &done.body["success"]), (200, &json!(true)));
    let counts = |name: &str| done.body["job"][name].as_u64().unwrap();
    assert_eq!(
        (&done.body["job"]["status"], counts("requeued")),
        (&json!("done"), 150)
    );
    assert_eq!(counts("examined"), 304, "all of the window, once");
    let (ids, messages) = queued(&world, 2, 150).await;
    assert_eq!((ids, messages), (failed.clone(), 150));
    for (row, was) in before {
        let expected = if failed.contains(&row) {
            ("pending".to_owned(), Some(id.clone()))
        } else {
            was
        };
        assert_eq!(rows(&world).await[&row], expected);
    }
}

#[tokio::test]
async fn a_recovery_goes_on_over_invocations_and_shows_how_far_it_is() {
    let world = World::new(None).await;
    let subscription = subscribe(&world, "acme", SubscriptionStatus::Active)
        .await
        .to_string();
    let failed = fail(&world, "acme", 1, 30).await;
    let since = json!({ "since": ago(2 * HOUR).to_string() });
    let id = job_id(&order(&world, &Faults::none(), "acme", &subscription, &since).await);
    let worker = world.recover_deliveries(
        &Faults::none(),
        PageLimits {
            rows: 3,
            time: Duration::ZERO,
        },
    );
    let mut last = 0;
    for _ in 0..8 {
        let bodies = world.take_recoveries().await;
        assert_eq!(bodies.len(), 1, "it queues itself");
        assert!(
            worker
                .handle(queue_batch(&bodies))
                .await
                .batch_item_failures
                .is_empty()
        );
        let shown = job(&world, "acme", &subscription, &id).await.body["job"].clone();
        assert_eq!(shown["status"], "running");
        let examined = shown["examined"].as_u64().unwrap();
        assert!(
            (last..=last + 3).contains(&examined) && shown["requeued"] == examined,
            "{shown}"
        );
        last = examined;
        // An old message that comes again finds nothing of its own to do but the next page.
        assert!(world.take_deliveries().await.len() <= 3);
    }
    assert!(last > 0);
    let invocations = work(&world, &worker).await;
    assert!(invocations >= 2, "{invocations}");
    let done = job(&world, "acme", &subscription, &id).await;
    assert_eq!(
        (&done.body["job"]["status"], &done.body["job"]["requeued"]),
        (&json!("done"), &json!(30))
    );
    assert!(
        rows(&world)
            .await
            .values()
            .all(|(status, job)| status == "pending" && *job == Some(id.clone()))
    );
    assert_eq!(failed.len(), 30);
    // The message of a recovery that is over is acknowledged.
    let late = json!({ "version": "1", "tenantId": "acme", "recoveryId": id }).to_string();
    assert!(
        worker
            .handle(queue_batch(&[late]))
            .await
            .batch_item_failures
            .is_empty()
    );
}

#[tokio::test]
async fn a_subscription_has_one_recovery_at_a_time() {
    let world = World::new(None).await;
    let id = subscribe(&world, "acme", SubscriptionStatus::Active)
        .await
        .to_string();
    let another = subscribe(&world, "acme", SubscriptionStatus::Active)
        .await
        .to_string();
    let body = |hours: u64, status: &str| json!({ "since": ago(hours * HOUR).to_string(), "status": status });
    let (first, second) = (body(2, "failed"), body(3, "failed"));
    let none = Faults::none();
    // At the same moment, and then again.
    let (a, b) = tokio::join!(
        order(&world, &none, "acme", &id, &first),
        order(&world, &none, "acme", &id, &first)
    );
    assert_eq!(job_id(&a), job_id(&b));
    let again = order(&world, &none, "acme", &id, &first).await;
    assert_eq!(
        (job_id(&again), &again.body["message"]),
        (job_id(&a), &json!("This recovery is under way"))
    );
    for other in [
        &second,
        &json!({ "since": first["since"], "status": "pending" }),
    ] {
        let busy = order(&world, &none, "acme", &id, other).await;
        assert_eq!(busy.status, 409);
        assert!(
            busy.body["message"].as_str().unwrap().contains(&job_id(&a)),
            "{busy:?}"
        );
    }
    assert_ne!(
        job_id(&order(&world, &none, "acme", &another, &second).await),
        job_id(&a)
    );
    work(&world, &world.recover_deliveries(&none, WHOLE)).await;
    let next = order(&world, &none, "acme", &id, &second).await;
    assert_ne!(job_id(&next), job_id(&a));
    assert_eq!(next.body["message"], "Recovery started");
    // Both are still there.
    for known in [&a, &next] {
        assert_eq!(job(&world, "acme", &id, &job_id(known)).await.status, 200);
    }
}

#[tokio::test]
async fn pending_deliveries_that_are_overdue_are_queued_again_without_a_change() {
    let world = World::new(None).await;
    let id = subscribe(&world, "acme", SubscriptionStatus::Active)
        .await
        .to_string();
    let pending = |next| Some((DeliveryStatus::Pending, Some(next)));
    let mut overdue = BTreeSet::new();
    for (late, name, at, left) in [
        (true, "evt_never_tried", ago(2 * HOUR), None),
        (true, "evt_late", ago(5 * HOUR), pending(ago(2 * HOUR))),
        (
            false,
            "evt_waits",
            ago(5 * HOUR),
            pending(now().plus_millis(HOUR)),
        ),
        (
            false,
            "evt_hardly_late",
            ago(5 * HOUR),
            pending(ago(HOUR / 2)),
        ),
        (false, "evt_new", ago(HOUR / 2), None),
        (
            false,
            "evt_failed",
            ago(5 * HOUR),
            Some((DeliveryStatus::Failed, None)),
        ),
        (false, "evt_test_2", ago(2 * HOUR), None),
    ] {
        let at = deliver(&world, &message("acme", name, at, &json!({})), 1, left).await;
        if late {
            overdue.insert(at.id);
        }
    }
    let before = rows(&world).await;
    let body = json!({ "since": ago(6 * HOUR).to_string(), "status": "pending" });
    let ordered = job_id(&order(&world, &Faults::none(), "acme", &id, &body).await);
    work(&world, &world.recover_deliveries(&Faults::none(), WHOLE)).await;
    assert_eq!(
        job(&world, "acme", &id, &ordered).await.body["job"]["requeued"],
        2
    );
    let attempts: BTreeSet<_> = world
        .take_deliveries()
        .await
        .iter()
        .map(|message| {
            let DeliveryMessage::V1 { id, attempt, .. } = message;
            (*id, *attempt)
        })
        .collect();
    assert_eq!(
        attempts.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(),
        overdue
    );
    assert_eq!(
        attempts
            .iter()
            .map(|(_, attempt)| *attempt)
            .collect::<BTreeSet<_>>(),
        BTreeSet::from([1, 2])
    );
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn the_samples_are_answered_and_an_unreadable_message_comes_again() {
    let world = World::new(None).await;
    let endpoint = world
        .webhook_recover(&Faults::none(), Clock::system())
        .await;
    assert_eq!(
        invoke(&endpoint, request(&sample_event("webhook-recover")))
            .await
            .status,
        404
    );
    assert_eq!(
        invoke(&endpoint, request(&sample_event("webhook-recover-job")))
            .await
            .status,
        404
    );
    subscribe(&world, "demo", SubscriptionStatus::Active).await;
    assert_eq!(
        invoke(&endpoint, request(&sample_event("webhook-recover")))
            .await
            .status,
        202
    );
    let worker = world.recover_deliveries(&Faults::none(), WHOLE);
    let batch = serde_json::from_str(&sample_event("recover-deliveries")).unwrap();
    assert!(worker.handle(batch).await.batch_item_failures.is_empty());
    for strange in [
        "",
        "{}",
        r#"{"version":"2"}"#,
        r#"{"version":"1","tenantId":"demo","recoveryId":"1"}"#,
    ] {
        let answer = worker.handle(queue_batch(&[strange.to_owned()])).await;
        assert_eq!(answer.batch_item_failures.len(), 1, "{strange}");
    }
}

#[tokio::test]
async fn the_deployed_functions_recover() {
    let (world, tenant_id) = (World::deployed().await, format!("recover-{}", unique()));
    let subscription = subscribe(&world, &tenant_id, SubscriptionStatus::Active).await;
    let failed = fail(&world, &tenant_id, subscription, 12).await;
    let url = stack().url(&format!("/api/webhooks/config/{subscription}/recover"));
    let token = stack().token(json!({ "sub": "user_1", "tenant_id": tenant_id, "role": "admin" }));
    let body = json!({ "since": ago(2 * HOUR).to_string() });
    let ordered = stack()
        .send(client().post(&url).bearer_auth(&token).json(&body))
        .await;
    let id = job_id(&ordered);
    let job = eventually("the recovery's end", async || {
        let shown = stack()
            .send(client().get(format!("{url}/{id}")).bearer_auth(&token))
            .await;
        assert_eq!(shown.status, 200, "{shown:?}");
        (shown.body["job"]["status"] == "done").then(|| shown.body["job"].clone())
    })
    .await;
    assert_eq!(
        (&job["requeued"], &job["examined"]),
        (&json!(12), &json!(12))
    );
    let history = world.history(&Faults::none());
    for row in failed {
        let at = DeliveryRef {
            tenant_id: tenant_id.clone(),
            id: row,
        };
        let delivery = history.find_delivery(&at).await.unwrap().unwrap();
        assert_eq!(
            (delivery.recovery.as_ref(), delivery.earlier_attempts),
            (Some(&id), 1)
        );
    }
}
