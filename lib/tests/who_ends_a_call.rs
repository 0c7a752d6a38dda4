//! Who ends a call: each sequence of docs/who-ends-a-call.md, in every order of its events, and whole
//! scenarios by chance against a plain simulation of what happened.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/folding.rs"]
mod folding;
#[path = "support/room.rs"]
mod room;

use ringpost::{
    domain::{
        announcement::{Announcement, Shown},
        call::{Call, CallStatus, CallUpdate},
        cast::Role,
        facts::{Direction, Facts, MAX_LEGS},
        leg::LegOutcome,
        outcome::Outcome,
        owner::Owner,
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    providers::{read_update, signalwire},
};
use serde_json::{Value, json};

use folding::{arrival, arriving, fold, owner, updates};
use room::{Room, agent, caller, dialled, web};

/// What a call shows of its end.
type End = (CallStatus, Option<Outcome>, Option<u64>);

fn end(call: &Call) -> End {
    (call.status(), call.facts.outcome(), call.duration_seconds())
}

const ACTIVE: End = (CallStatus::Active, None, None);

fn ended(outcome: Outcome, seconds: u64) -> End {
    (
        if outcome == Outcome::Failed { CallStatus::Failed } else { CallStatus::Ended },
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
        assert_eq!(end(&fold(&arriving(updates, &order))), expected, "turned by {turn}");
        order.reverse();
        assert_eq!(end(&fold(&arriving(updates, &order))), expected, "turned by {turn} and reversed");
    }
}

fn last(bodies: &[Value]) -> Call {
    let updates = updates(bodies);
    let order: Vec<usize> = (0..updates.len()).collect();
    fold(&arriving(&updates, &order))
}

fn carrier(sid: &str, status: &str, second: i64, more: &str) -> CallUpdate {
    let direction = if more.contains("Direction=") { "" } else { "&Direction=outbound-api" };
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
    let expected = [ACTIVE, ACTIVE, ACTIVE, ACTIVE, ended(Outcome::Completed, 100)];
    assert_eq!(ends(&room.events), expected);
    let call = last(&room.events);
    assert!(call.updates.is_empty(), "it was announced once, and right");
    assert_eq!(call.announced[&Announcement::Completed].at, arrival(4));
    let legs: Vec<_> = call.facts.legs().into_iter().map(|leg| (leg.role, leg.outcome)).collect();
    assert_eq!(
        legs,
        [(Role::Callee, Some(LegOutcome::Connected)), (Role::Colleague, Some(LegOutcome::Declined))]
    );
}

#[test]
fn a_first_number_that_is_busy_decides_only_when_no_other_answers() {
    for (second, expected) in [
        (("active", "hangup", "CLIENT_INITIATED"), ended(Outcome::Completed, 100)),
        (("dialing", "ringing", "USER_UNAVAILABLE"), ended(Outcome::NoAnswer, 100)),
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
        assert!(last(&room.events).updates.is_empty(), "announced once, and right");
    }
    let mut room = Room::new("RM_1");
    room.joined(1, agent());
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.left(21, agent(), "CLIENT_INITIATED");
    assert_eq!(ends(&room.events)[4], ended(Outcome::Busy, 20), "nobody dials any more");
}

#[test]
fn the_same_number_dialled_again_is_the_same_leg() {
    let mut room = Room::new("RM_1");
    room.joined(2, dialled("A", "dialing"));
    room.left(20, dialled("A", "ringing"), "USER_REJECTED");
    room.joined(25, dialled("A", "active"));
    room.left(100, dialled("A", "hangup"), "CLIENT_INITIATED");
    let shown = ends(&room.events);
    assert_eq!(shown[2], ended(Outcome::Busy, 20), "no agent is known: that may be all");
    assert_eq!((shown[3], shown[4]), (ACTIVE, ended(Outcome::Completed, 100)));
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
        assert_eq!((shown[3], shown[4]), (ACTIVE, ended(Outcome::Completed, 200)), "{reason}");
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
    assert_eq!((shown[3], shown[4]), (ACTIVE, ended(Outcome::Completed, 200)));
}

#[test]
fn a_web_users_aborted_attempt_counts_only_if_he_never_came() {
    let mut room = Room::new("RM_1");
    room.aborted(2, web("user"), "JOIN_FAILURE");
    room.joined(4, web("user"));
    room.left(604, web("user"), "CLIENT_INITIATED");
    room.finished(620);
    let expected = [ACTIVE, ACTIVE, ACTIVE, ended(Outcome::Completed, 604), ended(Outcome::Completed, 604)];
    assert_eq!(ends(&room.events), expected);
    let mut room = Room::new("RM_1");
    room.aborted(2, web("user"), "JOIN_FAILURE");
    room.finished(320);
    assert_eq!(ends(&room.events), [ACTIVE, ACTIVE, ended(Outcome::Failed, 2)]);
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
    assert_eq!((colleague.role, colleague.outcome), (Role::Colleague, Some(LegOutcome::NoAnswer)));
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
    assert_eq!(call.facts.phone_number().map(PhoneNumber::as_str), Some("+15105550100"));
    assert_eq!((call.facts.call_sid(), call.facts.direction()), (None, Some(Direction::Inbound)));
    assert!(call.facts.ringing_at().is_none(), "it was the colleague's phone that rang");
    let (name, leg) = call.facts.transfers().remove(0);
    assert_eq!((name.as_str(), leg.outcome), ("psip_B", Some(LegOutcome::Busy)), "as the carrier knows");
    let states: Vec<_> = call.transfers.keys().cloned().collect();
    assert_eq!(states, ["transfer.completed#psip_B", "transfer.initiated#psip_B"]);
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
        assert_eq!(fold(&arriving(&all, &[0, 1, 2])).status(), CallStatus::Active, "{name}");
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
        in_any_order(&all, (CallStatus::Ended, Some(Outcome::Completed), Some(60)));
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
    assert_eq!((shown[3], shown[4]), (ACTIVE, ended(Outcome::Completed, 90)));
    let call = last(&room.events);
    assert_eq!(call.facts.phone_number().map(PhoneNumber::as_str), Some("+15105550100"));
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
    assert_eq!(end(&last(&left_unseen.events)), ended(Outcome::Completed, 60), "its leaving was lost");
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
    assert!(!call.announced.contains_key(&Announcement::Completed), "the end of a part");
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
    let all = [carrier("CA1", "busy", 20, ""), carrier("CA1", "completed", 21, "&CallDuration=0")];
    for order in [[0, 1], [1, 0]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(call.facts.outcome(), Some(Outcome::Busy), "{order:?}");
    }
    let alone = fold(&all[1..]);
    assert_eq!(alone.facts.outcome(), Some(Outcome::Completed), "nobody says anything else");
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
        carrier("CA1", "completed", 602, "&Direction=inbound&CallDuration=600"),
    ];
    let talking = fold(&arriving(&all, &[0, 1]));
    assert_eq!(talking.status(), CallStatus::Active);
    assert!(talking.announced.contains_key(&Announcement::ConversationCompleted));
    assert!(!talking.announced.contains_key(&Announcement::Completed));
    for order in [[0, 1, 2], [1, 2, 0], [2, 1, 0], [2, 0, 1]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!((call.status(), call.duration_seconds()), (CallStatus::Ended, Some(600)), "{order:?}");
    }
    let without_carrier = fold(&all[1..2]);
    assert_eq!(without_carrier.duration_seconds(), Some(62), "nobody will tell more");
}

