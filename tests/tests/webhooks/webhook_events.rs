//! What was received and sent: pages, filters, payloads, and who sees what.

use std::collections::BTreeSet;

use ringpost::{
    domain::{
        delivery::{DeliveryStatus, Message},
        event::{Event, Source},
        key::CallKey,
        timestamp::Timestamp,
    },
    queries::history::ExaminedRows,
};
use ringpost_functions::webhooks::webhook_events::Function;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, request, sample_event},
    stack::{Answer, stack},
    subscriptions::message,
    world::{
        World,
        history::{answered, event},
    },
};
use serde_json::{Value, json};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_312_000_000 + millis).unwrap()
}

fn admin() -> Value {
    json!({ "sub": "boss", "tenant_id": "acme", "role": "admin" })
}

async fn ask(endpoint: &Function, query: &str, claims: &Value) -> Answer {
    let mut event: Value = serde_json::from_str(&sample_event("webhook-events")).unwrap();
    event["rawQueryString"] = json!(query);
    event["headers"]["authorization"] = json!(format!("Bearer {}", stack().token(claims.clone())));
    invoke(endpoint, request(&event.to_string())).await
}

fn ids(answer: &Answer) -> Vec<u64> {
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true)),
        "{answer:?}"
    );
    let events = answer.body["events"].as_array().unwrap();
    assert_eq!(answer.body["count"], events.len());
    events
        .iter()
        .map(|event| event["id"].as_u64().unwrap())
        .collect()
}

/// The ids of all that a list's cursors lead to, after those of `first`.
async fn follow(endpoint: &Function, query: &str, first: Answer) -> (Vec<u64>, usize) {
    let (mut all, mut answer, mut answers) = (ids(&first), first, 1);
    while let Some(cursor) = answer.body["nextCursor"].as_str() {
        answer = ask(endpoint, &format!("{query}&cursor={cursor}"), &admin()).await;
        for field in ["total", "page", "pages", "totalIsExact"] {
            assert_eq!(answer.body.get(field), None);
        }
        all.extend(ids(&answer));
        answers += 1;
        assert!(answers < 200, "the list does not end");
    }
    (all, answers)
}

/// 240 rows, some of them of one and the same millisecond; every third goes out. The log has none of them.
async fn many() -> World {
    let world = World::new(None).await;
    let history = world.history(&Faults::none());
    let rows = (0..240_i64).map(async |number| {
        let at = at(if (40..100).contains(&number) {
            40
        } else {
            number * 7
        });
        if number % 3 == 0 {
            let message = message(
                "acme",
                &format!("evt_{number}"),
                at,
                &json!({ "n": number }),
            );
            history
                .record_delivery(&history.pack(&message, 1).await.unwrap(), 1)
                .await
                .unwrap();
        } else {
            let event = event(Source::LiveKit, &format!("EV_{number}"), at, "{}");
            history
                .record_inbound(&event, "acme", None, None)
                .await
                .unwrap();
        }
    });
    let rows: Vec<_> = rows.collect();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        futures::future::join_all(rows.by_ref().take(20)).await;
    }
    world
}

