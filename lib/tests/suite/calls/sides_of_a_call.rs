//! Who called whom: what is posted and shown of numbers that only a room's name has, that a dispatch
//! rule hides, or that both sides have.

use ringpost::{
    domain::{
        call::{Call, owner::Owner},
        directory::Lead,
        key::EventKey,
        phone::PhoneNumber,
    },
    fan_out::payload::{CallData, EventOrder, More},
    http::call_log::CallLog,
};
use serde_json::{Value, json};

use crate::support::events::{self, time};

const LINE: &str = "+18005550199";
const CALLER: &str = "+15105550123";
const NOBODY: [Option<&str>; 2] = [None, None];

/// A call that these LiveKit events report, in this room.
fn call(room: &str, events: &[Value]) -> Call {
    let mut call: Option<Call> = None;
    for (second, changes) in events.iter().enumerate() {
        let mut body = json!({
            "id": format!("EV_{second}"), "createdAt": 1_767_312_000 + second,
            "room": { "sid": "RM_1", "name": room, "creationTime": 1_767_312_000 }
        });
        let members = changes.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(members);
        let (_, update) = events::read(body.to_string().as_bytes(), time("2026-01-02T00:10:00Z"))
            .expect("a body");
        let update = update.expect("a call");
        match &mut call {
            Some(call) => call.apply(&update, Some(&Owner::tenant("acme"))),
            None => call = Some(Call::begin(&update, Some(&Owner::tenant("acme")))),
        }
    }
    call.expect("an event")
}

fn started() -> Value {
    json!({ "event": "room_started" })
}

/// The caller joins, whom a dispatch rule let in, with these attributes besides.
fn joined(identity: &str, attributes: Value) -> Value {
    let mut all =
        json!({ "sip.callID": "SCL_1", "sip.ruleID": "SDR_1", "sip.callStatus": "active" });
    all.as_object_mut()
        .expect("an object")
        .extend(attributes.as_object().expect("an object").clone());
    json!({ "event": "participant_joined", "participant": { "identity": identity, "kind": "SIP", "attributes": all } })
}

fn visible() -> Value {
    joined(
        &format!("sip_{CALLER}"),
        json!({ "sip.phoneNumber": CALLER, "sip.trunkPhoneNumber": LINE }),
    )
}

fn hidden() -> Value {
    joined("sip_1f2e3d4c5b6a7988", json!({}))
}

/// `from` and `to` as they are posted.
fn posted(call: &Call) -> [Option<String>; 2] {
    let order = EventOrder::new(call.created_at, 0, call.created_at);
    let data = serde_json::to_value(CallData::of(call, None, order, More::new())).expect("JSON");
    ["from", "to"].map(|side| data.get(side).and_then(Value::as_str).map(str::to_owned))
}

fn line(call: &Call) -> Option<&str> {
    call.facts.line_number().map(PhoneNumber::as_str)
}

fn lead(mut call: Call) -> Option<String> {
    call.facts.has_lead = true;
    Lead::of(&call, &EventKey::of("livekit", "EV_0")).map(|lead| lead.name)
}

#[test]
fn a_room_that_is_named_after_our_line_knows_no_caller() {
    let room = "sip-8005550199__1730217045__abc123";
    let left = json!({ "event": "participant_left", "participant": { "identity": "agent" } });
    for events in [vec![started()], vec![left.clone()], vec![started(), left]] {
        let call = call(room, &events);
        assert_eq!(
            posted(&call).each_ref().map(Option::as_deref),
            [None, Some(LINE)]
        );
        let owner = Owner::tenant("acme");
        let log = serde_json::to_value(CallLog::of(&call, &owner)).expect("JSON");
        assert_eq!(
            log["phoneNumber"], LINE,
            "the document's `phoneNumber` of such a room"
        );
        assert_eq!((line(&call), lead(call.clone())), (Some(LINE), None));
    }
    let call = call(room, &[started(), visible()]);
    assert_eq!(
        posted(&call).each_ref().map(Option::as_deref),
        [Some(CALLER), Some(LINE)]
    );
}

#[test]
fn whose_number_a_dispatched_room_bears_is_known_with_its_rule() {
    let by_caller = format!("call-_{CALLER}_Xq7Lw2Zk9TpB");
    let by_callee = [
        format!("call-_{LINE}_Xq7Lw2Zk9TpB"),
        format!("call-_{LINE}"),
        LINE.to_owned(),
    ];
    for room in by_callee.iter().chain([&by_caller]) {
        let begun = call(room, &[started()]);
        assert_eq!(
            posted(&begun).each_ref().map(Option::as_deref),
            NOBODY,
            "{room}: it may be either's"
        );
        assert_eq!(line(&begun), None, "{room}");
        let call = call(room, &[started(), visible()]);
        assert_eq!(
            posted(&call).each_ref().map(Option::as_deref),
            [Some(CALLER), Some(LINE)],
            "{room}"
        );
    }
    // A rule that hides numbers names rooms after our whole number or four digits of the caller's.
    for room in &by_callee {
        for events in [
            vec![started(), hidden()],
            vec![hidden()],
            vec![hidden(), started()],
        ] {
            let call = call(room, &events);
            assert_eq!(
                posted(&call).each_ref().map(Option::as_deref),
                [None, Some(LINE)],
                "{room}"
            );
            assert_eq!(
                (line(&call), lead(call.clone())),
                (Some(LINE), None),
                "{room}"
            );
        }
    }
    let masked = call("call-_0123_Xq7Lw2Zk9TpB", &[started(), hidden()]);
    assert_eq!(
        (
            posted(&masked).each_ref().map(Option::as_deref),
            line(&masked)
        ),
        (NOBODY, None)
    );
    // The participant with the number of the room is the caller, and no rule hides it.
    let plain = call(&by_caller, &[joined(&format!("sip_{CALLER}"), json!({}))]);
    assert_eq!(
        (
            posted(&plain).each_ref().map(Option::as_deref),
            line(&plain)
        ),
        ([Some(CALLER), None], None)
    );
    // Nor does a leg that no rule let in say whose number it is.
    let dialled = json!({ "event": "participant_joined", "participant": { "identity": "sip_x", "kind": "SIP",
        "attributes": { "sip.trunkID": "ST_1" } } });
    assert_eq!(line(&call(&by_callee[0], &[dialled])), None);
    // Nor a browser, which may give itself any attribute.
    let mut browser = hidden();
    browser["participant"]["kind"] = json!("STANDARD");
    assert_eq!(line(&call(&by_callee[0], &[browser])), None);
}

#[test]
fn a_caller_who_shows_our_own_number_is_shown_as_reported() {
    let spoofed = joined(
        &format!("sip_{LINE}"),
        json!({ "sip.phoneNumber": LINE, "sip.trunkPhoneNumber": LINE }),
    );
    let call = call("room-1", &[spoofed]);
    assert_eq!(
        posted(&call).each_ref().map(Option::as_deref),
        [Some(LINE), Some(LINE)]
    );
}