#[test]
fn of_two_conversations_of_one_call_the_longer_decides() {
    let all = [conversation("conv_blank", 3, "done"), conversation("conv_real", 62, "done")];
    for order in [[0, 1], [1, 0]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(end(&call), ended(Outcome::Completed, 62), "{order:?}");
        assert_eq!(call.facts.conversation_id().map(String::as_str), Some("conv_real"));
        assert_eq!(call.facts.agent_id().map(String::as_str), Some("agent_conv_real"));
        assert_eq!(call.facts.transcript(), Some(&all[1].event));
        // Whoever was told of the blank one is told what it really was.
        let expected = json!({ "outcome": "no_answer", "duration": 3 });
        let told: Vec<_> = call.updates.values().cloned().map(Value::from).collect();
        assert_eq!(told, if order == [0, 1] { vec![expected] } else { Vec::new() }, "{order:?}");
    }
}

#[test]
fn a_call_of_more_legs_than_are_kept_ends_with_its_room() {
    let mut room = Room::new("RM_1");
    for number in 0..MAX_LEGS + 20 {
        room.joined(1, dialled(&format!("{number:03}"), "active"));
    }
    for number in 0..MAX_LEGS {
        room.left(50, dialled(&format!("{number:03}"), "hangup"), "CLIENT_INITIATED");
    }
    let call = last(&room.events);
    assert!(call.facts.crowded && call.facts.legs().len() == MAX_LEGS);
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
    assert!(last(&room.events).facts.legs().iter().any(|leg| leg.role == Role::Caller));
}

