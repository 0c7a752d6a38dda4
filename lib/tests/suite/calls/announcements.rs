//! What a call announces, by which event, and which events ask those with filters again.

use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::prelude::*;
use ringpost::{
    domain::{
        call::{Call, CallUpdate, announcement::Announcement, owner::Owner},
        timestamp::Timestamp,
    },
    providers::{
        elevenlabs::{CallStatusEvent, PostCall},
        read_in_call_event, read_update,
    },
};
use serde_json::{Value, json};

use crate::support::one_call::{DIALLED, event, reports};

fn at(second: usize) -> Timestamp {
    Timestamp::from_seconds(DIALLED + i64::try_from(second).expect("a short list")).expect("a time")
}

fn of_status(event_type: &str) -> CallUpdate {
    let body = json!({ "call_id": "CA1", "conversation_id": "conv_1", "event_type": event_type });
    let bytes = Bytes::from(body.to_string());
    read_update(
        &CallStatusEvent::parse(&bytes)
            .expect("a status")
            .event(&bytes, at(0)),
    )
    .expect("a call")
}

fn of_conversation(status: &str, result: Option<&str>, transcript: &Value) -> CallUpdate {
    let body = json!({
        "type": "post_call_transcription", "event_timestamp": DIALLED,
        "data": {
            "conversation_id": "conv_1", "status": status, "transcript": transcript,
            "metadata": { "phone_call": { "direction": "outbound", "call_sid": "CA1", "call_result": result } }
        }
    });
    let bytes = Bytes::from(body.to_string());
    read_update(
        &PostCall::parse(&bytes)
            .expect("a webhook")
            .event(&bytes, at(0)),
    )
    .expect("a call")
}

#[test]
fn a_conversation_is_announced_only_where_there_was_one() {
    let spoken = json!([{ "role": "user", "message": "Yes?" }]);
    let (neither, begun, both) = (
        &[][..],
        &["conversation.started"][..],
        &["conversation.started", "conversation.completed"][..],
    );
    for (reported, expected) in [
        (of_status("call.initiated"), neither),
        (of_status("call.ringing"), neither),
        (of_status("call.answered"), begun),
        (of_status("call.completed"), both),
        (of_status("call.ended"), both),
        (of_status("call.busy"), neither),
        (of_status("call.no_answer"), neither),
        (of_status("call_initiation_failure"), neither),
        (of_conversation("done", Some("answered"), &spoken), both),
        (of_conversation("failed", Some("answered"), &spoken), both),
        (of_conversation("failed", Some("busy"), &json!([])), neither),
        (of_conversation("in-progress", None, &json!([])), begun),
    ] {
        let call = Call::begin(&reported, None);
        let announced: Vec<_> = call
            .announced
            .keys()
            .map(|type_of| type_of.as_str())
            .collect();
        let of_conversation: Vec<_> = announced
            .into_iter()
            .filter(|name| name.starts_with("conversation."))
            .collect();
        assert_eq!(of_conversation, expected, "{:?}", reported.event);
    }
}

#[test]
fn the_end_of_the_leg_ends_no_conversation() {
    let mut call = Call::begin(&of_status("call.answered"), None);
    let body =
        b"CallSid=CA1&CallStatus=completed&Direction=outbound-api&From=%2B18588796658&To=%2B15105550123";
    let bytes = Bytes::from_static(body);
    let ended = ringpost::providers::signalwire::event(&bytes, at(9)).expect("a callback");
    call.apply(&read_update(&ended).expect("a call"), None);
    assert!(call.announced.contains_key(&Announcement::Completed));
    assert!(
        !call
            .announced
            .contains_key(&Announcement::ConversationCompleted)
    );
}

fn updates() -> Vec<CallUpdate> {
    let reports = reports("3f").into_iter().enumerate();
    reports
        .map(|(index, report)| read_update(&event(&report, at(index))).expect("a call"))
        .collect()
}

fn fold(updates: &[&CallUpdate]) -> Call {
    let owner = Owner::tenant("acme");
    let mut call = Call::begin(updates[0], Some(&owner));
    for update in &updates[1..] {
        call.apply(update, Some(&owner));
    }
    call
}

#[test]
fn whatever_changes_what_filters_look_at_asks_again() {
    let updates = updates();
    let call = fold(&updates.iter().collect::<Vec<_>>());
    // The end, which has an outcome, and the analysis, which names the agent and the appointment.
    let expected = [&updates[7].event, &updates[11].event].map(Clone::clone);
    assert_eq!(call.rematch_events, BTreeSet::from(expected));
    let first = Call::begin(&updates[11], Some(&Owner::tenant("acme")));
    assert!(
        first.rematch_events.is_empty(),
        "nothing had been announced before"
    );
}

#[test]
fn what_two_records_announced_is_asked_again_by_what_both_are() {
    let updates = updates();
    let (room, leg) = (fold(&[&updates[2], &updates[11]]), fold(&[&updates[0]]));
    let by = &updates[4].event;
    let mut united = leg.clone();
    united.absorb(&room, by);
    assert!(
        united.rematch_events.contains(by),
        "the leg had neither agent nor outcome"
    );
    let before = united.clone();
    united.absorb(&room, &updates[5].event);
    assert_eq!(united, before, "absorbing again changes nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn in_any_order_each_type_has_one_announcer_and_every_late_match_one_who_asks(
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..12_usize, 0..10),
    ) {
        let updates = updates();
        let arriving: Vec<_> = order.iter().chain(&again).map(|index| &updates[*index]).collect();
        let owner = Owner::tenant("acme");
        let mut call = Call::begin(arriving[0], Some(&owner));
        for update in &arriving {
            let before = call.clone();
            call.apply(update, Some(&owner));
            for (type_of, announced) in &before.announced {
                prop_assert_eq!(&call.announced[type_of], announced, "for ever");
            }
            if before.traits() != call.traits() {
                prop_assert!(call.rematch_events.contains(&update.event));
            }
            prop_assert!(call.rematch_events.is_superset(&before.rematch_events));
        }
        let types: Vec<_> = call.announced.keys().copied().collect();
        prop_assert_eq!(types, Announcement::ALL);
        for announced in call.announced.values() {
            let by = updates.iter().find(|update| update.event == announced.by).expect("one of them");
            prop_assert_eq!(by.received_at, announced.at);
        }
        let stored = serde_json::to_string(&call.announced[&Announcement::Created]).expect("JSON");
        let expected = json!([call.announced[&Announcement::Created].by, call.announced[&Announcement::Created].at]);
        prop_assert_eq!(stored, expected.to_string());
    }
}

#[test]
fn only_what_happens_many_times_is_an_occurrence() {
    for report in reports("3f") {
        assert_eq!(
            read_in_call_event(&event(&report, at(0))),
            None,
            "{}",
            report.body
        );
    }
    for (event_type, occurs) in [
        ("agent.speaking", true),
        ("voice.processing", true),
        ("agent.thinking", false),
        ("campaign.started", false),
    ] {
        let bytes = Bytes::from(json!({ "event_type": event_type, "call_id": "CA1" }).to_string());
        let kept = PostCall::parse(&bytes)
            .expect("a webhook")
            .event(&bytes, at(0));
        assert_eq!(read_in_call_event(&kept).is_some(), occurs, "{event_type}");
    }
}
