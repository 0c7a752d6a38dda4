//! Lists of calls: pages, cursors, and which user sees which calls.

use std::collections::BTreeSet;

use ringpost::domain::{
    call::{
        Call,
        claims::{Claim, Latest},
        direction::Direction,
        facts::Facts,
        owner::Owner,
    },
    timestamp::Timestamp,
};
use ringpost_functions::runtime::Endpoint;
use ringpost_tests::{
    lambda::{invoke, request, sample_event},
    stack::{Answer, stack},
    world::{World, lists::call},
};
use serde_json::{Value, json};

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_312_000_000 + millis).unwrap()
}

pub(crate) fn claimed<T: Ord>(value: T) -> Latest<T> {
    Latest::claimed(Some(Claim::new(1, at(0), value)))
}

fn owned_by(user: &str) -> Owner {
    Owner {
        user_id: Some(user.to_owned()),
        ..Owner::tenant("acme")
    }
}

pub(crate) fn admin() -> Value {
    json!({ "sub": "boss", "tenant_id": "acme", "role": "admin" })
}

/// Asks with the token of these claims; without any, with none.
pub(crate) async fn ask<E: Endpoint>(endpoint: &E, query: &str, claims: &Value) -> Answer {
    let mut event: Value = serde_json::from_str(&sample_event(E::NAME)).unwrap();
    event["rawQueryString"] = json!(query);
    event["headers"] = json!({ "host": "127.0.0.1" });
    if !claims.is_null() {
        event["headers"]["authorization"] =
            json!(format!("Bearer {}", stack().token(claims.clone())));
    }
    invoke(endpoint, request(&event.to_string())).await
}

/// The rooms' sids of the calls of an answer.
pub(crate) fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true)),
        "{answer:?}"
    );
    let calls = answer.body["calls"].as_array().unwrap();
    assert_eq!(answer.body["count"], calls.len());
    calls
        .iter()
        .map(|call| call["livekitRoomSid"].as_str().unwrap().to_owned())
        .collect()
}

/// Every page of a list, and how many there were.
async fn all_pages<E: Endpoint>(endpoint: &E, query: &str) -> (Vec<String>, usize) {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for pages in 1..200 {
        let answer = ask(endpoint, &format!("{query}&cursor={cursor}"), &admin()).await;
        all.extend(names(&answer));
        match answer.body["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return (all, pages),
        }
    }
    panic!("the list does not end");
}

pub(crate) fn named(name: &str, created_at: Timestamp, facts: Facts) -> Call {
    call(
        name,
        created_at,
        &owned_by("alice"),
        Facts {
            room_sid: claimed(name.to_owned()),
            ..facts
        },
    )
}

/// 150 calls, 60 of them created in one and the same millisecond; every third is an outbound one.
pub(crate) fn many() -> Vec<Call> {
    let created = |number: i64| {
        if (40..100).contains(&number) {
            at(40)
        } else {
            at(number)
        }
    };
    let direction = |number: i64| {
        if number % 3 == 0 {
            Direction::Outbound
        } else {
            Direction::Inbound
        }
    };
    let calls = (0..150).map(|number| {
        let facts = Facts {
            direction: claimed(direction(number)),
            ..Facts::default()
        };
        named(&format!("RM_{number:03}"), created(number), facts)
    });
    calls.collect()
}

#[tokio::test]
async fn pages_have_no_gaps_and_no_repetitions() {
    let world = World::new(None).await;
    let calls = many();
    world.put_calls(&calls).await;
    let endpoint = world.call_list(1_000).await;
    for limit in [1, 7, 50, 100] {
        let (all, pages) = all_pages(&endpoint, &format!("limit={limit}")).await;
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!((all.len(), distinct.len()), (150, 150), "limit {limit}");
        assert!(
            pages >= 150 / limit && pages <= 150 / limit + 2,
            "{pages} pages of {limit}"
        );
        let created = |name: &String| {
            let call = calls
                .iter()
                .find(|call| call.facts.room_sid() == Some(name.as_str()))
                .unwrap();
            call.created_at
        };
        assert!(
            all.is_sorted_by_key(|name| std::cmp::Reverse(created(name))),
            "limit {limit}"
        );
    }
}