/// As version 632eb00 wrote it: a phone that was let in by a rule, and left.
const OLD: &str = r#"{"name":[0,1767312060000,"call-_+15105550123_x"],"room":[0,1767312060000,"RM_1"],
    "sip":[2,1767312060000,"SCL_A"],"sid":[2,1767312060000,"CA1"],"phone":[2,1767312060000,"+15105550123"],
    "line":[2,1767312060000,"+18588796658"],"dir":[2,1767312060000,"inbound"],"first":1767312000000,
    "made":1767312000000,"join":1767312002000,"ring":1767312001000,"answ":1767312002000,"hasPhone":true,
    "phoneLeft":[2,1767312060000,{"reason":"CLIENT_INITIATED","identity":"sip_A","connected":true}],
    "left":[0,1767312010000,{"identity":"guest","connected":true}],"done":1767312080000,
    "start":[3,1767312000000,1767312000000],"hang":[3,1767312061000,{"at":1767312061000,"reason":"completed"}],
    "secs":[3,1767312061000,58],"verd":[3,1767312061000,"completed"],"convEnd":[1,1767312060000,1767312060000],
    "conv":[0,1767312060000,"conv_1"],"agent":[0,1767312060000,"agent_1"],"text":[1,1767312060000,"elevenlabs:1"],
    "res":[1,1767312060000,["appointment_set"]],"fail":[0,1767312060000,"why"]}"#;

#[test]
fn a_record_that_an_older_version_wrote_shows_what_it_showed() {
    let facts: Facts = serde_json::from_str(OLD).expect("facts");
    let ending = facts.ending().expect("an end");
    assert_eq!(ending.at, Timestamp::from_seconds(1_767_312_060).expect("a time"));
    assert_eq!((ending.reason(), ending.identity()), (Some("CLIENT_INITIATED"), Some("sip_A")));
    assert_eq!((facts.outcome(), facts.duration_millis()), (Some(Outcome::Completed), Some(60_000)));
    assert_eq!(facts.phone_number().map(PhoneNumber::as_str), Some("+15105550123"));
    assert_eq!((facts.sip_call_id(), facts.call_sid()), (Some("SCL_A"), Some("CA1")));
    assert_eq!((facts.room_sid(), facts.direction()), (Some("RM_1"), Some(Direction::Inbound)));
    assert_eq!(facts.conversation_id().map(String::as_str), Some("conv_1"));
    assert!(facts.transcript().is_some() && facts.results().is_some() && facts.answered_at().is_some());
    assert_eq!(
        serde_json::from_str::<Facts>(&serde_json::to_string(&facts).expect("JSON")).expect("facts"),
        facts
    );
}

