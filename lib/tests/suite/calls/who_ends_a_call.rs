//! Who ends a call: each sequence of docs/who-ends-a-call.md, in every order of its events.

use ringpost::{
    domain::{
        call::{
            Call, CallStatus, CallUpdate, announcement::Announcement, direction::Direction,
            leg::LegOutcome, outcome::Outcome, participants::Role,
        },
        phone::PhoneNumber,
    },
    providers::{read_update, signalwire},
};
use serde_json::{Value, json};

use crate::support::{
    folding::{arrival, arriving, fold, owner, updates},
    room::{self, Room, agent, caller, dialled, web},
};

/// What a call shows of its end.
type End = (CallStatus, Option<Outcome>, Option<u64>);

pub(crate) fn end(call: &Call) -> End {
    (call.status(), call.facts.outcome(), call.duration_seconds())
}

pub(crate) const ACTIVE: End = (CallStatus::Active, None, None);

pub(crate) fn ended(outcome: Outcome, seconds: u64) -> End {
    (
        if outcome == Outcome::Failed {
            CallStatus::Failed
        } else {
            CallStatus::Ended
        },
        Some(outcome),
        Some(seconds),
    )
}

/// The end that is shown after each of these events, as they happen one after another.
fn ends(bodies: &[Value]) -> Vec<End> {
    let updates = updates(bodies);
    let order: Vec<usize> = (0..updates.len()).collect();
    let arriving = arriving(&updates, &order);
    let mut call = Call::begin(&arriving[0], Some(&owner()));
    let mut shown = Vec::new();
    for update in &arriving {
        call.apply(update, Some(&owner()));
        shown.push(end(&call));
    }
    in_any_order(&updates, shown.last().copied().expect("an event"));
    shown
}

/// Rotations and reversals: whatever comes first and last, the end is the same.
fn in_any_order(updates: &[CallUpdate], expected: End) {
    for turn in 0..updates.len() {
        let mut order: Vec<usize> = (0..updates.len()).collect();
        order.rotate_left(turn);
        assert_eq!(
            end(&fold(&arriving(updates, &order))),
            expected,
            "turned by {turn}"
        );
        order.reverse();
        assert_eq!(
            end(&fold(&arriving(updates, &order))),
            expected,
            "turned by {turn} and reversed"
        );
    }
}

pub(crate) fn last(bodies: &[Value]) -> Call {
    let updates = updates(bodies);
    let order: Vec<usize> = (0..updates.len()).collect();
    fold(&arriving(&updates, &order))
}

pub(crate) fn carrier(sid: &str, status: &str, second: i64, more: &str) -> CallUpdate {
    let direction = if more.contains("Direction=") {
        ""
    } else {
        "&Direction=outbound-api"
    };
    let at = room::CREATED + second;
    let body = format!(
        "AccountSid=x&CallSid={sid}&CallStatus={status}{direction}&From=%2B18588796658&To=%2B15105550999&Timestamp={at}{more}"
    );
    let event = signalwire::event(&body.into(), arrival(60)).expect("a callback");
    read_update(&event).expect("a call")
}

#[test]
fn of_two_attempts_that_end_in_the_same_second_the_later_one_decides() {
    for (first, second) in [("A", "B"), ("B", "A")] {
        let mut room = Room::new("RM_1");
        room.joined(1, dialled(first, "dialing"));
        room.joined(5, dialled(second, "dialing"));
        room.left(20, dialled(first, "ringing"), "USER_REJECTED");
        room.left(20, dialled(second, "ringing"), "CLIENT_INITIATED");
        room.finished(22);
        assert_eq!(
            ends(&room.events).last(),
            Some(&ended(Outcome::NoAnswer, 20)),
            "{second} was dialled last"
        );
    }
}

#[test]
fn a_second_number_that_declines_ends_nothing() {
    let mut room = Room::new("RM_1");
    room.joined(1, dialled("A", "active"));
    room.joined(30, dialled("B", "dialing"));
    room.left(40, dialled("B", "ringing"), "USER_REJECTED");
    room.left(100, dialled("A", "hangup"), "CLIENT_INITIATED");
    let expected = [
        ACTIVE,
        ACTIVE,
        ACTIVE,
        ACTIVE,
        ended(Outcome::Completed, 100),
    ];
    assert_eq!(ends(&room.events), expected);
    let call = last(&room.events);
    assert!(call.updates.is_empty(), "it was announced once, and right");
    assert_eq!(call.announced[&Announcement::Completed].at, arrival(4));
    let legs: Vec<_> = call
        .facts
        .legs()
        .into_iter()
        .map(|leg| (leg.role, leg.outcome))
        .collect();
    assert_eq!(
        legs,
        [
            (Role::Callee, Some(LegOutcome::Connected)),
            (Role::DialledIn, Some(LegOutcome::Declined))
        ]
    );
}