#[tokio::test]
async fn pages_and_cursors_give_the_same_without_gaps_and_repetitions() {
    let world = many().await;
    let endpoint = world.webhook_events(10_000).await;
    for (filter, rows) in [("", 240_usize), ("&direction=outbound", 80)] {
        for limit in [7_usize, 100] {
            let query = format!("limit={limit}{filter}");
            let (mut paged, pages) = (Vec::new(), usize::div_ceil(rows, limit));
            for page in 1..=pages {
                let answer = ask(&endpoint, &format!("{query}&page={page}"), &admin()).await;
                assert_eq!(
                    (&answer.body["total"], &answer.body["pages"]),
                    (&json!(rows), &json!(pages))
                );
                assert_eq!(
                    (&answer.body["page"], answer.body.get("totalIsExact")),
                    (&json!(page), None)
                );
                assert_eq!(
                    answer.body.get("nextCursor").is_some(),
                    page < pages,
                    "{page} of {pages}"
                );
                paged.extend(ids(&answer));
            }
            assert!(paged.is_sorted_by(|a, b| a > b), "newest first, each once");
            assert_eq!(paged.len(), rows);
            let first = ask(&endpoint, &query, &admin()).await;
            assert_eq!(follow(&endpoint, &query, first).await.0, paged);
            let beyond = ask(&endpoint, &format!("{query}&page={}", pages + 1), &admin()).await;
            assert_eq!(
                (ids(&beyond), &beyond.body["total"]),
                (vec![], &json!(rows))
            );
            assert_eq!(beyond.body.get("nextCursor"), None);
        }
    }
    let far = ask(&endpoint, "page=18446744073709551615&limit=100", &admin()).await;
    assert_eq!(ids(&far), [0; 0]);
    let none = ask(&endpoint, "source=nobody", &admin()).await;
    assert_eq!(
        (&none.body["total"], &none.body["pages"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn what_is_looked_at_is_bounded_and_cursors_lead_on() {
    let world = many().await;
    let whole = world.webhook_events(10_000).await;
    for (examined, filter) in [
        (40, ""),
        (40, "&direction=outbound"),
        (12, ""),
        (239, ""),
        (60, "&source=nobody"),
    ] {
        let endpoint = world.webhook_events(examined).await;
        let query = format!("limit=5{filter}");
        let first = ask(&endpoint, &query, &admin()).await;
        assert_eq!(first.body["totalIsExact"], false, "{examined}");
        assert!(
            first.body["total"].as_u64().unwrap() <= examined as u64,
            "{first:?}"
        );
        assert!(first.body["nextCursor"].is_string());
        let expected = ask(&whole, &query, &admin()).await;
        let (expected, _) = follow(&whole, &query, expected).await;
        let (all, answers) = follow(&endpoint, &query, first).await;
        assert_eq!(all, expected, "{examined} {filter}");
        assert!(answers >= 240 / examined, "{answers} answers");
    }
    let endpoint = world.webhook_events(40).await;
    let beyond = ask(&endpoint, "limit=5&page=50", &admin()).await;
    assert_eq!(
        (ids(&beyond).len(), &beyond.body["totalIsExact"]),
        (0, &json!(false))
    );
    let counted = usize::try_from(beyond.body["total"].as_u64().unwrap()).unwrap();
    let (after, _) = follow(&endpoint, "limit=100", beyond).await;
    assert_eq!(
        after.len(),
        240 - counted,
        "the cursor goes on where the counting stopped"
    );
    let exact = ask(&world.webhook_events(241).await, "", &admin()).await;
    assert_eq!(
        (&exact.body["total"], exact.body.get("totalIsExact")),
        (&json!(240), None)
    );
}

#[tokio::test]
async fn what_comes_in_between_cursors_shifts_nothing() {
    let world = many().await;
    let endpoint = world.webhook_events(10_000).await;
    let first = ask(&endpoint, "limit=100", &admin()).await;
    for number in 0..10 {
        world
            .receive(
                &event(Source::LiveKit, &format!("EV_new{number}"), at(9_000), "{}"),
                "acme",
                None,
            )
            .await;
    }
    let (all, _) = follow(&endpoint, "limit=100", first).await;
    assert_eq!(
        (all.len(), all.iter().collect::<BTreeSet<_>>().len()),
        (240, 240)
    );
}

/// The names of the rows of `differing`, in the order of an answer.
fn names(answer: &Answer) -> Vec<&str> {
    ids(answer);
    let events = answer.body["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["payload"]["name"].as_str().unwrap())
        .collect()
}

fn call_id(sid: &str) -> ringpost::domain::key::CallId {
    CallKey::RoomSid(sid.to_owned()).call_id()
}

/// Rows `a` to `h`, a second after each other, that differ in everything that can be asked for.
async fn differing() -> World {
    let world = World::new(None).await;
    let history = world.history(&Faults::none());
    let received = async |name: &str, second: i64, source, event_type: &str, call: Option<&str>| {
        let payload = json!({ "name": name }).to_string();
        let event = Event {
            event_type: event_type.to_owned(),
            ..event(source, name, at(second * 1_000), &payload)
        };
        world.keep_event(&event).await;
        history
            .record_inbound(&event, "acme", call.map(call_id), Some("alice"))
            .await
            .unwrap();
    };
    received("a", 0, Source::LiveKit, "participant_left", Some("RM_1")).await;
    received("b", 1, Source::SipInbound, "sip.inbound", Some("RM_2")).await;
    received("c", 2, Source::SignalWire, "call.completed", Some("RM_1")).await;
    received("d", 3, Source::CallStatus, "call.ended", None).await;
    let states = [
        ("e", 1, DeliveryStatus::Pending),
        ("f", 2, DeliveryStatus::Delivered),
        ("g", 1, DeliveryStatus::Failed),
        ("h", 2, DeliveryStatus::Cancelled),
    ];
    for (second, (name, subscription_id, status)) in (4..).zip(states) {
        let message = Message {
            call_id: (name == "f").then(|| call_id("RM_1")),
            event_type: if name == "g" {
                "conversation.completed"
            } else {
                "call.completed"
            }
            .to_owned(),
            ..message("acme", name, at(second * 1_000), &json!({ "name": name }))
        };
        let pending = world.pending_delivery(&message, subscription_id).await;
        match status {
            DeliveryStatus::Pending => {}
            DeliveryStatus::Cancelled => {
                assert!(
                    history
                        .end_delivery(&pending, status, "The webhook was deleted", at(9_000))
                        .await
                        .unwrap()
                );
            }
            DeliveryStatus::Delivered => {
                drop(
                    world
                        .attempt(&pending, &answered(at(8_000), 200), status)
                        .await,
                );
            }
            DeliveryStatus::Failed => drop(
                world
                    .attempt(&pending, &answered(at(8_000), 500), status)
                    .await,
            ),
        }
    }
    world
}

#[tokio::test]
async fn every_filter_finds_what_it_says_alone_and_with_others() {
    let world = differing().await;
    let endpoint = world.webhook_events(10_000).await;
    let (call, other) = (call_id("RM_1"), call_id("RM_none"));
    for (query, expected) in [
        (String::new(), "hgfedcba"),
        ("direction=inbound".into(), "dcba"),
        ("direction=outbound".into(), "hgfe"),
        ("source=livekit".into(), "ba"),
        ("source=signalwire".into(), "c"),
        ("source=elevenlabs".into(), "d"),
        ("source=11wire".into(), "hgfe"),
        ("eventType=call.completed".into(), "hfec"),
        ("eventType=participant_left".into(), "a"),
        ("status=processed".into(), "dcba"),
        ("status=pending".into(), "e"),
        ("status=delivered".into(), "f"),
        ("status=failed".into(), "g"),
        ("status=cancelled".into(), "h"),
        ("webhookConfigId=1".into(), "ge"),
        ("webhookConfigId=3".into(), ""),
        (format!("callId={call}"), "fca"),
        (format!("callId={other}"), ""),
        ("messageId=e".into(), "e"),
        ("messageId=g&status=failed&webhookConfigId=1".into(), "g"),
        ("messageId=g&status=pending".into(), ""),
        ("messageId=none".into(), ""),
        (
            format!("callId={call}&direction=inbound&source=signalwire"),
            "c",
        ),
        (
            "eventType=call.completed&status=delivered&webhookConfigId=2".into(),
            "f",
        ),
        ("direction=inbound&status=failed".into(), ""),
        // Both ends belong to the window, and are exact to the millisecond.
        ("fromDate=2026-01-02T00:00:03Z".into(), "hgfed"),
        ("fromDate=2026-01-02T00:00:03.001Z".into(), "hgfe"),
        ("toDate=2026-01-02T00:00:03Z".into(), "dcba"),
        ("toDate=2026-01-02T00:00:02.999Z".into(), "cba"),
        (
            "fromDate=2026-01-02T00:00:02Z&toDate=2026-01-02T00:00:05Z".into(),
            "fedc",
        ),
        (
            "fromDate=2026-01-02T00:00:02Z&toDate=2026-01-02T00:00:05Z&direction=outbound".into(),
            "fe",
        ),
        (
            "fromDate=2026-01-02T01:00:03%2B01:00&toDate=2026-01-02".into(),
            "hgfed",
        ),
        ("fromDate=2026-01-02&toDate=2026-01-02".into(), "hgfedcba"),
        ("toDate=2026-01-01".into(), ""),
        ("fromDate=2026-01-03".into(), ""),
        ("fromDate=2019-01-01&toDate=9000-01-01".into(), "hgfedcba"),
        ("toDate=2019-01-01".into(), ""),
    ] {
        let answer = ask(&endpoint, &query, &admin()).await;
        assert_eq!(names(&answer).concat(), expected, "{query}");
        assert_eq!(answer.body["total"], expected.len(), "{query}");
        if expected.len() > 1 {
            let first = ask(&endpoint, &format!("{query}&limit=1"), &admin()).await;
            let (all, _) = follow(&endpoint, &format!("{query}&limit=1"), first).await;
            assert_eq!(all, ids(&answer), "{query}");
        }
    }
    for (query, field) in [
        ("status=done", "status"),
        ("page=0", "page"),
        ("sort=asc", "sort"),
    ] {
        let refused = ask(&endpoint, query, &admin()).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (400, &json!(field)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_row_that_moved_on_into_another_millisecond_stays_in_its_own() {
    let world = World::new(None).await;
    let history = world.history(&Faults::none());
    // Of one of the last slots, so that all but one must move on.
    let slot = 1_020;
    let twins = (0..40_000)
        .map(|number| event(Source::LiveKit, &format!("twin_{number}"), at(0), "{}"))
        .filter(|event| event.key.digest() % 1_024 == slot)
        .take(20);
    for event in twins {
        history
            .record_inbound(&event, "acme", None, None)
            .await
            .unwrap();
    }
    let endpoint = world.webhook_events(10_000).await;
    let count = async |query: &str| {
        ids(&ask(&endpoint, &format!("{query}&limit=100"), &admin()).await).len()
    };
    assert_eq!(count("toDate=2026-01-02T00:00:00.000Z").await, 20);
    assert_eq!(count("fromDate=2026-01-02T00:00:00.001Z").await, 0);
}

#[tokio::test]
async fn nothing_is_counted_far_unless_that_is_asked_for() {
    let world = many().await;
    let endpoint = world
        .webhook_events_within(ExaminedRows {
            usual: 40,
            full_count: 10_000,
        })
        .await;
    let counted = ask(&endpoint, "limit=10", &admin()).await;
    assert_eq!(
        (ids(&counted).len(), &counted.body["totalIsExact"]),
        (10, &json!(false))
    );
    assert!(
        (10..=40).contains(&counted.body["total"].as_u64().unwrap()),
        "{:?}",
        counted.body["total"]
    );
    let all = ask(&endpoint, "limit=10&count=all", &admin()).await;
    assert_eq!(
        (&all.body["total"], all.body.get("totalIsExact")),
        (&json!(240), None)
    );
    assert_eq!(ids(&all), ids(&counted));
    let deep = ask(&endpoint, "limit=20&page=12", &admin()).await;
    assert_eq!(
        ids(&deep).len(),
        20,
        "a page by its number is looked for as far as it is"
    );
    let without = ask(&endpoint, "limit=10&count=false", &admin()).await;
    assert_eq!(ids(&without), ids(&counted));
    for field in ["total", "page", "pages", "totalIsExact"] {
        assert_eq!(without.body.get(field), None);
    }
    assert_eq!(follow(&endpoint, "limit=10", without).await.0.len(), 240);
    let second = ask(&endpoint, "limit=10&count=false&page=2", &admin()).await;
    assert_eq!(
        ids(&second),
        ids(&ask(&endpoint, "limit=10&page=2", &admin()).await)
    );
}
