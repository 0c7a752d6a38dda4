//! How an endpoint is doing: breaker, pace, and its deliveries by hour.

use http::Method;
use ringpost::{
    clock::Clock,
    domain::{
        delivery::{Attempt, TIMED_OUT, message_id, pace::Learned},
        subscription::Subscription,
        timestamp::Timestamp,
    },
    store::{
        endpoints::{AttemptContext, SubscriptionRef, Throttle},
        history::ReadBound,
    },
};
use ringpost_functions::webhooks::webhook_config_health::Function;
use ringpost_tests::{
    ask::{admin, ask},
    faults::Faults,
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::Answer,
    subscriptions::{message, subscription},
    world::{World, history::answered},
};
use serde_json::{Value, json};

const HOUR: u64 = 3_600_000;

async fn endpoint(world: &World) -> Function {
    world.endpoint(&Faults::none()).await
}

async fn health(endpoint: &Function, query: &[(&str, &str)], claims: &Value) -> Answer {
    let asked = ask(Method::GET, Some(("id", "1"))).query(query);
    asked.of(endpoint, claims).await
}

async fn attempted(world: &World, subscription: &Subscription, at: Timestamp, attempt: &Attempt) {
    let message = message(
        &subscription.tenant_id,
        &message_id(&[&unique()]),
        at,
        &json!({}),
    );
    let history = world.history(&Faults::none());
    let recorded = history
        .record_test(&message, subscription.id, attempt)
        .await;
    recorded.unwrap();
}

fn unanswered(at: Timestamp, error: &str) -> Attempt {
    Attempt {
        at,
        timing: 15_000,
        error: Some(error.to_owned()),
        ..Attempt::default()
    }
}