#[tokio::test]
async fn what_comes_in_between_pages_shifts_nothing() {
    let world = World::new(None).await;
    world.put_calls(&many()).await;
    let endpoint = world.call_list(1_000).await;
    let first = ask(&endpoint, "limit=70", &admin()).await;
    let later: Vec<Call> = (0..20)
        .map(|number| named(&format!("RM_new{number}"), at(1_000), Facts::default()))
        .collect();
    world.put_calls(&later).await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = ask(&endpoint, &format!("limit=100&cursor={cursor}"), &admin()).await;
    let shown: BTreeSet<String> = names(&first).into_iter().chain(names(&second)).collect();
    assert_eq!(shown.len(), 150);
    assert!(!shown.iter().any(|name| name.contains("new")));
    assert_eq!(second.body.get("nextCursor"), None);
}

#[tokio::test]
async fn a_filter_that_matches_little_ends_a_page_early_and_loses_nothing() {
    let world = World::new(None).await;
    world.put_calls(&many()).await;
    let endpoint = world.call_list(30).await;
    let first = ask(&endpoint, "direction=outbound&limit=100", &admin()).await;
    assert_eq!(
        names(&first).len(),
        10,
        "a third of the 30 that were looked at"
    );
    let (all, pages) = all_pages(&endpoint, "direction=outbound&limit=100").await;
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 50);
    assert_eq!(all.len(), 50);
    assert!((5..=6).contains(&pages), "{pages}");
    let (none, pages) = all_pages(&endpoint, "campaignId=nobodys").await;
    assert!(none.is_empty() && pages >= 5, "{pages}");
}

#[tokio::test]
async fn a_cursor_outside_the_window_is_no_error() {
    let world = World::new(None).await;
    world.put_calls(&many()).await;
    let endpoint = world.call_list(1_000).await;
    let page = ask(&endpoint, "limit=70", &admin()).await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    let later = format!("from=2026-01-02T00:00:00.120Z&cursor={cursor}");
    assert_eq!(names(&ask(&endpoint, &later, &admin()).await), [""; 0]);
    let earlier = format!("to=2026-01-02T00:00:00.005Z&cursor={cursor}");
    assert_eq!(names(&ask(&endpoint, &earlier, &admin()).await).len(), 6);
}

#[tokio::test]
async fn a_user_sees_its_own_calls_an_admin_the_tenants_and_a_stranger_none() {
    let world = World::new(None).await;
    let of = |name: &str, owner: &Owner| {
        call(
            name,
            at(0),
            owner,
            Facts {
                room_sid: claimed(name.to_owned()),
                ..Facts::default()
            },
        )
    };
    let foreign = Owner {
        user_id: Some("alice".to_owned()),
        ..Owner::tenant("other")
    };
    world
        .put_calls(&[
            of("alices", &owned_by("alice")),
            of("bobs", &owned_by("bob")),
            of("tenants", &Owner::tenant("acme")),
            of("foreign", &foreign),
        ])
        .await;
    let (list, stats) = (world.call_list(1_000).await, world.call_stats(1_000).await);
    let cases: [(Value, &[&str]); 7] = [
        (json!({ "sub": "alice", "tenant_id": "acme" }), &["alices"]),
        (json!({ "sub": "bob", "tenant_id": "acme" }), &["bobs"]),
        (json!({ "sub": "carol", "tenant_id": "acme" }), &[]),
        (admin(), &["alices", "bobs", "tenants"]),
        (
            json!({ "sub": "alice", "tenant_id": "other" }),
            &["foreign"],
        ),
        (
            json!({ "sub": "alice", "tenant_id": "acme#0", "role": "admin" }),
            &[],
        ),
        (json!({ "sub": "alice", "role": "admin" }), &[]),
    ];
    for (claims, expected) in cases {
        let mut shown = names(&ask(&list, "", &claims).await);
        shown.sort();
        assert_eq!(shown, expected, "{claims}");
        let counted = ask(&stats, "from=2026-01-01&to=2026-01-03", &claims).await;
        assert_eq!(counted.body["count"], expected.len(), "{claims}");
    }
    let refused = json!({ "success": false, "message": "Unauthorized" });
    assert_eq!(
        ask(&list, "", &Value::Null).await,
        Answer {
            status: 401,
            body: refused.clone()
        }
    );
    assert_eq!(
        ask(&stats, "", &Value::Null).await,
        Answer {
            status: 401,
            body: refused
        }
    );
}
