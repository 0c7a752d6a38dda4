//! LiveKit's question which agent answers a call: what is read from it, and what it says of the call.

use ringpost::{
    domain::{
        call::{CallUpdate, direction::Direction},
        key::CallKey,
        timestamp::Timestamp,
    },
    providers::{
        self,
        livekit::{
            EventName, LiveKitEvent,
            sip_inbound::{InboundCall, QuestionError},
        },
    },
};
use serde_json::{Value, json};

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2025-10-09T15:36:25.931Z").unwrap()
}

fn update(body: &Value) -> CallUpdate {
    let body = body.to_string();
    let call = InboundCall::parse(body.as_bytes()).unwrap();
    providers::read_update(&call.event(body.into(), at())).unwrap()
}

fn keys(call_id: &str) -> Vec<CallKey> {
    let body =
        json!({ "call_id": call_id, "to_number": "+18588796658", "room_name": "sip-room-abc123" });
    update(&body).keys.iter().cloned().collect()
}

#[test]
fn an_id_is_known_under_the_names_that_its_form_allows() {
    let room = || CallKey::RoomName("sip-room-abc123".to_owned());
    let (sip, sid) = (
        |id: &str| CallKey::SipCall(id.to_owned()),
        |id: &str| CallKey::CallSid(id.to_owned()),
    );
    assert_eq!(keys("SCL_8fP2mQ4sVxTb"), [sip("SCL_8fP2mQ4sVxTb"), room()]);
    for id in [
        "CA0123456789abcdef0123456789abcdef",
        "0f3c8d21-9a1b-423e-8b9c-0242ac120002",
    ] {
        assert_eq!(keys(id), [sid(id), room()]);
    }
    for id in [
        "unique-call-id",
        "CA0123",
        "0f3c8d219a1b423e8b9c0242ac120002",
    ] {
        assert_eq!(keys(id), [sip(id), sid(id), room()]);
    }
}

#[test]
fn the_question_says_that_the_phone_rings_and_whose_it_is() {
    let body = json!({
        "call_id": "SCL_1", "trunk_phone_number": "+17678189426", "from_number": "1-555-123-4567",
        "to_number": "(858) 879-6658", "room_name": "sip-room-abc123", "new_field": [1]
    });
    let update = update(&body);
    let facts = &update.facts;
    assert_eq!(facts.line_number().unwrap().as_str(), "+18588796658");
    assert_eq!(facts.phone_number().unwrap().as_str(), "+15551234567");
    assert_eq!(facts.direction(), Some(Direction::Inbound));
    assert_eq!(
        (facts.ringing_at(), facts.first_event.get()),
        (Some(at()), Some(at()))
    );
    assert_eq!(
        (facts.is_phone_call(), facts.has_lead, facts.answered_at()),
        (true, true, None)
    );
    assert_eq!(facts.ending(), None);
}

#[test]
fn the_trunks_number_stands_in_for_one_that_is_none() {
    for to_number in [
        json!(null),
        json!(""),
        json!("support"),
        json!("+1XXXXXXXXXX"),
    ] {
        let body = json!({ "call_id": "SCL_1", "trunk_phone_number": "+18588796658", "to_number": to_number });
        assert_eq!(
            update(&body).facts.line_number().unwrap().as_str(),
            "+18588796658"
        );
    }
    let body = json!({ "call_id": "SCL_1", "to_number": "support" });
    assert!(update(&body).facts.line_number().is_none());
}

#[test]
fn a_caller_without_a_number_is_no_lead() {
    for from_number in [
        json!(null),
        json!(""),
        json!("anonymous"),
        json!("sip:alice@example.com"),
    ] {
        let body =
            json!({ "call_id": "SCL_1", "to_number": "+18588796658", "from_number": from_number });
        let facts = update(&body).facts;
        assert!(
            !facts.has_lead && facts.phone_number().is_none(),
            "{from_number}"
        );
    }
}

#[test]
fn asking_again_is_the_same_event_and_another_question_is_not() {
    let event = |room: &str| {
        let body = json!({ "call_id": "SCL_1", "to_number": "+18588796658", "room_name": room })
            .to_string();
        InboundCall::parse(body.as_bytes())
            .unwrap()
            .event(body.into(), at())
            .key
    };
    assert_eq!(event("a"), event("a"));
    assert_ne!(event("a"), event("b"));
}

#[test]
fn what_is_wrong_is_named() {
    let error = |body: &str| InboundCall::parse(body.as_bytes()).unwrap_err();
    for body in ["", "{", "nonsense", r#"{"call_id":"1"} x"#] {
        assert_eq!(error(body), QuestionError::NotJson, "{body}");
    }
    for body in ["[]", "null", " 5", "\"SCL_1\"", r#"["SCL_1"]"#] {
        assert_eq!(error(body), QuestionError::NotAnObject, "{body}");
    }
    let long = json!({ "call_id": "1", "to_number": "5".repeat(2_049) }).to_string();
    for body in [
        "{}",
        r#"{"call_id":"1","to_number":" "}"#,
        r#"{"call_id":"1","to_number":{}}"#,
        &long,
    ] {
        assert_eq!(error(body), QuestionError::NoNumber, "{body}");
    }
    assert_eq!(QuestionError::NoNumber.field(), Some("to_number"));
}

