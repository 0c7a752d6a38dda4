//! Bodies that are refused: with the name of the fault, without a word of the body, never by a panic.

use ringpost::providers::{
    PayloadError,
    livekit::{LiveKitEvent, Room},
};
use serde_json::{Value, json};

use crate::support::{
    events::{self, time},
    sample::{SAMPLE, pointers, sample},
};

/// The sample with another value at this pointer, which may be new.
fn sample_with(pointer: &str, value: Value) -> Value {
    let mut body = sample();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match body.pointer_mut(parent).expect("the parent") {
        Value::Array(values) => values[name.parse::<usize>().expect("an index")] = value,
        object => object[name] = value,
    }
    body
}

/// Reads a body wholly, up to what it says of its call.
fn parse(body: &[u8]) -> Result<LiveKitEvent, PayloadError> {
    events::read(body, time("2025-10-29T15:30:46Z")).map(|(event, _)| event)
}

fn refusal(body: &Value) -> Option<PayloadError> {
    parse(body.to_string().as_bytes()).err()
}

fn invalid(path: &'static str) -> Option<PayloadError> {
    Some(PayloadError::Invalid(path))
}

#[test]
fn a_required_field_that_is_missing_is_named_as_the_document_does() {
    let required = [
        ("/id", "event_id"),
        ("/event", "event_type"),
        ("/createdAt", "event_created_at"),
    ];
    for (pointer, name) in required {
        let mut body = sample_with(pointer, Value::Null);
        assert_eq!(
            refusal(&body),
            Some(PayloadError::Missing(name)),
            "null {pointer}"
        );
        body.as_object_mut()
            .expect("an object")
            .remove(&pointer[1..]);
        assert_eq!(
            refusal(&body),
            Some(PayloadError::Missing(name)),
            "no {pointer}"
        );
        let text = refusal(&body).map(|error| error.to_string());
        assert_eq!(text, Some(format!("Missing required field: {name}")));
    }
    for (pointer, name) in &required[..2] {
        let body = sample_with(pointer, json!(""));
        assert_eq!(
            refusal(&body),
            Some(PayloadError::Missing(name)),
            "empty {pointer}"
        );
    }
    assert_eq!(refusal(&json!({})), Some(PayloadError::Missing("event_id")));
}

/// The events that are about a room or who is in it.
const OF_ROOMS: [&str; 5] = [
    "room_started",
    "room_finished",
    "participant_joined",
    "participant_left",
    "participant_connection_aborted",
];

fn no_room(name: &'static str, path: &'static str) -> Option<PayloadError> {
    Some(PayloadError::NoRoom { name, path })
}

#[test]
fn an_event_of_a_room_or_a_participant_names_its_room_and_the_rooms_sid() {
    let of_room = |name: &str, created_at: &Value, room: &Value| {
        refusal(&json!({ "id": "e", "event": name, "createdAt": created_at, "room": room }))
    };
    for (name, created_at) in OF_ROOMS
        .iter()
        .flat_map(|name| [(name, json!("1")), (name, json!("2025-10-29T15:30:45Z"))])
    {
        let refusal = |room: Value| of_room(name, &created_at, &room);
        assert_eq!(
            refusal(json!({ "sid": "RM_1", "name": "room-1" })),
            None,
            "{name}: as Cloud's tracks have it"
        );
        assert_eq!(refusal(json!(null)), no_room("room_name", "room"), "{name}");
        for nameless in [json!({}), json!({ "sid": "", "name": "" })] {
            assert_eq!(refusal(nameless), no_room("room_name", "room"), "{name}");
        }
        for nameless in [
            json!({ "sid": "RM_1" }),
            json!({ "sid": "RM_1", "name": null }),
            json!({ "sid": "RM_1", "name": "" }),
        ] {
            assert_eq!(
                refusal(nameless),
                no_room("room_name", "room.name"),
                "{name}"
            );
        }
        for sidless in [
            json!({ "name": "room-1" }),
            json!({ "name": "room-1", "sid": null }),
            json!({ "name": "room-1", "sid": "" }),
        ] {
            assert_eq!(refusal(sidless), no_room("room_sid", "room.sid"), "{name}");
        }
    }
    for name in [
        "track_published",
        "track_unpublished",
        "ingress_started",
        "agent_job_ended",
        "of_the_future",
    ] {
        assert_eq!(of_room(name, &json!(1), &json!(null)), None, "{name}");
        assert_eq!(
            of_room(name, &json!(1), &json!({ "name": "room-1" })),
            None,
            "{name}"
        );
    }
    let text = no_room("room_sid", "room.sid").map(|error| error.to_string());
    assert_eq!(text.as_deref(), Some("Missing required field: room_sid"));
}

