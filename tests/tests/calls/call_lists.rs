//! Lists of calls: pages, filters, and who sees what.

use std::collections::BTreeSet;

use ringpost::domain::{
    call::{
        Call,
        agent_status::{AgentStatus, StatusWord},
        claims::{Claim, EarliestTime, Latest},
        direction::Direction,
        facts::Facts,
        outcome::Outcome,
        owner::Owner,
        report::Hangup,
    },
    follow_up::FollowUp,
    key::EventKey,
    phone::PhoneNumber,
    scalar::Scalar,
    timestamp::Timestamp,
};
use ringpost_functions::runtime::Endpoint;
use ringpost_tests::{
    lambda::{invoke, request, sample_event},
    stack::{Answer, stack},
    world::{World, lists::call},
};
use serde_json::{Value, json};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_312_000_000 + millis).unwrap()
}

fn claimed<T: Ord>(value: T) -> Latest<T> {
    Latest::claimed(Some(Claim::new(1, at(0), value)))
}

fn owned_by(user: &str) -> Owner {
    Owner {
        user_id: Some(user.to_owned()),
        ..Owner::tenant("acme")
    }
}

fn admin() -> Value {
    json!({ "sub": "boss", "tenant_id": "acme", "role": "admin" })
}

/// Asks with the token of these claims; without any, with none.
async fn ask<E: Endpoint>(endpoint: &E, query: &str, claims: &Value) -> Answer {
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
fn names(answer: &Answer) -> Vec<String> {
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

fn named(name: &str, created_at: Timestamp, facts: Facts) -> Call {
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
fn many() -> Vec<Call> {
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

fn ended(word: StatusWord, verdict: Outcome) -> Facts {
    Facts {
        agent_status: claimed(AgentStatus {
            word,
            event: EventKey::of("elevenlabs-call-status", "1"),
        }),
        hangup: claimed(Hangup {
            at: at(60_000),
            reason: None,
        }),
        verdict: claimed(verdict),
        ..Facts::default()
    }
}

fn follow_up(due_at: Timestamp) -> FollowUp {
    FollowUp {
        due_at,
        date: "2026-01-05".to_owned(),
        time: Some("10:00".to_owned()),
        automatic: true,
    }
}

/// One call of each kind that a filter tells apart, an hour between them.
fn kinds() -> Vec<Call> {
    let number = |text| claimed(PhoneNumber::parse(text).unwrap());
    let room = || EarliestTime::claimed(Some(at(0)));
    let rang = || EarliestTime::claimed(Some(at(1_000)));
    let kinds = [
        ("new", Facts::default()),
        (
            "rings",
            Facts {
                ringing: rang(),
                phone_number: number("+15105550123"),
                ..Facts::default()
            },
        ),
        (
            "talks",
            Facts {
                ringing: rang(),
                answered: rang(),
                ..Facts::default()
            },
        ),
        (
            "done",
            Facts {
                direction: claimed(Direction::Outbound),
                results: claimed(BTreeSet::from(["appointment_set".to_owned()])),
                follow_up: claimed(Some(follow_up(at(259_200_000)))),
                lead_id: claimed(Scalar::from("lead-1".to_owned()).into()),
                employee_id: claimed("employee-1".to_owned()),
                campaign_id: claimed("retention".to_owned()),
                ..ended(StatusWord::Completed, Outcome::Completed)
            },
        ),
        ("busy", ended(StatusWord::Busy, Outcome::Busy)),
        (
            "unreached",
            ended(StatusWord::Unreachable, Outcome::NoAnswer),
        ),
        (
            "broken",
            ended(StatusWord::InitiationFailed, Outcome::Failed),
        ),
        (
            "closed",
            Facts {
                room_created: room(),
                room_finished: rang(),
                ..Facts::default()
            },
        ),
    ];
    let hours = (0..).step_by(3_600_000);
    kinds
        .into_iter()
        .zip(hours)
        .map(|((name, facts), millis)| named(name, at(millis), facts))
        .collect()
}

#[tokio::test]
async fn every_filter_finds_what_it_names() {
    let world = World::new(None).await;
    world.put_calls(&kinds()).await;
    let endpoint = world.call_list(1_000).await;
    let everything = [
        "closed",
        "broken",
        "unreached",
        "busy",
        "done",
        "talks",
        "rings",
        "new",
    ];
    let cases: [(&str, &[&str]); 38] = [
        ("", &everything),
        ("status=&outcome=", &everything),
        // The Call Outcomes document's.
        ("status=active", &["talks", "rings", "new"]),
        ("status=ended", &["unreached", "busy", "done"]),
        ("status=failed", &["closed", "broken"]),
        // The inbound call document's, and the ElevenLabs document's.
        ("status=ringing", &["rings"]),
        ("status=completed", &["done"]),
        ("status=initiated", &["new"]),
        ("status=answered", &["talks"]),
        ("status=busy", &["busy"]),
        ("status=no_answer", &["unreached"]),
        ("status=unreachable", &["unreached"]),
        ("status=initiation_failed", &["broken"]),
        ("status=canceled", &[]),
        ("status=rejected", &[]),
        // A dialer's.
        ("status=no-answer", &["unreached"]),
        ("status=in-progress", &["talks"]),
        (
            "status=busy,no_answer,failed,unreachable,rejected,initiation_failed",
            &["closed", "broken", "unreached", "busy"],
        ),
        ("status=busy&status=ringing", &["busy", "rings"]),
        ("outcome=completed", &["done"]),
        ("outcome=failed", &["closed", "broken"]),
        ("outcome=busy,no_answer", &["unreached", "busy"]),
        ("outcome=appointment_set", &["done"]),
        ("outcome=Appointment%20Set", &["done"]),
        ("outcome=never_heard_of", &[]),
        ("direction=outbound", &["done"]),
        ("direction=outbound&status=busy", &[]),
        ("campaignId=retention", &["done"]),
        ("leadId=lead-1", &["done"]),
        ("employeeId=employee-2", &[]),
        ("employeeId=employee-1", &["done"]),
        ("phoneNumber=%2B15105550123", &["rings"]),
        ("phoneNumber=(510)%20555-0123", &["rings"]),
        ("phoneNumber=+1-510-555-0123", &["rings"]),
        (
            "from=2026-01-02T05:00:00Z&to=2026-01-02T06:00:00%2B00:00",
            &["broken", "unreached"],
        ),
        ("from=2026-01-03", &[]),
        ("followUpFrom=2026-01-05&followUpTo=2026-01-05", &["done"]),
        ("followUpTo=2026-01-04", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(
            names(&ask(&endpoint, query, &admin()).await),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_listed_call_tells_all_that_is_known() {
    let world = World::new(None).await;
    let mut calls = kinds();
    calls[4].facts.failure_reason = claimed("Recipient is busy".to_owned());
    calls[4].facts.call_sid = claimed("CA1".to_owned());
    calls[4].facts.conversation_id = claimed("conv_1".to_owned());
    calls[4].facts.agent_id = claimed("agent_1".to_owned());
    world.put_calls(&calls).await;
    let endpoint = world.call_list(1_000).await;
    let done = ask(&endpoint, "leadId=lead-1", &admin()).await;
    let shown = &done.body["calls"][0];
    assert_eq!(shown["agentStatus"], "completed");
    assert_eq!(shown["outcomes"], json!(["appointment_set"]));
    assert_eq!(
        (&shown["leadId"], &shown["employeeId"]),
        (&json!("lead-1"), &json!("employee-1"))
    );
    let due = json!({ "date": "2026-01-05", "time": "10:00", "auto": true, "dueAt": "2026-01-05T00:00:00.000Z" });
    assert_eq!(shown["followUp"], due);
    let busy = ask(&endpoint, "status=busy", &admin()).await;
    let shown = &busy.body["calls"][0];
    let ids = [
        &shown["callSid"],
        &shown["conversationId"],
        &shown["agentId"],
    ];
    assert_eq!(ids, ["CA1", "conv_1", "agent_1"]);
    assert_eq!(shown["failureReason"], "Recipient is busy");
    let new = ask(&endpoint, "status=initiated", &admin()).await;
    let fields: Vec<&String> = new.body["calls"][0].as_object().unwrap().keys().collect();
    let documented = [
        "createdAt",
        "direction",
        "id",
        "livekitRoomName",
        "livekitRoomSid",
        "metadata",
        "phoneNumber",
        "startedAt",
        "status",
        "updatedAt",
        "userId",
    ];
    assert_eq!(fields, documented, "what is not known is left out");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    let world = World::new(None).await;
    let (list, stats) = (world.call_list(10).await, world.call_stats(10).await);
    let cases = [
        ("status=gone", "status"),
        ("status=busy,", "status"),
        ("outcome=%3Cb%3E", "outcome"),
        ("direction=up", "direction"),
        ("phoneNumber=anonymous", "phoneNumber"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-01-02&to=2026-01-01", "from"),
        ("followUpFrom=soon", "followUpFrom"),
        ("followUpTo=%00", "followUpTo"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=rubbish", "cursor"),
        ("cursor=bnVsbA%3D%3D", "cursor"),
        ("state=busy", "state"),
    ];
    for (query, field) in cases {
        let answer = ask(&list, query, &admin()).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{query}: {answer:?}"
        );
        assert_eq!(answer.body["success"], false);
    }
    for (query, field) in [
        ("from=x", "from"),
        ("to=x", "to"),
        ("status=busy", "status"),
    ] {
        let answer = ask(&stats, query, &admin()).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{query}: {answer:?}"
        );
    }
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
