//! Records that version 632eb00 wrote, read by this one.

use ringpost::domain::{
    call::{direction::Direction, facts::Facts, outcome::Outcome},
    phone::PhoneNumber,
    timestamp::Timestamp,
};
use serde_json::Value;

use crate::support::{
    folding::updates,
    room::{Room, caller, dialled},
};

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
    assert_eq!(
        ending.at,
        Timestamp::from_seconds(1_767_312_060).expect("a time")
    );
    assert_eq!(
        (ending.reason(), ending.identity()),
        (Some("CLIENT_INITIATED"), Some("sip_A"))
    );
    assert_eq!(
        (facts.outcome(), facts.duration_millis()),
        (Some(Outcome::Completed), Some(60_000))
    );
    assert_eq!(
        facts.phone_number().map(PhoneNumber::as_str),
        Some("+15105550123")
    );
    assert_eq!(
        (facts.sip_call_id(), facts.call_sid()),
        (Some("SCL_A"), Some("CA1"))
    );
    assert_eq!(
        (facts.room_sid(), facts.direction()),
        (Some("RM_1"), Some(Direction::Inbound))
    );
    assert_eq!(facts.conversation_id().map(String::as_str), Some("conv_1"));
    assert!(
        facts.transcript().is_some() && facts.results().is_some() && facts.answered_at().is_some()
    );
    assert_eq!(
        serde_json::from_str::<Facts>(&serde_json::to_string(&facts).expect("JSON"))
            .expect("facts"),
        facts
    );
}

#[test]
fn a_call_that_began_under_an_older_version_ends_under_this_one() {
    let mut old: Value = serde_json::from_str(OLD).expect("JSON");
    for ended in [
        "phoneLeft",
        "left",
        "done",
        "hang",
        "secs",
        "verd",
        "convEnd",
        "text",
        "conv",
    ] {
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
    assert_eq!(
        (facts.outcome(), facts.duration_millis()),
        (Some(Outcome::Completed), Some(90_000))
    );
}
