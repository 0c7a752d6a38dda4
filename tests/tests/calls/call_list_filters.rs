//! The filters of a list of calls, and what a listed call shows.

use std::collections::BTreeSet;

use ringpost::domain::{
    call::{
        Call,
        agent_status::{AgentStatus, StatusWord},
        claims::EarliestTime,
        direction::Direction,
        facts::Facts,
        outcome::Outcome,
        report::Hangup,
    },
    follow_up::FollowUp,
    key::EventKey,
    phone::PhoneNumber,
    scalar::Scalar,
    timestamp::Timestamp,
};
use ringpost_tests::world::World;
use serde_json::json;

use super::call_lists::{admin, ask, at, claimed, named, names};

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

/// One call of each kind that a filter distinguishes, an hour between them.
pub(crate) fn kinds() -> Vec<Call> {
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
async fn a_listed_call_shows_all_that_is_known() {
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
        ("callSid=undefined", "callSid"),
        ("conversationId=7", "conversationId"),
        ("roomName=null", "roomName"),
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
