//! Lists of calls by the names that providers gave them.

use ringpost::domain::timestamp::Timestamp;
use ringpost_tests::world::World;
use serde_json::json;

use super::{
    call_lists::{admin, ask, names},
    three_providers::one_call::{self, DIALLED, event, reports},
};

const NAMES: [&str; 3] = [
    "callSid=CA3f",
    "conversationId=conv_3f",
    "roomName=call-_%2B15105550123_3f",
];

/// A world with a call that three providers reported, and with another call.
async fn two_calls() -> World {
    let world = World::new(None).await;
    world
        .assign_number(one_call::LINE, "acme", "user_acme")
        .await;
    for unique in ["3f", "4a"] {
        for (place, report) in (0..).zip(reports(unique)) {
            let received_at = Timestamp::from_seconds(DIALLED + place).unwrap();
            world.keep_event(&event(&report, received_at)).await;
        }
    }
    world.process_all().await;
    world
}

#[tokio::test]
async fn every_name_leads_to_its_call_alone_and_with_other_filters() {
    let world = two_calls().await;
    let list = world.call_list(1_000).await;
    let all = NAMES.join("&");
    for (query, expected) in [
        (all.as_str(), 1),
        (
            "callSid=CA3f&direction=inbound&outcome=completed&limit=1",
            1,
        ),
        ("callSid=CA3f&direction=outbound", 0),
        ("callSid=CA3f&to=2025-12-31", 0),
        ("callSid=CA3f&from=2026-01-01&to=2026-01-02", 1),
        ("callSid=CA3f&conversationId=conv_4a", 0),
        ("callSid=CA3f&conversationId=conv_none", 0),
        ("callSid=CA_none", 0),
        ("conversationId=CA3f", 0),
        ("roomName=Call-_%2B15105550123_3f", 0),
    ]
    .into_iter()
    .chain(NAMES.map(|name| (name, 1)))
    {
        let answer = ask(&list, query, &admin()).await;
        assert_eq!(names(&answer), vec!["RM_3f"; expected], "{query}");
        assert_eq!(answer.body.get("nextCursor"), None, "{query}");
    }
    let listed = ask(&list, "limit=1", &admin()).await;
    let cursor = listed.body["nextCursor"].as_str().unwrap();
    let beyond = ask(&list, &format!("callSid=CA3f&cursor={cursor}"), &admin()).await;
    assert_eq!(names(&beyond), [""; 0]);
}

#[tokio::test]
async fn a_name_shows_nobody_elses_call() {
    let world = two_calls().await;
    let list = world.call_list(1_000).await;
    let own = json!({ "sub": "user_acme", "tenant_id": "acme" });
    let other_user = json!({ "sub": "alice", "tenant_id": "acme" });
    let other_tenant = json!({ "sub": "boss", "tenant_id": "other", "role": "admin" });
    for name in NAMES {
        for (claims, expected) in [(&own, 1), (&other_user, 0), (&other_tenant, 0)] {
            let answer = ask(&list, name, claims).await;
            assert_eq!(names(&answer).len(), expected, "{name} {claims}");
        }
    }
}
