//! What a submission makes of its call: its times, its outcome, its numbers, and what a corrected
//! submission changes.

use std::collections::BTreeSet;

use ringpost::{
    domain::{
        call::{Call, CallStatus, CallUpdate, outcome::Outcome, owner::Owner},
        contact_id::ContactId,
        phone::{PhoneNumber, Region},
        timestamp::Timestamp,
    },
    providers::{
        self,
        capture::{self, Identity, Sender, Submission},
    },
};
use serde_json::{Value, json};

const COMPANY: &str = "7c8693c6-976e-4324-9123-2c1d811605f9";
const RECEIVED: &str = "2025-11-25T10:36:00.250Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

fn body(mut fields: Value) -> Vec<u8> {
    if let Some(fields) = fields.as_object_mut() {
        fields.entry("company_id").or_insert(json!(COMPANY));
    }
    fields.to_string().into_bytes()
}

fn update(tenant: &str, fields: Value, received: &str) -> CallUpdate {
    let body = body(fields);
    let submission = Submission::parse(&body).expect("a submission");
    let sender = Sender {
        tenant_id: tenant.to_owned(),
        region: None,
    };
    let event = capture::event(
        &submission,
        &sender,
        &Identity::Body,
        at(received),
        body.into(),
    );
    let update = providers::read_update(&event).expect("an update");
    assert_eq!(
        capture::read(&submission, &event).as_ref(),
        Some(&update),
        "stored and read again"
    );
    update
}

fn call(fields: Value) -> Call {
    Call::begin(
        &update("acme", fields, RECEIVED),
        Some(&Owner::tenant("acme")),
    )
}

/// Both orders, for the order of events must not matter.
fn corrected(first: Value, second: Value) -> Call {
    let owner = Owner::tenant("acme");
    let (first, second) = (
        update("acme", first, RECEIVED),
        update("acme", second, "2025-11-25T10:37:00Z"),
    );
    let (mut call, mut other) = (
        Call::begin(&first, Some(&owner)),
        Call::begin(&second, Some(&owner)),
    );
    call.apply(&second, Some(&owner));
    other.apply(&first, Some(&owner));
    assert_eq!((call.id, &call.facts), (other.id, &other.facts));
    call
}

#[test]
fn the_documents_complete_record() {
    let call = call(json!({
        "lead_id": "234e5678-e89b-12d3-a456-426614174001",
        "employee_id": "345e6789-e89b-12d3-a456-426614174002",
        "outcome": "follow_up", "call_date": "2025-11-25T10:30:00Z",
        "caller_number": "+919876543210", "recipient_number": "+91 91234-56789",
        "duration_seconds": 320, "recording_url": "https://your-system.com/recordings/12345.mp3",
        "call_status": "completed",
        "start_time": "2025-11-25T10:30:00Z", "end_time": "2025-11-25T10:35:20Z",
        "external_call_id": "CALL-12345", "external_system": "YourDialer",
        "next_follow_up": "2025-11-27", "next_follow_up_time": "14:00:00", "auto_call_followup": true,
        "call_details": { "campaign_id": "CAMP-001" }
    }));
    let facts = &call.facts;
    assert_eq!(call.status(), CallStatus::Ended);
    assert_eq!(
        (facts.outcome(), call.duration_seconds()),
        (Some(Outcome::Completed), Some(320))
    );
    assert_eq!(call.started_at(), at("2025-11-25T10:30:00Z"));
    assert_eq!(
        facts.ending().map(|ending| ending.at),
        Some(at("2025-11-25T10:35:20Z"))
    );
    assert_eq!(
        facts.line_number().map(PhoneNumber::as_str),
        Some("+919876543210")
    );
    assert_eq!(
        facts.phone_number().map(PhoneNumber::as_str),
        Some("+919123456789")
    );
    assert_eq!(
        facts.recording_url.get().map(String::as_str),
        Some("https://your-system.com/recordings/12345.mp3")
    );
    assert_eq!(
        facts.lead_id.get().map(ContactId::as_str),
        Some("234e5678-e89b-12d3-a456-426614174001")
    );
    assert_eq!(
        facts.employee_id.get().map(String::as_str),
        Some("345e6789-e89b-12d3-a456-426614174002")
    );
    assert_eq!(call.campaign_id(), Some("CAMP-001"));
    assert!(
        facts
            .results()
            .is_some_and(|results| results.contains("follow_up") && results.len() == 1)
    );
    let follow_up = facts
        .follow_up
        .get()
        .and_then(Option::as_ref)
        .expect("a follow-up");
    assert_eq!(
        (follow_up.due_at, follow_up.automatic),
        (at("2025-11-27T14:00:00Z"), true)
    );
}