#[test]
fn a_first_number_that_is_busy_decides_only_when_no_other_answers() {
    for (second, expected) in [
        (
            ("active", "hangup", "CLIENT_INITIATED"),
            ended(Outcome::Completed, 100),
        ),
        (
            ("dialing", "ringing", "USER_UNAVAILABLE"),
            ended(Outcome::NoAnswer, 100),
        ),
    ] {
        let mut room = Room::new("RM_1");
        room.joined(1, agent());
        room.joined(2, dialled("A", "dialing"));
        room.left(20, dialled("A", "ringing"), "USER_REJECTED");
        room.joined(25, dialled("B", second.0));
        room.left(100, dialled("B", second.1), second.2);
        room.left(110, agent(), "CLIENT_INITIATED");
        room.finished(120);
        let shown = ends(&room.events);
        assert_eq!(shown[3], ACTIVE, "the agent is there, and may dial again");
        assert_eq!(*shown.last().expect("an end"), expected, "{second:?}");
        assert!(
            last(&room.events).updates.is_empty(),
            "announced once, and right"
        );
    }
    let mut room = Room::new("RM_1");
    room.joined(1, agent());
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.left(21, agent(), "CLIENT_INITIATED");
    assert_eq!(
        ends(&room.events)[4],
        ended(Outcome::Busy, 20),
        "no agent is there to dial again"
    );
}

#[test]
fn the_same_number_dialled_again_is_the_same_leg() {
    let mut room = Room::new("RM_1");
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.joined(25, dialled("A", "active"));
    room.left(100, dialled("A", "hangup"), "CLIENT_INITIATED");
    let shown = ends(&room.events);
    assert_eq!(
        shown[2],
        ended(Outcome::Busy, 20),
        "no agent is known: that may be all"
    );
    assert_eq!(
        (shown[3], shown[4]),
        (ACTIVE, ended(Outcome::Completed, 100))
    );
    let call = last(&room.events);
    let reported: Vec<_> = call.updates.values().cloned().map(Value::from).collect();
    let expected = [
        json!({ "status": "completed", "outcome": "busy", "duration": 20 }),
        json!({ "status": "answered", "outcome": null, "duration": null }),
    ];
    assert_eq!(reported, expected);
}

#[test]
fn a_participant_who_takes_over_his_own_connection_has_not_left() {
    for (who, reason) in [
        (web("user"), "DUPLICATE_IDENTITY"),
        (caller("A"), "DUPLICATE_IDENTITY"),
        (web("user"), "MIGRATION"),
        (dialled("A", "active"), "MIGRATION"),
    ] {
        let mut room = Room::new("RM_1");
        room.joined(1, who.clone());
        room.joined(30, who.clone());
        room.left(31, who.clone(), reason);
        room.left(200, who, "CLIENT_INITIATED");
        let shown = ends(&room.events);
        assert_eq!(
            (shown[3], shown[4]),
            (ACTIVE, ended(Outcome::Completed, 200)),
            "{reason}"
        );
    }
}

#[test]
fn a_page_that_is_reloaded_within_a_second_is_still_there() {
    let mut room = Room::new("RM_1");
    room.joined(1, web("user"));
    let mut old = web("user");
    old["joinedAt"] = json!((room::CREATED + 1).to_string());
    room.left(30, old, "CLIENT_INITIATED");
    room.joined(30, web("user"));
    room.left(200, web("user"), "CLIENT_INITIATED");
    let shown = ends(&room.events);
    assert_eq!(
        (shown[3], shown[4]),
        (ACTIVE, ended(Outcome::Completed, 200))
    );
}

#[test]
fn a_web_users_aborted_attempt_counts_only_if_he_never_came() {
    let mut room = Room::new("RM_1");
    room.aborted(2, web("user"), "JOIN_FAILURE");
    room.joined(4, web("user"));
    room.left(604, web("user"), "CLIENT_INITIATED");
    room.finished(620);
    let expected = [
        ACTIVE,
        ACTIVE,
        ACTIVE,
        ended(Outcome::Completed, 604),
        ended(Outcome::Completed, 604),
    ];
    assert_eq!(ends(&room.events), expected);
    let mut room = Room::new("RM_1");
    room.aborted(2, web("user"), "JOIN_FAILURE");
    room.finished(320);
    assert_eq!(
        ends(&room.events),
        [ACTIVE, ACTIVE, ended(Outcome::Failed, 2)]
    );
}

