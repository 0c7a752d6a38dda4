//! The counts of a tenant's calls.

use ringpost_tests::{stack::Answer, world::World};
use serde_json::json;

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
            { "reason": "No answer", "count": 2 }, { "reason": "Switched off", "count": 1 }
        ]
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
    assert!(some.body["message"].as_str().unwrap().contains("newest 3"));

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