#[test]
fn livekits_own_egress_says_which_room_it_records_if_it_records_one() {
    for name in ["egress_started", "egress_updated", "egress_ended"] {
        let egress = |created_at: Value, info: Value| {
            parse(
                json!({ "id": "e", "event": name, "createdAt": created_at, "egressInfo": info })
                    .to_string()
                    .as_bytes(),
            )
        };
        let livekits = |info: Value| egress(json!("1767312060"), info).map(|event| event.room);
        let room = |sid: Option<&str>, name: Option<&str>| {
            let [sid, name] = [sid, name].map(|text| text.map(str::to_owned));
            Ok(Some(Room {
                sid,
                name,
                ..Room::default()
            }))
        };
        assert_eq!(
            livekits(json!({ "roomId": "RM_1", "roomName": "room-1" })),
            room(Some("RM_1"), Some("room-1"))
        );
        assert_eq!(
            livekits(json!({ "roomName": "room-1" })),
            room(None, Some("room-1"))
        );
        assert_eq!(
            livekits(json!({ "egressId": "EG_1", "web": { "url": "https://page.example" } })),
            Ok(None),
            "{name}"
        );
        assert_eq!(
            refusal(&json!({ "id": "e", "event": name, "createdAt": 1 })),
            no_room("room_name", "room"),
            "no egress"
        );
        // The document's body has a room, or says both of it here.
        let documented = |info: Value| egress(json!("2025-10-29T15:30:45Z"), info).err();
        assert_eq!(
            documented(json!({ "egressId": "EG_1" })),
            no_room("room_name", "room"),
            "{name}"
        );
        assert_eq!(
            documented(json!({ "roomId": "RM_1" })),
            no_room("room_name", "room.name"),
            "{name}"
        );
        assert_eq!(
            documented(json!({ "roomId": "RM_1", "roomName": "room-1" })),
            None,
            "{name}"
        );
    }
}

#[test]
fn what_the_strict_reading_accepts_the_lenient_one_reads_alike() {
    let received_at = time("2025-10-29T15:30:46Z");
    let strict = parse(SAMPLE.as_bytes()).expect("the sample");
    assert_eq!(
        LiveKitEvent::parse_lenient(SAMPLE.as_bytes(), received_at),
        Ok(strict)
    );
    // Kept before the sid was required.
    let mut body = sample_with("/room/sid", Value::Null);
    body["egressInfo"] = Value::Null;
    let body = body.to_string();
    let event = LiveKitEvent::parse_lenient(body.as_bytes(), received_at).expect("a readable body");
    assert_eq!(
        (event.id.as_str(), event.room.map(|room| room.sid)),
        ("evt_abc123def456", Some(None))
    );
}

