//! Who ends a call: each sequence of docs/who-ends-a-call.md, in every order of its events, and whole
//! scenarios by chance against a plain simulation of what happened.

use ringpost::{
    domain::{
        call::{
            Call, CallStatus, CallUpdate, announcement::Announcement, direction::Direction,
            facts::MAX_LEGS, leg::LegOutcome, outcome::Outcome, owner::Owner, participants::Role,
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

fn end(call: &Call) -> End {
    (call.status(), call.facts.outcome(), call.duration_seconds())
}

const ACTIVE: End = (CallStatus::Active, None, None);

fn ended(outcome: Outcome, seconds: u64) -> End {
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

fn last(bodies: &[Value]) -> Call {
    let updates = updates(bodies);
    let order: Vec<usize> = (0..updates.len()).collect();
    fold(&arriving(&updates, &order))
}

fn carrier(sid: &str, status: &str, second: i64, more: &str) -> CallUpdate {
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
        "nobody dials any more"
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
    let told: Vec<_> = call.updates.values().cloned().map(Value::from).collect();
    let expected = [
        json!({ "status": "completed", "outcome": "busy", "duration": 20 }),
        json!({ "status": "answered", "outcome": null, "duration": null }),
    ];
    assert_eq!(told, expected);
}

#[test]
fn whoever_takes_over_his_own_connection_has_not_left() {
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
fn a_room_in_which_nobody_ever_was_is_never_completed() {
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

#[test]
fn a_leg_that_was_busy_stays_busy_when_it_is_told_to_be_completed_with_no_seconds() {
    let all = [
        carrier("CA1", "busy", 20, ""),
        carrier("CA1", "completed", 21, "&CallDuration=0"),
    ];
    for order in [[0, 1], [1, 0]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(call.facts.outcome(), Some(Outcome::Busy), "{order:?}");
    }
    let alone = fold(&all[1..]);
    assert_eq!(
        alone.facts.outcome(),
        Some(Outcome::Completed),
        "nobody says anything else"
    );
}

/// A conversation of so many seconds, of one phone call.
fn conversation(id: &str, seconds: u64, reason: &str) -> CallUpdate {
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
        "nobody will tell more"
    );
}

#[test]
fn of_two_conversations_of_one_call_the_longer_decides() {
    let all = [
        conversation("conv_blank", 3, "done"),
        conversation("conv_real", 62, "done"),
    ];
    for order in [[0, 1], [1, 0]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(end(&call), ended(Outcome::Completed, 62), "{order:?}");
        assert_eq!(
            call.facts.conversation_id().map(String::as_str),
            Some("conv_real")
        );
        assert_eq!(
            call.facts.agent_id().map(String::as_str),
            Some("agent_conv_real")
        );
        assert_eq!(call.facts.transcript(), Some(&all[1].event));
        // Whoever was told of the blank one is told what it really was.
        let expected = json!({ "outcome": "no_answer", "duration": 3 });
        let told: Vec<_> = call.updates.values().cloned().map(Value::from).collect();
        assert_eq!(
            told,
            if order == [0, 1] {
                vec![expected]
            } else {
                Vec::new()
            },
            "{order:?}"
        );
    }
}

#[test]
fn a_call_of_more_legs_than_are_kept_ends_with_its_room() {
    let mut room = Room::new("RM_1");
    for number in 0..MAX_LEGS + 20 {
        room.joined(1, dialled(&format!("{number:03}"), "active"));
    }
    for number in 0..MAX_LEGS {
        room.left(
            50,
            dialled(&format!("{number:03}"), "hangup"),
            "CLIENT_INITIATED",
        );
    }
    let call = last(&room.events);
    assert!(call.facts.legs_overflowed && call.facts.legs().len() == MAX_LEGS);
    assert_eq!(end(&call), ACTIVE, "somebody who is not kept may be there");
    let stored = serde_json::to_string(&call.facts).expect("JSON");
    assert!(stored.len() < 40_000, "{} bytes", stored.len());
    room.finished(90);
    assert_eq!(end(&last(&room.events)), ended(Outcome::Completed, 90));
}

#[test]
fn a_crowd_of_listeners_does_not_displace_the_caller() {
    let mut room = Room::new("RM_1");
    for number in 0..MAX_LEGS + 20 {
        room.joined(1, web(&format!("listener-{number:03}")));
    }
    room.joined(2, caller("A"));
    room.left(60, caller("A"), "CLIENT_INITIATED");
    assert!(
        last(&room.events)
            .facts
            .legs()
            .iter()
            .any(|leg| leg.role == Role::Caller)
    );
}

#[test]
fn an_owner_is_not_changed_by_an_event_of_another() {
    let updates = updates(&{
        let mut room = Room::new("RM_1");
        room.joined(1, caller("A"));
        room.events
    });
    let mut call = Call::begin(&updates[0], Some(&owner()));
    let other = Call::begin(&updates[1], Some(&Owner::tenant("another")));
    assert!(!call.may_absorb(&other));
    call.apply(&updates[1], Some(&Owner::tenant("another")));
    assert_eq!(call.owner, Some(owner()));
}