#[test]
fn a_call_that_began_under_an_older_version_ends_under_this_one() {
    let mut old: Value = serde_json::from_str(OLD).expect("JSON");
    for ended in ["phoneLeft", "left", "done", "hang", "secs", "verd", "convEnd", "text", "conv"] {
        old.as_object_mut().expect("an object").remove(ended);
    }
    let mut facts: Facts = serde_json::from_value(old).expect("facts");
    assert_eq!(facts.ending(), None);
    let mut room = Room::new("RM_1");
    room.left(40, dialled("B", "ringing"), "USER_REJECTED");
    facts.merge(updates(&room.events)[1].facts.clone());
    assert_eq!(facts.ending(), None, "a colleague's");
    room.left(90, caller("A"), "CLIENT_INITIATED");
    facts.merge(updates(&room.events)[2].facts.clone());
    assert_eq!((facts.outcome(), facts.duration_millis()), (Some(Outcome::Completed), Some(90_000)));
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

/// What really happened in a room: one line per participant, written down by somebody who stood beside.
/// It knows nothing of events.
mod simulation {
    use proptest::{collection::vec, prelude::*, sample::select};
    use ringpost::domain::outcome::Outcome;
    use serde_json::Value;

    use super::room::{Room, agent, caller, dialled, web};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Kind {
        Inbound,
        Outbound,
        Web,
    }

    /// One connection: from, to, whether anybody was there, and whether it was only taken over.
    #[derive(Debug, Clone)]
    pub(super) struct Stay {
        pub(super) who: usize,
        pub(super) from: i64,
        pub(super) to: i64,
        pub(super) answered: bool,
        pub(super) taken_over: bool,
        reason: &'static str,
    }

    /// A whole call: the persons it is for, and colleagues who are dialled in.
    #[derive(Debug, Clone)]
    pub(super) struct Story {
        pub(super) kind: Kind,
        pub(super) stays: Vec<Stay>,
        pub(super) colleagues: Vec<Stay>,
        with_agent: bool,
        closed: i64,
    }

    fn missed() -> impl Strategy<Value = &'static str> {
        select(vec!["USER_REJECTED", "USER_UNAVAILABLE", "CLIENT_INITIATED"])
    }

    /// Attempts of one person or number, one after another; of persons whose calls came about the last
    /// attempt did, maybe with reloads.
    fn stays(who: usize, kind: Kind) -> impl Strategy<Value = Vec<Stay>> {
        let misses = if kind == Kind::Inbound { 0..1_usize } else { 0..3 };
        (1..40_i64, vec((2..30_i64, 1..20_i64, missed()), misses), any::<bool>(), 20..90_i64, 0..3_usize)
            .prop_map(move |(start, misses, comes, talks, reloads)| {
                let (mut at, mut stays) = (start, Vec::new());
                for (rings, pause, reason) in misses {
                    stays.push(Stay {
                        who,
                        from: at,
                        to: at + rings,
                        answered: false,
                        taken_over: false,
                        reason,
                    });
                    at += rings + pause;
                }
                if comes || kind == Kind::Inbound {
                    for _ in 0..reloads {
                        // The newer connection is there a moment before the older one ends.
                        stays.push(Stay {
                            who,
                            from: at,
                            to: at + 8,
                            answered: true,
                            taken_over: true,
                            reason: "DUPLICATE_IDENTITY",
                        });
                        at += 7;
                    }
                    stays.push(Stay {
                        who,
                        from: at,
                        to: at + talks,
                        answered: true,
                        taken_over: false,
                        reason: "CLIENT_INITIATED",
                    });
                }
                stays
            })
    }

    pub(super) fn story() -> impl Strategy<Value = Story> {
        let kind = select(vec![Kind::Inbound, Kind::Outbound, Kind::Web]);
        kind.prop_flat_map(|kind| {
            let people = (stays(0, kind), stays(1, kind), any::<bool>());
            let colleagues = vec((0..30_i64, 5..60_i64, any::<bool>(), missed()), 0..3);
            (Just(kind), people, colleagues, any::<bool>(), 1..30_i64).prop_map(
                |(kind, (first, second, both), colleagues, with_agent, lasts)| {
                    let mut stays = first;
                    if both {
                        stays.extend(second);
                    }
                    let began = stays.iter().filter(|stay| stay.answered).map(|stay| stay.from).min();
                    // Colleagues are dialled into calls that somebody is in; of an outbound call it is not
                    // known from outside whether one who talks is a colleague, and there are none here.
                    let dialled_in = began.filter(|_| kind != Kind::Outbound);
                    let colleagues = colleagues.into_iter().enumerate().filter_map(
                        |(index, (after, lasts, answered, reason))| {
                            let from = dialled_in? + 1 + after;
                            let reason = if answered { "CLIENT_INITIATED" } else { reason };
                            Some(Stay {
                                who: 10 + index,
                                from,
                                to: from + lasts,
                                answered,
                                taken_over: false,
                                reason,
                            })
                        },
                    );
                    let colleagues: Vec<_> = colleagues.collect();
                    let ends = stays.iter().chain(&colleagues).map(|stay| stay.to).max().unwrap_or_default();
                    Story { kind, stays, colleagues, with_agent, closed: ends + lasts }
                },
            )
        })
    }

    impl Story {
        /// What LiveKit tells of it.
        pub(super) fn events(&self) -> Vec<Value> {
            let mut told: Vec<(i64, u8, Value, Option<(&str, bool)>)> = Vec::new();
            let who = |stay: &Stay, ends: bool| {
                let status = match (stay.answered, ends) {
                    (true, false) => "active",
                    (true, true) => "hangup",
                    (false, _) => "ringing",
                };
                match self.kind {
                    _ if stay.who >= 10 => dialled(&stay.who.to_string(), status),
                    Kind::Inbound => caller(&stay.who.to_string()),
                    Kind::Outbound => dialled(&stay.who.to_string(), status),
                    Kind::Web => web(&format!("web-{}", stay.who)),
                }
            };
            for stay in self.stays.iter().chain(&self.colleagues) {
                let is_web = self.kind == Kind::Web && stay.who < 10;
                if stay.answered || !is_web {
                    told.push((stay.from, 0, who(stay, false), None));
                }
                told.push((stay.to, 1, who(stay, true), Some((stay.reason, is_web && !stay.answered))));
            }
            let mut room = Room::new("RM_1");
            if self.with_agent {
                room.joined(0, agent());
            }
            told.sort_by_key(|(at, ends, _, _)| (*at, *ends));
            for (at, _, who, leaves) in told {
                match leaves {
                    None => room.joined(at, who),
                    Some((reason, true)) => room.aborted(at, who, reason),
                    Some((reason, false)) => room.left(at, who, reason),
                }
            }
            if self.with_agent {
                room.left(self.closed - 1, agent(), "CLIENT_INITIATED");
            }
            room.finished(self.closed);
            room.events
        }

        /// When the person was gone for whom the call was, and what became of it.
        pub(super) fn truth(&self) -> (i64, Outcome) {
            let talked = self.stays.iter().filter(|stay| stay.answered && !stay.taken_over);
            if let Some(end) = talked.map(|stay| stay.to).max() {
                return (
                    end,
                    match end {
                        ..3 => Outcome::Failed,
                        3..10 => Outcome::NoAnswer,
                        _ => Outcome::Completed,
                    },
                );
            }
            match self.stays.iter().max_by_key(|stay| (stay.to, stay.reason)) {
                Some(last) => (
                    last.to,
                    match last.reason {
                        "USER_REJECTED" => Outcome::Busy,
                        _ if last.to < 3 && last.reason != "USER_UNAVAILABLE" => Outcome::Failed,
                        _ => Outcome::NoAnswer,
                    },
                ),
                None if self.closed < 3 => (self.closed, Outcome::Failed),
                None => (self.closed, Outcome::NoAnswer),
            }
        }

        /// Whether anybody for whom the call is is there just after this moment.
        pub(super) fn is_there(&self, at: i64) -> bool {
            self.stays.iter().any(|stay| stay.answered && stay.from <= at && at < stay.to)
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn what_happened_is_what_is_shown_whatever_the_order_and_repetition(
        story in simulation::story(),
        seed in proptest::prelude::any::<u64>(),
    ) {
        let bodies = story.events();
        let (seconds, outcome) = story.truth();
        let expected = ended(outcome, u64::try_from(seconds).expect("a time"));
        let updates = updates(&bodies);
        // As it happens: while somebody is there the call goes on, and is never announced as ended.
        let in_order: Vec<usize> = (0..updates.len()).collect();
        let arriving = folding::arriving(&updates, &in_order);
        let mut call = Call::begin(&arriving[0], Some(&owner()));
        for (body, update) in bodies.iter().zip(&arriving) {
            call.apply(update, Some(&owner()));
            let now: i64 = body["createdAt"].as_str().expect("a text").parse().expect("seconds");
            if story.is_there(now - room::CREATED) && body["event"] != "participant_joined" {
                proptest::prop_assert_eq!(call.status(), CallStatus::Active, "at {}", now - room::CREATED);
            }
        }
        proptest::prop_assert_eq!(end(&call), expected);
        // In any order, with repetitions.
        let mut order: Vec<usize> = (0..updates.len()).chain((0..updates.len()).rev()).collect();
        let mut random = seed;
        for index in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(index, usize::try_from(random >> 33).expect("31 bits") % (index + 1));
        }
        let arriving = folding::arriving(&updates, &order);
        let mut shuffled = Call::begin(&arriving[0], Some(&owner()));
        for update in &arriving {
            let (before, known) = (Shown::of(&shuffled.facts), shuffled.updates.get(&update.event).cloned());
            let is_told = shuffled.announced.contains_key(&Announcement::Completed);
            shuffled.apply(update, Some(&owner()));
            let changed = before.changed_to(&Shown::of(&shuffled.facts));
            let expected = if is_told && !changed.is_empty() { Some(changed) } else { known };
            proptest::prop_assert_eq!(shuffled.updates.get(&update.event), expected.as_ref());
        }
        proptest::prop_assert_eq!(end(&shuffled), expected);
        proptest::prop_assert_eq!(&shuffled.facts, &call.facts);
        if story.kind != simulation::Kind::Outbound {
            proptest::prop_assert_eq!(shuffled.transfers.len(), story.colleagues.len() * 2, "each once");
        }
        for leg in call.facts.transfers().iter().filter(|_| story.kind != simulation::Kind::Outbound) {
            let colleague = story.colleagues.iter().find(|stay| leg.0 == format!("psip_{}", stay.who));
            let answered = colleague.expect("a colleague").answered;
            proptest::prop_assert_eq!(leg.1.outcome == Some(LegOutcome::Connected), answered);
        }
        // Whoever goes by what was announced knows in the end what is shown.
        for told in [&call, &shuffled] {
            let ends = told.announced.contains_key(&Announcement::Completed);
            proptest::prop_assert!(ends, "announced once");
        }
    }
}
