//! Recoveries: the deliveries that an outage left behind are queued again, each once, whatever dies
//! in between.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use http::{Method, header::AUTHORIZATION};
use lambda_http::{Body, Request, RequestExt};
use ringpost::{
    clock::Clock,
    delivery::recovery::run::PageLimits,
    domain::{
        delivery::{DeliveryRef, DeliveryStatus},
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::{runtime::Worker, workers::recover_deliveries};
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, queue_batch, request, sample_event},
    livekit::unique,
    recovery::{HOUR, ago, deliver, fail, now, rows, subscribe},
    stack::{Answer, client, eventually, stack},
    subscriptions::message,
    world::World,
};
use serde_json::{Value, json};

/// Everything in one invocation.
const WHOLE: PageLimits = PageLimits {
    rows: 250,
    time: Duration::from_secs(60),
};

fn asked(tenant_id: &str, method: Method, path: &[(&str, &str)], body: &Value) -> Request {
    let path: HashMap<String, String> = path
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut request = Request::new(Body::Text(body.to_string())).with_path_parameters(path);
    *request.method_mut() = method;
    let token = stack().token(json!({ "sub": "user_1", "tenant_id": tenant_id, "role": "admin" }));
    request
        .headers_mut()
        .insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    request
}

async fn order(world: &World, faults: &Faults, tenant_id: &str, id: &str, body: &Value) -> Answer {
    let endpoint = world.webhook_recover(faults, Clock::system()).await;
    invoke(
        &endpoint,
        asked(tenant_id, Method::POST, &[("id", id)], body),
    )
    .await
}

async fn job(world: &World, tenant_id: &str, id: &str, job: &str) -> Answer {
    let endpoint = world
        .webhook_recover(&Faults::none(), Clock::system())
        .await;
    invoke(
        &endpoint,
        asked(
            tenant_id,
            Method::GET,
            &[("id", id), ("jobId", job)],
            &json!({}),
        ),
    )
    .await
}

fn job_id(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.body["job"]["id"].as_str().unwrap().to_owned()
}

/// Works on what is queued until nothing is. Tells how many invocations that took.
async fn work(world: &World, worker: &recover_deliveries::Function) -> usize {
    let mut invocations = 0;
    loop {
        let bodies = world.take_recoveries().await;
        if bodies.is_empty() {
            return invocations;
        }
        for body in bodies {
            let answer = worker.handle(queue_batch(&[body])).await;
            assert!(answer.batch_item_failures.is_empty());
            invocations += 1;
        }
    }
}

/// The rows for whose next attempt a message waits, and how many messages do: at least `expected`, which
/// become visible one after another.
async fn queued(world: &World, next_attempt: u32, expected: usize) -> (BTreeSet<u64>, usize) {
    let mut messages = Vec::new();
    eventually("the messages", async || {
        messages.extend(world.take_deliveries().await);
        (messages.len() >= expected).then_some(())
    })
    .await;
    let ids = messages.iter().map(|message| {
        let DeliveryMessage::V1 { id, attempt, .. } = message;
        assert_eq!(*attempt, next_attempt);
        *id
    });
    (ids.collect(), messages.len())
}

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
async fn a_worker_killed_at_any_request_queues_everything_and_counts_it_once() {
    let limits = PageLimits {
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
                world.recover_deliveries(&faults, limits),
                world.recover_deliveries(&Faults::none(), limits),
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