#[tokio::test]
async fn deliveries_are_counted_by_hour_status_and_answer() {
    let (world, now) = (World::new(None).await, Clock::system().now());
    let (ours, other) = (subscription("acme", 1), subscription("acme", 2));
    let theirs = subscription("zeta", 1);
    for subscription in [&ours, &other, &theirs] {
        world.write_subscription(subscription).await;
    }
    let hour_ago = now.minus_millis(HOUR);
    for (at, attempt) in [
        (
            hour_ago,
            Attempt {
                timing: 100,
                ..answered(hour_ago, 200)
            },
        ),
        (
            hour_ago,
            Attempt {
                timing: 300,
                ..answered(hour_ago, 503)
            },
        ),
        (hour_ago, unanswered(hour_ago, TIMED_OUT)),
        (
            now,
            Attempt {
                timing: 200,
                ..answered(now, 404)
            },
        ),
        (now, answered(now, 302)),
        (now, unanswered(now, "connection refused")),
        // Too old.
        (now.minus_days(1).minus_millis(1), answered(now, 200)),
    ] {
        attempted(&world, &ours, at, &attempt).await;
    }
    world
        .pending_delivery(&message("acme", &unique(), now, &json!({})), 1)
        .await;
    attempted(&world, &other, now, &answered(now, 200)).await;
    attempted(&world, &theirs, now, &answered(now, 200)).await;

    // The window ends when it is asked for, and what was announced is before it.
    let answer = health(&endpoint(&world).await, &[], &admin("acme")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.body;
    assert_eq!(
        (&body["complete"], &body["webhookConfigId"]),
        (&json!(true), &json!(1))
    );
    let expected = json!({ "total": 7, "delivered": 1, "failed": 5, "pending": 1, "cancelled": 0 });
    assert_eq!(body["deliveries"], expected);
    assert_eq!(body["responseMillis"], json!({ "p50": 200, "p95": 300 }));
    assert_eq!(body["breaker"], json!({ "state": "closed", "failures": 0 }));
    assert_eq!(body["pace"], json!({}));
    let buckets = body["buckets"].as_array().unwrap();
    assert!([25, 24].contains(&buckets.len()), "{}", buckets.len());
    let sum = |field: &str, answer: &str| -> u64 {
        let of = |bucket: &Value| match answer {
            "" => bucket[field].as_u64().unwrap(),
            answer => bucket[field][answer].as_u64().unwrap(),
        };
        buckets.iter().map(of).sum()
    };
    assert_eq!(
        (sum("delivered", ""), sum("failed", ""), sum("pending", "")),
        (1, 5, 1)
    );
    for answer in ["2xx", "3xx", "4xx", "5xx", "timeout", "connection"] {
        assert_eq!(sum("byAnswer", answer), 1, "{answer}");
    }
    let of_hour = buckets
        .iter()
        .find(|bucket| bucket["byAnswer"]["timeout"] == 1)
        .unwrap();
    assert!(of_hour["from"].as_str().unwrap() <= hour_ago.to_string().as_str());
    assert!(hour_ago.to_string().as_str() <= of_hour["to"].as_str().unwrap());
}

#[tokio::test]
async fn an_open_breaker_and_a_pace_are_shown() {
    let (world, now) = (World::new(None).await, Clock::system().now());
    world
        .write_subscription(&Subscription {
            rate_limit: Some(50),
            ..subscription("acme", 1)
        })
        .await;
    let at = SubscriptionRef {
        tenant_id: "acme".to_owned(),
        id: 1,
    };
    let attempt = AttemptContext {
        at: &at,
        configured_at: now,
        began: now,
    };
    let (endpoints, function) = (world.endpoints(&Faults::none()), endpoint(&world).await);
    let shown = async || health(&function, &[], &admin("acme")).await.body;
    assert_eq!(shown().await["pace"], json!({ "limitPerSecond": 50.0 }));
    for failures in 1..=5 {
        endpoints.fail(&attempt, None, now).await.unwrap();
        let breaker = &shown().await["breaker"];
        assert_eq!(breaker["failures"], failures);
        assert_eq!(breaker["failingSince"], now.to_string());
        assert_eq!(breaker["lastFailureAt"], now.to_string());
        let is_open = failures == 5;
        assert_eq!(breaker["state"], if is_open { "open" } else { "closed" });
        assert_eq!(breaker["nextProbeAt"].is_string(), is_open);
    }
    let pause_until = now.plus_millis(HOUR / 10);
    let throttle = Throttle {
        learned: Learned {
            micros: 100_000,
            at: pause_until,
        },
        pause_until,
    };
    endpoints
        .refuse(&attempt, None, throttle, now)
        .await
        .unwrap();
    let pace = &shown().await["pace"];
    assert_eq!(pace["pausedUntil"], pause_until.to_string());
    assert_eq!(pace["limitPerSecond"], 10.0);
}

#[tokio::test]
async fn what_was_not_read_is_in_no_number() {
    let (world, now) = (World::new(None).await, Clock::system().now());
    let ours = subscription("acme", 1);
    world.write_subscription(&ours).await;
    let moments: Vec<Timestamp> = (0..40)
        .map(|number| now.minus_millis(number * HOUR / 4))
        .collect();
    for at in &moments {
        attempted(&world, &ours, *at, &answered(*at, 200)).await;
    }
    let mut function = endpoint(&world).await;
    for (pages, rows) in [(1, 1), (2, 3), (5, 1)] {
        function.health.bound = ReadBound { pages, rows };
        let body = health(&function, &[], &admin("acme")).await.body;
        assert_eq!(body["complete"], json!(false));
        let counted_from = Timestamp::parse_rfc3339(body["countedFrom"].as_str().unwrap()).unwrap();
        let expected = moments.iter().filter(|at| counted_from <= **at).count();
        assert!(expected < 40);
        assert_eq!(
            body["deliveries"]["total"], expected,
            "{pages} pages of {rows}"
        );
        let buckets = body["buckets"].as_array().unwrap();
        let sum: u64 = buckets
            .iter()
            .map(|bucket| bucket["delivered"].as_u64().unwrap())
            .sum();
        assert_eq!(body["deliveries"]["total"], sum);
        assert_eq!(buckets[0]["from"], body["countedFrom"]);
    }
}

#[tokio::test]
async fn a_missing_and_another_tenants_subscription_look_the_same_and_a_user_sees_none() {
    let world = World::new(None).await;
    world.write_subscription(&subscription("acme", 1)).await;
    let function = endpoint(&world).await;
    let other = health(&function, &[], &admin("zeta")).await;
    let missing = ask(Method::GET, Some(("id", "2")))
        .of(&function, &admin("acme"))
        .await;
    assert_eq!((other.status, &other.body), (404, &missing.body));
    let user = json!({ "sub": "alice", "tenant_id": "acme" });
    assert_eq!(health(&function, &[], &user).await.status, 403);
    let week = [("from", "2026-01-01"), ("to", "2026-01-09")];
    let long = health(&function, &week, &admin("acme")).await;
    assert_eq!((long.status, &long.body["field"]), (400, &json!("from")));
    let sample = invoke(&function, request(&sample_event("webhook-config-health"))).await;
    assert_eq!(sample.status, 404, "{sample:?}");
}
