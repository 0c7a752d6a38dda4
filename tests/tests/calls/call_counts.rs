//! The counts of a tenant's calls.

use ringpost_tests::{stack::Answer, world::World};
use serde_json::{Value, json};

use super::{
    call_list_filters::kinds,
    call_lists::{admin, ask, claimed, many},
};

#[tokio::test]
async fn counts_say_how_calls_ended_and_whether_all_are_counted() {
    let world = World::new(None).await;
    let mut calls = kinds();
    for (call, reason) in calls[4..7]
        .iter_mut()
        .zip(["No answer", "Switched off", "No answer"])
    {
        call.facts.failure_reason = claimed(reason.to_owned());
    }
    world.put_calls(&calls).await;
    let endpoint = world.call_stats(8).await;
    let day = "from=2026-01-02&to=2026-01-02";
    let counted = ask(&endpoint, day, &admin()).await;
    let expected = json!({
        "success": true, "from": "2026-01-02T00:00:00.000Z", "to": "2026-01-02T23:59:59.999Z",
        "complete": true, "count": 8,
        "byStatus": { "active": 3, "ended": 3, "failed": 2 },
        "byAgentStatus": { "busy": 1, "completed": 1, "initiation_failed": 1, "unreachable": 1 },
        "byOutcome": { "busy": 1, "completed": 1, "failed": 2, "no_answer": 1 },
        "byFailureReason": [
            { "reason": "No answer", "count": 2, "rate": 0.25 },
            { "reason": "Switched off", "count": 1, "rate": 0.125 }
        ],
        "failed": { "count": 4, "rate": 0.5 }
    });
    assert_eq!(
        counted,
        Answer {
            status: 200,
            body: expected
        }
    );

    let some = ask(&world.call_stats(3).await, day, &admin()).await;
    assert_eq!(
        (&some.body["complete"], &some.body["count"]),
        (&json!(false), &json!(3))
    );
    assert_eq!(
        some.body["byStatus"],
        json!({ "ended": 1, "failed": 2 }),
        "the newest"
    );
    assert_eq!(some.body["countedFrom"], "2026-01-02T05:00:00.000Z");
    assert!(
        some.body["message"]
            .as_str()
            .unwrap()
            .contains("countedFrom")
    );

    let today = ask(&endpoint, "", &admin()).await;
    assert_eq!(
        (&today.body["count"], &today.body["complete"]),
        (&json!(0), &json!(true))
    );
}

#[tokio::test]
async fn more_calls_than_a_batch_holds_are_all_counted() {
    let world = World::new(None).await;
    world.put_calls(&many()).await;
    let counted = ask(&world.call_stats(10_000).await, "from=2026-01-02", &admin()).await;
    assert_eq!(
        (&counted.body["count"], &counted.body["complete"]),
        (&json!(150), &json!(true))
    );
}

#[tokio::test]
async fn buckets_divide_the_window_and_only_what_is_counted() {
    let world = World::new(None).await;
    world.put_calls(&kinds()).await;
    let endpoint = world.call_stats(100).await;
    let query = "from=2026-01-02T00:30:00Z&to=2026-01-02T03:29:59.999Z&by=hour";
    let hourly = ask(&endpoint, query, &admin()).await;
    let bucket = |from: &str, to: &str, status: &str, agent: &Value, outcome: &Value| {
        json!({
            "from": format!("2026-01-02T{from}Z"), "to": format!("2026-01-02T{to}Z"), "count": 1,
            "byStatus": { status: 1 }, "byAgentStatus": agent, "byOutcome": outcome
        })
    };
    let (none, done) = (json!({}), json!({ "completed": 1 }));
    let empty = json!({
        "from": "2026-01-02T00:30:00.000Z", "to": "2026-01-02T00:59:59.999Z", "count": 0,
        "byStatus": {}, "byAgentStatus": {}, "byOutcome": {}
    });
    let expected = json!([
        empty,
        bucket("01:00:00.000", "01:59:59.999", "active", &none, &none),
        bucket("02:00:00.000", "02:59:59.999", "active", &none, &none),
        bucket("03:00:00.000", "03:29:59.999", "ended", &done, &done),
    ]);
    assert_eq!(hourly.body["buckets"], expected);

    let daily = ask(&endpoint, "from=2026-01-01&to=2026-01-03&by=day", &admin()).await;
    let buckets = daily.body["buckets"].as_array().unwrap().iter();
    let counts: Vec<_> = buckets.map(|bucket| &bucket["count"]).collect();
    assert_eq!(counts, [0, 8, 0]);

    // What was not counted is in no bucket.
    let (endpoint, query) = (
        world.call_stats(3).await,
        "from=2026-01-02&to=2026-01-02&by=hour",
    );
    let some = ask(&endpoint, query, &admin()).await.body;
    let first = &some["buckets"][0];
    assert_eq!(
        (&some["complete"], &first["from"]),
        (&json!(false), &some["countedFrom"])
    );
    assert_eq!((&some["count"], &first["count"]), (&json!(3), &json!(1)));
}

#[tokio::test]
async fn a_user_has_buckets_of_the_own_calls() {
    let world = World::new(None).await;
    world.put_calls(&kinds()).await;
    let day = "from=2026-01-02&to=2026-01-02&by=day";
    for (user, count) in [("alice", 8), ("bob", 0)] {
        let claims = json!({ "sub": user, "tenant_id": "acme" });
        let counted = ask(&world.call_stats(100).await, day, &claims).await;
        assert_eq!(counted.body["buckets"][0]["count"], count, "{user}");
        assert_eq!(counted.body["count"], count, "{user}");
    }
}

#[tokio::test]
async fn a_wrong_or_too_fine_division_is_refused() {
    let world = World::new(None).await;
    let endpoint = world.call_stats(100).await;
    for (query, field) in [
        ("by=week", "by"),
        ("by=hour&from=2026-01-01&to=2026-02-01", "from"),
        ("by=day&from=2025-01-01&to=2026-01-02", "from"),
    ] {
        let refused = ask(&endpoint, query, &admin()).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (400, &json!(field)),
            "{query}"
        );
    }
    world.put_calls(&kinds()).await;
    let always = ask(&endpoint, "from=1970-01-01&to=9998-12-31", &admin()).await;
    assert_eq!(always.body["count"], 8);
    for query in [
        "by=hour&from=2026-01-01&to=2026-01-31",
        "by=hour&from=9998-12-01&to=9998-12-31",
        "by=day&from=2025-01-01&to=2026-01-01",
    ] {
        let answered = ask(&endpoint, query, &admin()).await;
        let buckets = answered.body["buckets"].as_array().unwrap().len();
        assert!([744, 366].contains(&buckets), "{query}: {buckets}");
    }
}