#[test]
fn a_web_call_ends_with_the_last_who_leaves_and_not_with_a_colleague() {
    let mut room = Room::new("RM_1");
    room.joined(1, web("user"));
    room.joined(2, agent());
    room.joined(10, web("guest"));
    room.left(20, web("guest"), "CLIENT_INITIATED");
    room.joined(30, dialled("B", "dialing"));
    room.left(45, dialled("B", "ringing"), "USER_UNAVAILABLE");
    room.left(100, web("user"), "CLIENT_INITIATED");
    let shown = ends(&room.events);
    assert!(shown[..7].iter().all(|end| *end == ACTIVE));
    assert_eq!(shown[7], ended(Outcome::Completed, 100));
    let colleague = last(&room.events).facts.transfers().remove(0).1;
    assert_eq!(
        (colleague.role, colleague.outcome),
        (Role::DialledIn, Some(LegOutcome::NoAnswer))
    );
}

#[test]
fn a_colleague_lends_the_caller_neither_leaving_nor_verdict() {
    let mut colleague = dialled("B", "dialing");
    colleague["attributes"]["sip.twilio.callSid"] = json!("CAb");
    let mut room = Room::new("RM_1");
    room.joined(1, caller("A"));
    room.joined(30, colleague.clone());
    room.left(40, colleague, "USER_REJECTED");
    let mut all = updates(&room.events);
    all.push(carrier("CAb", "busy", 45, ""));
    let before = fold(&arriving(&all, &[0, 1, 2, 3, 4]));
    assert_eq!(end(&before), ACTIVE);
    room.left(200, caller("A"), "CLIENT_INITIATED");
    let mut all = updates(&room.events);
    all.push(carrier("CAb", "busy", 45, ""));
    in_any_order(&all, ended(Outcome::Completed, 200));
    let call = fold(&arriving(&all, &[0, 1, 2, 3, 5, 4]));
    assert_eq!(
        call.facts.phone_number().map(PhoneNumber::as_str),
        Some("+15105550100")
    );
    assert_eq!(
        (call.facts.call_sid(), call.facts.direction()),
        (None, Some(Direction::Inbound))
    );
    assert!(
        call.facts.ringing_at().is_none(),
        "it was the colleague's phone that rang"
    );
    let (name, leg) = call.facts.transfers().remove(0);
    assert_eq!(
        (name.as_str(), leg.outcome),
        ("psip_B", Some(LegOutcome::Busy)),
        "as the carrier knows"
    );
    let states: Vec<_> = call.transfers.keys().cloned().collect();
    assert_eq!(
        states,
        ["transfer.completed#psip_B", "transfer.initiated#psip_B"]
    );
}

#[test]
fn the_rooms_word_is_waited_for_while_it_shows_the_phone() {
    let mut joined = caller("A");
    joined["attributes"]["sip.twilio.callSid"] = json!("CA1");
    for (name, phone) in [("linked", joined), ("unlinked", caller("A"))] {
        let mut room = Room::new("RM_1");
        room.joined(2, phone.clone());
        let hung_up = || carrier("CA1", "completed", 60, "&Direction=inbound&CallDuration=57");
        let mut all = updates(&room.events);
        all.push(hung_up());
        assert_eq!(
            fold(&arriving(&all, &[0, 1, 2])).status(),
            CallStatus::Active,
            "{name}"
        );
        room.left(61, phone, "CLIENT_INITIATED");
        let mut all = updates(&room.events);
        all.push(hung_up());
        in_any_order(&all, ended(Outcome::Completed, 61));
        let call = fold(&arriving(&all, &[0, 1, 3, 2]));
        assert!(call.updates.is_empty(), "{name}: announced once, and right");
        let mut lost = Room::new("RM_1");
        lost.joined(2, caller("A"));
        lost.finished(81);
        let mut all = updates(&lost.events);
        all.push(hung_up());
        in_any_order(
            &all,
            (CallStatus::Ended, Some(Outcome::Completed), Some(60)),
        );
    }
}

#[test]
fn of_two_callers_in_one_room_the_first_is_shown_and_the_last_ends_it() {
    let mut room = Room::new("RM_1");
    room.joined(1, caller("A"));
    let mut second = caller("B");
    second["attributes"]["sip.phoneNumber"] = json!("+15105550199");
    room.joined(30, second.clone());
    room.left(60, caller("A"), "CLIENT_INITIATED");
    room.left(90, second, "CLIENT_INITIATED");
    let shown = ends(&room.events);
    assert_eq!(
        (shown[3], shown[4]),
        (ACTIVE, ended(Outcome::Completed, 90))
    );
    let call = last(&room.events);
    assert_eq!(
        call.facts.phone_number().map(PhoneNumber::as_str),
        Some("+15105550100")
    );
    assert_eq!(call.facts.sip_call_id(), Some("SCL_A"));
}

