//! Participants in protobuf-JSON: who is a phone, a person or a machine, how it left, and what SIP reports.

use ringpost::domain::call::{direction::Direction, outcome::Outcome};
use serde_json::{Value, json};

use crate::support::left::{left, read, time};

fn outcome_and_millis(changes: Value) -> (Option<Outcome>, Option<u64>) {
    let facts = read(&left(changes)).1.facts;
    (facts.outcome(), facts.duration_millis())
}

#[test]
fn the_leaving_of_a_machine_ends_nothing_whatever_the_spelling_of_its_kind() {
    let ends = |participant: Value| {
        let (_, update) = read(&left(json!({ "participant": participant })));
        (
            update.facts.ending().is_some(),
            update.facts.is_phone_call(),
        )
    };
    for phone in [json!("SIP"), json!("sip"), json!(3)] {
        assert_eq!(ends(json!({ "kind": phone })), (true, true), "{phone}");
    }
    for machine in [
        json!("INGRESS"),
        json!("EGRESS"),
        json!("AGENT"),
        json!(1),
        json!(2),
        json!(4),
    ] {
        assert_eq!(
            ends(json!({ "kind": machine })),
            (false, false),
            "{machine}"
        );
    }
    let people = [
        json!("STANDARD"),
        json!("CONNECTOR"),
        json!("BRIDGE"),
        json!("FUTURE"),
    ];
    for person in people
        .into_iter()
        .chain([0, 7, 8, 99].map(Value::from))
        .chain([Value::Null])
    {
        assert_eq!(ends(json!({ "kind": person })), (true, false), "{person}");
    }
    for permission in [json!({ "agent": true }), json!({ "recorder": true })] {
        assert_eq!(
            ends(json!({ "permission": permission })),
            (false, false),
            "{permission}"
        );
    }
    let ordinary = json!({ "agent": false, "recorder": false, "hidden": true });
    assert_eq!(ends(json!({ "permission": ordinary })), (true, true));
}

#[test]
fn a_disconnect_reason_may_be_a_number() {
    let names = [
        "UNKNOWN_REASON",
        "CLIENT_INITIATED",
        "DUPLICATE_IDENTITY",
        "SERVER_SHUTDOWN",
        "PARTICIPANT_REMOVED",
        "ROOM_DELETED",
        "STATE_MISMATCH",
        "JOIN_FAILURE",
        "MIGRATION",
        "SIGNAL_CLOSE",
        "ROOM_CLOSED",
        "USER_UNAVAILABLE",
        "USER_REJECTED",
        "SIP_TRUNK_FAILURE",
        "CONNECTION_TIMEOUT",
        "MEDIA_FAILURE",
        "AGENT_ERROR",
    ];
    let reported = |reason: Value| {
        let (event, _) = read(&left(
            json!({ "participant": { "disconnectReason": reason } }),
        ));
        event.participant.expect("a participant").disconnect_reason
    };
    for (number, name) in names.into_iter().enumerate() {
        assert_eq!(reported(json!(number)).as_deref(), Some(name));
        assert_eq!(reported(json!(name)).as_deref(), Some(name));
    }
    assert_eq!(
        reported(json!(17)).as_deref(),
        Some("17"),
        "of a later LiveKit"
    );
    assert_eq!(reported(json!("")), None);
    let outcome =
        |reason: u8| outcome_and_millis(json!({ "participant": { "disconnectReason": reason } })).0;
    assert_eq!(outcome(1), Some(Outcome::Completed));
    assert_eq!(outcome(11), Some(Outcome::NoAnswer));
    assert_eq!(outcome(12), Some(Outcome::Busy));
    assert_eq!(outcome(13), Some(Outcome::Failed));
}

#[test]
fn a_phone_that_leaves_before_it_answered_was_never_connected() {
    let status = |status: &str| {
        let participant = json!({ "attributes": { "sip.callStatus": status } });
        outcome_and_millis(json!({ "participant": participant })).0
    };
    assert_eq!(status("dialing"), Some(Outcome::NoAnswer));
    assert_eq!(status("ringing"), Some(Outcome::NoAnswer));
    for connected in ["hangup", "active", "automation", ""] {
        assert_eq!(status(connected), Some(Outcome::Completed), "{connected:?}");
    }
    let aborted = json!({ "event": "participant_connection_aborted" });
    assert_eq!(outcome_and_millis(aborted).0, Some(Outcome::NoAnswer));
}

#[test]
fn ringing_and_answered_are_read_from_the_state_of_the_phone() {
    let states = |status: &str| {
        let participant = json!({ "attributes": { "sip.callStatus": status } });
        let (_, update) = read(&left(
            json!({ "event": "participant_joined", "participant": participant }),
        ));
        let at = Some(time("2026-01-02T00:01:00Z"));
        let known = [update.facts.ringing_at(), update.facts.answered_at()];
        assert!(known.iter().all(|time| time.is_none() || *time == at));
        known.map(|time| time.is_some())
    };
    assert_eq!(states("dialing"), [true, false]);
    assert_eq!(states("ringing"), [true, false]);
    assert_eq!(states("active"), [false, true]);
    assert_eq!(states("automation"), [false, true]);
    assert_eq!(states("hangup"), [false, false]);
}

#[test]
fn a_call_with_a_dispatch_rule_is_inbound_and_one_with_a_trunk_alone_outbound() {
    let direction = |attributes: Value| {
        let (_, update) = read(&left(
            json!({ "participant": { "attributes": attributes } }),
        ));
        update.facts.direction()
    };
    let rule = json!({ "sip.ruleID": "SDR_1", "sip.trunkID": "ST_1" });
    assert_eq!(direction(rule), Some(Direction::Inbound));
    assert_eq!(
        direction(json!({ "sip.trunkID": "ST_1" })),
        Some(Direction::Outbound)
    );
    let defaults = json!({ "sip.ruleID": "", "sip.trunkID": "" });
    assert_eq!(direction(defaults), None);
}