/// Every caller must get an agent: only a question that says no number has no answer.
#[test]
fn no_field_that_cannot_be_read_costs_the_call() {
    let long = "x".repeat(2_049);
    let odd = [
        json!(null),
        json!(7),
        json!(-1.5),
        json!(true),
        json!(""),
        json!([1]),
        json!({ "a": 1 }),
        json!(long),
    ];
    for field in [
        "call_id",
        "trunk_id",
        "trunk_phone_number",
        "from_number",
        "room_name",
        "anything",
    ] {
        for value in &odd {
            let mut body =
                json!({ "call_id": "SCL_1", "to_number": "+18588796658", "room_name": "room-1" });
            body[field] = value.clone();
            let facts = update(&body).facts;
            assert_eq!(
                facts.line_number.get().unwrap().as_str(),
                "+18588796658",
                "{field}: {value}"
            );
        }
    }
    let read = |body: &str| {
        let call = InboundCall::parse(body.as_bytes()).unwrap();
        (call.call_id.clone(), call.called.as_str().to_owned())
    };
    let number = || "+18588796658".to_owned();
    assert_eq!(
        read(r#"{"call_id":42,"to_number":18588796658}"#),
        (Some("42".to_owned()), number())
    );
    assert_eq!(
        read("\u{feff}{\"to_number\":\"+18588796658\",\"room_name\":\"a\\ud83d\"}"),
        (None, number())
    );
}

#[test]
fn a_question_without_an_id_is_known_by_its_room_and_without_either_is_about_no_call() {
    let update = |fields: Value| {
        let body = fields.to_string();
        let call = InboundCall::parse(body.as_bytes()).unwrap();
        let later = Timestamp::parse_rfc3339("2025-10-10T15:36:25.931Z").unwrap();
        let events = [at(), later].map(|at| call.event(body.clone().into(), at));
        let is_same = events[0].key == events[1].key;
        (
            providers::read_update(&events[0])
                .map(|it| it.keys.iter().cloned().collect::<Vec<_>>()),
            is_same,
        )
    };
    for call_id in [
        json!(null),
        json!("undefined"),
        json!("%{call.sid}"),
        json!("-"),
    ] {
        let in_room =
            json!({ "call_id": call_id, "to_number": "+18588796658", "room_name": "room-1" });
        assert_eq!(
            update(in_room),
            (Some(vec![CallKey::RoomName("room-1".to_owned())]), true),
            "{call_id}"
        );
    }
    let nameless = json!({ "to_number": "+18588796658", "from_number": "+15551234567" });
    assert_eq!(
        update(nameless),
        (None, false),
        "two callers, or the same one again"
    );
}

#[test]
fn a_lenient_reading_returns_what_a_strict_one_returns() {
    let body = json!({
        "event": "participant_left", "id": "EV_1", "createdAt": "1767312000",
        "room": { "sid": "RM_1", "name": "call-1" }, "participant": { "identity": "sip_+1555", "kind": "SIP" }
    });
    let body = body.to_string();
    let strict = LiveKitEvent::parse(body.as_bytes(), at()).unwrap();
    assert_eq!(
        LiveKitEvent::parse_lenient(body.as_bytes(), at()).unwrap(),
        strict
    );
}

#[test]
fn a_lenient_reading_returns_as_much_as_it_can() {
    let read =
        |body: Value| LiveKitEvent::parse_lenient(body.to_string().as_bytes(), at()).unwrap();
    let event = read(json!({
        "event": "participant.left", "id": 5, "createdAt": "yesterday", "participant": { "identity": "p", "kind": [] },
        "room": { "name": "call-1", "creationTime": "yesterday" }
    }));
    assert_eq!(
        (event.name(), event.created_at),
        (EventName::ParticipantLeft, at())
    );
    assert_eq!(event.room.unwrap().name.as_deref(), Some("call-1"));
    assert_eq!(event.participant.unwrap().identity.as_deref(), Some("p"));
    assert!(event.id.starts_with("participant.left:"), "{}", event.id);
    let flat = read(
        json!({ "event_type": "room.closed", "room_sid": "RM_1", "timestamp": 1_767_312_000 }),
    );
    assert_eq!(
        (flat.name(), flat.created_at.as_seconds()),
        (EventName::RoomFinished, 1_767_312_000)
    );
    assert_eq!(flat.room.unwrap().sid.as_deref(), Some("RM_1"));
    assert!(LiveKitEvent::parse_lenient(b"{}", at()).is_err());
}