#[test]
fn the_times_that_are_missing_follow_from_those_that_are_there() {
    let (start, date, end) = (
        "2025-11-25T10:30:00Z",
        "2025-11-25T09:00:00Z",
        "2025-11-25T10:35:20Z",
    );
    for (fields, started, ended, seconds) in [
        (
            json!({ "start_time": start, "end_time": end }),
            start,
            end,
            Some(320),
        ),
        (
            json!({ "start_time": start, "duration_seconds": 320 }),
            start,
            end,
            Some(320),
        ),
        (
            json!({ "end_time": end, "duration_seconds": 320, "call_date": date }),
            start,
            end,
            Some(320),
        ),
        (
            json!({ "call_date": start, "duration_seconds": 320 }),
            start,
            end,
            Some(320),
        ),
        (
            json!({ "start_time": start, "end_time": end, "duration_seconds": 300 }),
            start,
            end,
            Some(300),
        ),
        (json!({ "call_date": date }), date, date, None),
        (
            json!({ "start_time": start, "call_date": date }),
            start,
            start,
            None,
        ),
        (
            json!({ "call_date": date, "end_time": end }),
            date,
            end,
            None,
        ),
        (
            json!({ "duration_seconds": 60 }),
            "2025-11-25T10:35:00.250Z",
            RECEIVED,
            Some(60),
        ),
        (json!({}), RECEIVED, RECEIVED, None),
    ] {
        let call = call(fields.clone());
        let ending = call.facts.ending().map(|ending| ending.at);
        assert_eq!(
            (call.started_at(), ending),
            (at(started), Some(at(ended))),
            "{fields}"
        );
        assert_eq!(call.duration_seconds(), seconds, "{fields}");
        assert_ne!(call.status(), CallStatus::Active, "a captured call is over");
    }
}

#[test]
fn the_status_decides_then_a_missing_answer_then_the_duration() {
    for (fields, outcome) in [
        (
            json!({ "call_status": "completed", "duration_seconds": 2 }),
            Some(Outcome::Completed),
        ),
        (
            json!({ "call_status": "busy", "duration_seconds": 60 }),
            Some(Outcome::Busy),
        ),
        (
            json!({ "call_status": "no-answer", "duration_seconds": 60 }),
            Some(Outcome::NoAnswer),
        ),
        (
            json!({ "call_status": "NO_ANSWER" }),
            Some(Outcome::NoAnswer),
        ),
        (
            json!({ "call_status": "Not Answered" }),
            Some(Outcome::NoAnswer),
        ),
        (
            json!({ "call_status": "failed", "outcome": "completed" }),
            Some(Outcome::Failed),
        ),
        (
            json!({ "call_status": "canceled" }),
            Some(Outcome::NoAnswer),
        ),
        (
            json!({ "call_status": "gone fishing", "duration_seconds": 60 }),
            Some(Outcome::Completed),
        ),
        (
            json!({ "outcome": "not_answered", "duration_seconds": 60 }),
            Some(Outcome::NoAnswer),
        ),
        (
            json!({ "outcome": "not_answered", "call_status": "busy" }),
            Some(Outcome::Busy),
        ),
        (json!({ "duration_seconds": 180 }), Some(Outcome::Completed)),
        (json!({ "duration_seconds": 9 }), Some(Outcome::NoAnswer)),
        (json!({ "duration_seconds": 2 }), Some(Outcome::Failed)),
        (json!({ "call_status": "gone fishing" }), None),
        (json!({ "outcome": "follow_up" }), None),
    ] {
        assert_eq!(call(fields.clone()).facts.outcome(), outcome, "{fields}");
    }
}

#[test]
fn what_cannot_be_normalised_is_no_fact() {
    let call = call(json!({
        "caller_number": "anonymous", "recipient_number": "ext. 12", "recording_url": "javascript:alert(1)",
        "call_details": { "campaign_id": "c".repeat(3_000) }, "duration_seconds": 31_622_400,
    }));
    let facts = &call.facts;
    assert!(facts.line_number().is_none() && facts.phone_number().is_none());
    assert!(facts.recording_url.is_empty() && facts.campaign_id.is_empty());
    assert_eq!(call.duration_seconds(), Some(31_622_400));
}

#[test]
fn a_correction_wins_whichever_is_folded_first() {
    let call = corrected(
        json!({
            "external_call_id": "C-1", "call_status": "busy", "outcome": "follow_up", "duration_seconds": 5,
            "start_time": "2025-11-25T10:00:00Z",
            "next_follow_up": "2025-11-27", "auto_call_followup": true
        }),
        json!({
            "external_call_id": "C-1", "outcome": "converted", "duration_seconds": 180,
            "start_time": "2025-11-25T11:00:00Z"
        }),
    );
    assert_eq!(
        (call.facts.outcome(), call.duration_seconds()),
        (Some(Outcome::Completed), Some(180))
    );
    assert_eq!(call.started_at(), at("2025-11-25T11:00:00Z"));
    assert!(
        call.facts
            .results()
            .is_some_and(|results| results.contains("converted") && results.len() == 1)
    );
    assert_eq!(
        call.facts.follow_up.get(),
        Some(&None),
        "a follow-up that is no longer reported is withdrawn"
    );
}