#[test]
fn what_names_the_event_or_its_room_must_be_usable() {
    for (pointer, value) in [
        ("/id", json!(42)),
        ("/id", json!({})),
        ("/event", json!(["participant_left"])),
        ("/event", json!(true)),
        ("/room", json!("room-1")),
        ("/room", json!([])),
    ] {
        let mut body = sample_with(pointer, value.clone());
        body["egressInfo"] = json!({});
        assert_eq!(refusal(&body), invalid(&pointer[1..]), "{value}");
    }
    let nameless = sample_with("/room", json!({ "sid": false, "name": {} }));
    assert_eq!(
        refusal(&nameless),
        no_room("room_name", "room"),
        "another's room is not the event's"
    );
    // Half a character would make of two ids one.
    assert_eq!(parse(&with_raw("/id", r#""\ud83d""#)).err(), invalid("id"));
    assert_eq!(parse(&with_raw("/id", "1e400")).err(), invalid("id"));
}

#[test]
fn a_time_that_cannot_be_read_is_that_of_the_receipt() {
    for raw in [
        "true",
        "{}",
        "[]",
        "\"yesterday\"",
        "-1",
        "1e400",
        "\"\\ud83d\"",
        "\"\"",
        "99999999999999999999",
    ] {
        let event = parse(&with_raw("/createdAt", raw)).expect("a readable body");
        assert_eq!(event.created_at, time("2025-10-29T15:30:46Z"), "{raw}");
    }
    for raw in [
        "1761751845",
        "1761751845.0",
        "1761751845.9",
        "\"1761751845\"",
    ] {
        let event = parse(&with_raw("/createdAt", raw)).expect("a readable body");
        assert_eq!(event.created_at, time("2025-10-29T15:30:45Z"), "{raw}");
    }
}

/// The sample with this JSON at a pointer.
fn with_raw(pointer: &str, raw: &str) -> Vec<u8> {
    sample_with(pointer, json!("<here>"))
        .to_string()
        .replace(r#""<here>""#, raw)
        .into_bytes()
}

#[test]
fn an_id_of_absurd_length_is_refused_and_an_absurd_fact_ignored() {
    assert_eq!(refusal(&sample_with("/id", json!("i".repeat(256)))), None);
    assert_eq!(
        refusal(&sample_with("/id", json!("i".repeat(257)))),
        invalid("id")
    );
    assert_eq!(
        refusal(&sample_with("/event", json!("e".repeat(257)))),
        invalid("event")
    );
    let identity = |length| {
        let body = sample_with("/participant/identity", json!("p".repeat(length)));
        let event = parse(body.to_string().as_bytes()).expect("a readable body");
        event.participant.expect("a participant").identity
    };
    assert_eq!(identity(2_048).map(|text| text.len()), Some(2_048));
    assert_eq!(identity(2_049), None);
}

#[test]
fn a_field_that_is_null_is_as_good_as_absent() {
    for pointer in pointers(&sample(), "") {
        let refusal = refusal(&sample_with(&pointer, Value::Null));
        let expected = match pointer.as_str() {
            "/id" => Some(PayloadError::Missing("event_id")),
            "/event" => Some(PayloadError::Missing("event_type")),
            "/createdAt" => Some(PayloadError::Missing("event_created_at")),
            "/room" => no_room("room_name", "room"),
            "/room/name" => no_room("room_name", "room.name"),
            "/room/sid" => no_room("room_sid", "room.sid"),
            _ => None,
        };
        assert_eq!(refusal, expected, "{pointer}");
    }
}

#[test]
fn a_body_that_is_no_json_is_refused_with_the_place() {
    let at = |line, column| Some(PayloadError::NotJson { line, column });
    assert_eq!(parse(b"").err(), at(1, 0));
    assert_eq!(parse(b"{\"id\":\n  oops}").err(), at(2, 3));
    assert_eq!(
        parse(b"\xef\xbb\xbf{}").err(),
        Some(PayloadError::Missing("event_id")),
        "the mark is dropped"
    );
    assert_eq!(parse(b"{\"id\":\"\xff\"}").err(), invalid("id"));
    for body in [
        b"\xff\xfe".as_slice(),
        b"{}{}",
        b"{} x",
        b"{\"id\":NaN}",
        b"{\"id\":-Infinity}",
        b"{\"id\":01}",
    ] {
        let error = parse(body).expect_err("no JSON");
        assert!(
            matches!(error, PayloadError::NotJson { .. }),
            "{error}: {body:?}"
        );
    }
    for length in 0..SAMPLE.trim_end().len() {
        let error = parse(&SAMPLE.as_bytes()[..length]).expect_err("truncated");
        assert!(
            matches!(error, PayloadError::NotJson { .. }),
            "{error} after {length} bytes"
        );
    }
}

#[test]
fn json_that_is_no_object_is_refused_even_as_a_list_of_the_right_fields() {
    let list = r#"["evt_1","room_started","2025-10-29T15:30:00Z",{"sid":"RM_1"},null,null]"#;
    for body in [
        "[]", "[{}]", "null", "true", "42", "\"text\"", " \n[1]", list,
    ] {
        assert_eq!(
            parse(body.as_bytes()).err(),
            Some(PayloadError::NotAnObject),
            "{body}"
        );
    }
}

#[test]
fn of_a_field_that_is_sent_twice_the_last_counts() {
    let body = SAMPLE.trim_end().trim_end_matches('}');
    let twice = format!(
        r#"{body},"id":"evt_2","room":{{"name":"room-1","sid":"RM_1","sid":"RM_2"}},"x":1,"x":2}}"#
    );
    let event = parse(twice.as_bytes()).expect("a readable body");
    assert_eq!(
        (
            event.id.as_str(),
            event.room.expect("a room").sid.as_deref()
        ),
        ("evt_2", Some("RM_2"))
    );
}
