//! The record of one call: the same after every order of its events, with its owner and its times.

use ringpost::domain::call::{
    Call, CallStatus, CallUpdate, outcome::Outcome, owner::Owner, waiting::Waiting,
};
use serde_json::{Value, json};

use crate::support::folding::{arrival, arriving, fold, owner, updates, view};

/// Calls `each` with every order of `items`.
fn for_each_order(items: &mut Vec<usize>, fixed: usize, each: &mut impl FnMut(&[usize])) {
    if fixed == items.len() {
        return each(items);
    }
    for next in fixed..items.len() {
        items.swap(fixed, next);
        for_each_order(items, fixed + 1, each);
        items.swap(fixed, next);
    }
}

/// An inbound call of a minute, whose agent leaves first and whose room is closed last.
fn inbound_call() -> Vec<CallUpdate> {
    let room =
        json!({ "sid": "RM_1", "name": "call-_+15105550123_x", "creationTime": "1767312000" });
    let phone =
        json!({ "identity": "sip_1", "kind": "SIP", "attributes": { "sip.callStatus": "active" } });
    let mut left = phone.clone();
    left["disconnectReason"] = json!("CLIENT_INITIATED");
    let egress = json!({
        "roomId": "RM_1", "status": "EGRESS_COMPLETE", "fileResults": [{ "location": "s3://b/1.ogg" }],
    });
    let events = [
        ("room_started", 0, json!({ "room": room })),
        (
            "participant_joined",
            2,
            json!({ "room": room, "participant": phone }),
        ),
        (
            "participant_left",
            58,
            json!({ "room": room, "participant": { "identity": "a", "kind": "AGENT" } }),
        ),
        (
            "participant_left",
            59,
            json!({ "room": room, "participant": { "identity": "supervisor" } }),
        ),
        (
            "participant_left",
            60,
            json!({ "room": room, "participant": left }),
        ),
        ("room_finished", 80, json!({ "room": room })),
        ("egress_ended", 80, json!({ "egressInfo": egress })),
    ];
    reported(&events)
}

/// What these events report: each a name, seconds after the room's creation, and its content.
fn reported(events: &[(&str, i64, Value)]) -> Vec<CallUpdate> {
    let body = |(number, (name, second, content)): (usize, &(&str, i64, Value))| {
        let mut body = content.clone();
        body["event"] = json!(name);
        body["id"] = json!(format!("EV_{number}"));
        body["createdAt"] = json!(1_767_312_000 + second);
        body
    };
    updates(&events.iter().enumerate().map(body).collect::<Vec<_>>())
}

#[test]
fn every_single_order_of_a_calls_events_gives_the_same_call() {
    let updates = inbound_call();
    let expected = view(&fold(&updates));
    assert_eq!(
        (expected.status, expected.outcome),
        (CallStatus::Ended, Some(Outcome::Completed))
    );
    assert_eq!(
        expected.duration_seconds,
        Some(60),
        "neither the agent nor the supervisor ended it"
    );
    assert_eq!(expected.call_log["recordingUrl"], "s3://b/1.ogg");
    assert_eq!(
        expected.call_log["metadata"]["participant_identity"],
        "sip_1"
    );
    let mut orders = 0;
    for_each_order(&mut (0..updates.len()).collect(), 0, &mut |order| {
        assert_eq!(
            view(&fold(&arriving(&updates, order))),
            expected,
            "{order:?}"
        );
        orders += 1;
    });
    assert_eq!(orders, 5_040);
}

#[test]
fn a_call_goes_on_until_its_phone_leaves_or_its_room_is_closed() {
    let updates = inbound_call();
    let status = |order: &[usize]| fold(&arriving(&updates, order)).status();
    assert_eq!(
        status(&[0, 1, 2, 3, 6]),
        CallStatus::Active,
        "agent and supervisor have left"
    );
    assert_eq!(status(&[0, 1, 4]), CallStatus::Ended);
    assert_eq!(status(&[0, 1, 5]), CallStatus::Ended);
    assert_eq!(status(&[0, 3]), CallStatus::Ended, "no phone is known");
}

#[test]
fn a_better_source_wins_over_a_later_one() {
    let room = json!({ "sid": "RM_1", "name": "sip-7678189426__1__x" });
    let sip = |attributes: Value| {
        let participant = json!({ "kind": "SIP", "attributes": attributes });
        json!({ "room": room, "participant": participant })
    };
    let inbound = json!({
        "sip.ruleID": "SDR_1",
        "sip.trunkID": "ST_1",
        "sip.phoneNumber": "+15105550123",
        "sip.callID": "SCL_1",
    });
    let without_rule = json!({ "sip.trunkID": "ST_1", "sip.callIDFull": "0f3c8d21" });
    let egress = |results: Value| {
        let mut info = results;
        info["status"] = json!("EGRESS_COMPLETE");
        json!({ "room": room, "egressInfo": info })
    };
    let updates = reported(&[
        ("participant_joined", 1, sip(inbound)),
        ("participant_joined", 2, sip(without_rule)),
        (
            "egress_ended",
            3,
            egress(json!({ "fileResults": [{ "location": "s3://b/1.ogg" }] })),
        ),
        (
            "egress_ended",
            4,
            egress(json!({ "segmentResults": [{ "playlistLocation": "s3://b/1.m3u8" }] })),
        ),
    ]);
    for_each_order(&mut (0..updates.len()).collect(), 0, &mut |order| {
        let call_log = view(&fold(&arriving(&updates, order))).call_log;
        assert_eq!(call_log["direction"], "inbound", "{order:?}");
        assert_eq!(call_log["phoneNumber"], "+15105550123", "{order:?}");
        assert_eq!(call_log["sipCallId"], "SCL_1", "{order:?}");
        assert_eq!(call_log["recordingUrl"], "s3://b/1.ogg", "{order:?}");
    });
}

#[test]
fn events_wait_until_their_call_has_an_owner_and_then_no_more() {
    let updates = inbound_call();
    let mut call = Call::begin(&updates[0], None);
    call.apply(&updates[1], None);
    call.apply(&updates[1], None);
    let waiting = Waiting::from_iter([updates[0].event.clone(), updates[1].event.clone()]);
    assert_eq!((&call.owner, &call.waiting), (&None, &waiting));
    call.apply(&updates[2], Some(&owner()));
    call.apply(&updates[3], Some(&Owner::tenant("another")));
    call.apply(&updates[4], None);
    assert_eq!((&call.owner, &call.waiting), (&Some(owner()), &waiting));
}

#[test]
fn a_record_is_as_old_as_its_first_event_and_changes_with_what_is_new() {
    let updates = inbound_call();
    let received = |index: usize, place: usize| CallUpdate {
        received_at: arrival(place),
        ..updates[index].clone()
    };
    let mut call = Call::begin(&received(4, 60), Some(&owner()));
    call.apply(&received(1, 30), Some(&owner()));
    assert_ne!(
        call.facts, updates[4].facts,
        "the older event reported something new"
    );
    assert_eq!(call.updated_at, arrival(60), "never backwards");
    call.apply(&received(5, 120), Some(&owner()));
    assert_eq!(call.updated_at, arrival(120));
    call.apply(&received(4, 180), Some(&owner()));
    assert_eq!(call.updated_at, arrival(120), "nothing new");
    assert_eq!(call.created_at, arrival(60));
}