#[test]
fn a_call_is_identified_by_tenant_company_system_and_id_and_without_an_id_by_its_body() {
    let id = |tenant: &str, fields: Value| update(tenant, fields, RECEIVED).keys.first_id();
    let ours = json!({ "external_call_id": "C-1", "external_system": "D" });
    let same = json!({ "external_call_id": "C-1", "external_system": "D", "notes": "more" });
    assert_eq!(id("acme", ours.clone()), id("acme", same));
    let others = [
        ("other", ours.clone()),
        ("acme", json!({ "external_call_id": "C-1" })),
        (
            "acme",
            json!({ "external_call_id": "C-2", "external_system": "D" }),
        ),
        (
            "acme",
            json!({ "external_call_id": "C-1", "external_system": "D", "company_id": "00000000-0000-4000-8000-000000000001" }),
        ),
        ("acme", json!({ "external_system": "D" })),
    ];
    for (tenant, fields) in others {
        assert_ne!(
            id("acme", ours.clone()),
            id(tenant, fields.clone()),
            "{tenant} {fields}"
        );
    }
    assert_eq!(
        id("acme", json!({ "notes": "a" })),
        id("acme", json!({ "notes": "a" }))
    );
    assert_ne!(
        id("acme", json!({ "notes": "a" })),
        id("acme", json!({ "notes": "b" }))
    );
}

fn submitted(identity: &Identity, region: Option<Region>, fields: Value) -> CallUpdate {
    let body = body(fields);
    let submission = Submission::parse(&body).expect("a submission");
    let sender = Sender {
        tenant_id: "acme".to_owned(),
        region,
    };
    providers::read_update(&capture::event(
        &submission,
        &sender,
        identity,
        at(RECEIVED),
        body.into(),
    ))
    .expect("an update")
}

#[test]
fn what_identifies_a_submission_identifies_its_event_and_where_it_has_no_id_its_call() {
    let key = |key: &str| Identity::Key(key.to_owned());
    let moment = |second: i64| Timestamp::from_seconds(second).expect("a time");
    let identities = [
        Identity::Body,
        key("a"),
        key("b"),
        Identity::Since(moment(1)),
        Identity::Since(moment(2)),
        Identity::After(moment(1)),
        Identity::After(moment(2)),
    ];
    let updates = |fields: &Value| {
        identities
            .clone()
            .map(|identity| submitted(&identity, None, fields.clone()))
    };
    let named = updates(&json!({ "external_call_id": "C-1" }));
    let nameless = updates(&json!({ "notes": "x" }));
    let events: BTreeSet<_> = named.iter().map(|update| update.event.clone()).collect();
    let call = |update: &CallUpdate| update.keys.first_id();
    let calls = |updates: &[CallUpdate]| updates.iter().map(call).collect::<BTreeSet<_>>().len();
    assert_eq!(
        (events.len(), calls(&named), calls(&nameless)),
        (identities.len(), 1, identities.len())
    );
    for update in named.iter().chain(&nameless) {
        assert!(
            !update.event.as_str().contains("C-1") && update.event.as_str().len() < 200,
            "{}",
            update.event
        );
    }
}

#[test]
fn an_event_of_yesterdays_version_is_still_the_event_and_the_call_that_it_was() {
    let update = submitted(&Identity::Body, None, json!({ "notes": "x" }));
    assert_eq!(
        update.event.as_str(),
        "call-capture:acme:7c8693c6-976e-4324-9123-2c1d811605f9:fbdb85c292c7057213744deac22cb3de"
    );
    assert_eq!(
        update.keys.first_id().to_string(),
        "b9434f97-8121-5130-9c64-db3d05d819bc"
    );
}

#[test]
fn a_national_number_is_one_of_the_tenants_region() {
    let numbers = |region: Option<&str>| {
        let fields =
            json!({ "caller_number": "09876543210", "recipient_number": "+1 858 879 6658" });
        let facts = submitted(&Identity::Body, region.and_then(Region::parse), fields).facts;
        [facts.line_number, facts.phone_number]
            .map(|number| number.get().map(|it| it.as_str().to_owned()))
    };
    let american = Some("+18588796658".to_owned());
    assert_eq!(
        numbers(Some("IN")),
        [Some("+919876543210".to_owned()), american.clone()]
    );
    assert_eq!(numbers(None), [None, american]);
}

#[test]
fn the_same_body_is_the_same_event_and_a_changed_one_is_not() {
    let key = |tenant: &str, fields: Value, received: &str| update(tenant, fields, received).event;
    let fields = json!({ "external_call_id": "C-1" });
    let first = key("acme", fields.clone(), RECEIVED);
    assert_eq!(first, key("acme", fields.clone(), "2026-01-01T00:00:00Z"));
    assert_ne!(first, key("other", fields, RECEIVED));
    assert_ne!(
        first,
        key(
            "acme",
            json!({ "external_call_id": "C-1", "notes": "x" }),
            RECEIVED
        )
    );
}