#[test]
fn a_room_without_participants_is_never_completed() {
    let mut empty = Room::new("RM_1");
    empty.finished(300);
    let mut only_agent = Room::new("RM_1");
    only_agent.joined(1, agent());
    only_agent.left(40, agent(), "CLIENT_INITIATED");
    only_agent.finished(60);
    for (events, seconds) in [(empty.events, 300), (only_agent.events, 60)] {
        assert_eq!(end(&last(&events)), ended(Outcome::NoAnswer, seconds));
    }
    let mut left_unseen = Room::new("RM_1");
    left_unseen.joined(1, caller("A"));
    left_unseen.finished(60);
    assert_eq!(
        end(&last(&left_unseen.events)),
        ended(Outcome::Completed, 60),
        "its leaving was lost"
    );
}

#[test]
fn the_closing_of_a_consultation_room_does_not_close_the_callers() {
    let mut main = Room::new("RM_1");
    main.joined(1, caller("A"));
    let mut consult = Room::new("RM_2");
    consult.joined(31, dialled("B", "active"));
    consult.left(50, dialled("B", "active"), "CLIENT_INITIATED");
    let consulted = last(&consult.events);
    assert!(consulted.announced.contains_key(&Announcement::Completed));
    let mut call = last(&main.events);
    assert!(call.facts.are_in_other_rooms(&consulted.facts));
    // Older versions united them, and some event may name both.
    let by = &updates(&main.events)[0].event;
    call.absorb(&consulted, by);
    assert_eq!(end(&call), ACTIVE);
    assert!(
        !call.announced.contains_key(&Announcement::Completed),
        "the end of a part"
    );
    consult.finished(55);
    for update in updates(&consult.events) {
        call.apply(&update, Some(&owner()));
    }
    assert_eq!(end(&call), ACTIVE);
    main.left(200, caller("A"), "CLIENT_INITIATED");
    for update in updates(&main.events) {
        call.apply(&update, Some(&owner()));
    }
    assert_eq!(end(&call), ended(Outcome::Completed, 200));
    assert!(call.announced.contains_key(&Announcement::Completed));
}

/// A conversation of one phone call, with its length in seconds.
pub(crate) fn conversation(id: &str, seconds: u64, reason: &str) -> CallUpdate {
    let body = json!({
        "type": "post_call_transcription", "event_timestamp": room::CREATED + 80,
        "data": {
            "agent_id": format!("agent_{id}"), "conversation_id": id, "status": "done",
            "transcript": [{ "role": "agent", "message": "Hi" }],
            "metadata": {
                "start_time_unix_secs": room::CREATED + 2, "call_duration_secs": seconds,
                "termination_reason": reason,
                "phone_call": { "type": "twilio", "direction": "inbound", "agent_number": "+18588796658",
                    "external_number": "+15105550100", "call_sid": "CA1" }
            }
        }
    });
    let bytes = bytes::Bytes::from(body.to_string());
    let event = ringpost::providers::elevenlabs::PostCall::parse(&bytes).expect("a webhook");
    read_update(&event.event(&bytes, arrival(70))).expect("a call")
}

#[test]
fn a_conversation_that_hands_over_does_not_end_the_carriers_call() {
    let all = [
        carrier("CA1", "in-progress", 2, "&Direction=inbound"),
        conversation("conv_1", 62, "transfer_to_number tool was called"),
        carrier(
            "CA1",
            "completed",
            602,
            "&Direction=inbound&CallDuration=600",
        ),
    ];
    let talking = fold(&arriving(&all, &[0, 1]));
    assert_eq!(talking.status(), CallStatus::Active);
    assert!(
        talking
            .announced
            .contains_key(&Announcement::ConversationCompleted)
    );
    assert!(!talking.announced.contains_key(&Announcement::Completed));
    for order in [[0, 1, 2], [1, 2, 0], [2, 1, 0], [2, 0, 1]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(
            (call.status(), call.duration_seconds()),
            (CallStatus::Ended, Some(600)),
            "{order:?}"
        );
    }
    let without_carrier = fold(&all[1..2]);
    assert_eq!(
        without_carrier.duration_seconds(),
        Some(62),
        "no other report will come"
    );
}
