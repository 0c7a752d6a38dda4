//! Bodies that are refused: with the name of the fault, without a word of the body, never by a panic.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/events.rs"]
mod events;
#[path = "support/sample.rs"]
mod sample;

use ringpost::providers::livekit::{LiveKitEvent, PayloadError};
use serde_json::{Value, json};

use events::time;
use sample::{SAMPLE, pointers, sample};

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

fn invalid(path: &str) -> Option<PayloadError> {
    Some(PayloadError::Invalid(path.to_owned()))
}

#[test]
fn a_required_field_that_is_missing_is_named_as_the_document_does() {
    let required = [
        ("/id", "event_id"),
        ("/event", "event_type"),
        ("/createdAt", "event_created_at"),
        ("/room", "room_name"),
    ];
    for (pointer, name) in required {
        let mut body = sample_with(pointer, Value::Null);
        if name == "room_name" {
            body["egressInfo"]["roomId"] = Value::Null;
        }
        assert_eq!(refusal(&body), Some(PayloadError::Missing(name)), "null {pointer}");
        body.as_object_mut().expect("an object").remove(&pointer[1..]);
        assert_eq!(refusal(&body), Some(PayloadError::Missing(name)), "no {pointer}");
        let text = refusal(&body).map(|error| error.to_string());
        assert_eq!(text, Some(format!("Missing required field: {name}")));
    }
    for (pointer, name) in &required[..2] {
        let body = sample_with(pointer, json!(""));
        assert_eq!(refusal(&body), Some(PayloadError::Missing(name)), "empty {pointer}");
    }
    assert_eq!(refusal(&json!({})), Some(PayloadError::Missing("event_id")));
}

#[test]
fn only_an_event_that_can_change_an_outcome_needs_a_room() {
    let without_room = |name: &str| refusal(&json!({ "id": "e", "event": name, "createdAt": 1 }));
    for name in ["participant_left", "participant_connection_aborted", "room_finished", "egress_ended"] {
        assert_eq!(without_room(name), Some(PayloadError::Missing("room_name")), "{name}");
    }
    for name in ["room_started", "track_published", "ingress_ended", "of_the_future"] {
        assert_eq!(without_room(name), None, "{name}");
    }
}

#[test]
fn a_field_of_a_wrong_type_is_named_by_its_path() {
    let wrong = [
        ("/id", json!(42)),
        ("/event", json!(["participant_left"])),
        ("/createdAt", json!({})),
        ("/createdAt", json!("yesterday")),
        ("/createdAt", json!(1.5)),
        ("/createdAt", json!(-1)),
        ("/createdAt", json!("99999999999999")),
        ("/createdAt", json!(u64::MAX)),
        ("/room", json!("room-1")),
        ("/room", json!([])),
        ("/room/sid", json!(false)),
        ("/room/name", json!({})),
        ("/room/creationTime", json!("2025-13-29T15:30:00.000Z")),
        ("/participant", json!(7)),
        ("/participant/identity", json!(7)),
        ("/participant/kind", json!([])),
        ("/participant/joinedAt", json!("")),
        ("/participant/permission", json!("all")),
        ("/participant/permission/recorder", json!("no")),
        ("/participant/attributes", json!(true)),
        ("/participant/attributes/sip.phoneNumber", json!(17_678_189_426_i64)),
        ("/participant/disconnectReason", json!({})),
        ("/participant/disconnectReason", json!(u64::MAX)),
        ("/egressInfo", json!("EG_1")),
        ("/egressInfo/status", json!(2.5)),
        ("/egressInfo/fileResults", json!({})),
        ("/egressInfo/fileResults/0", json!("recording.mp3")),
        ("/egressInfo/fileResults/0/downloadUrl", json!([])),
    ];
    for (pointer, value) in wrong {
        let mut body = sample();
        body["participant"]["attributes"] = json!({});
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        match body.pointer_mut(parent).expect("the parent") {
            Value::Array(values) => values[0] = value.clone(),
            object => object[name] = value.clone(),
        }
        let path = pointer[1..].replace("/0", "[0]").replace('/', ".");
        assert_eq!(refusal(&body), invalid(&path), "{value}");
    }
}

#[test]
fn an_id_of_absurd_length_is_refused_and_an_absurd_fact_ignored() {
    assert_eq!(refusal(&sample_with("/id", json!("i".repeat(256)))), None);
    assert_eq!(refusal(&sample_with("/id", json!("i".repeat(257)))), invalid("id"));
    assert_eq!(refusal(&sample_with("/event", json!("e".repeat(257)))), invalid("event"));
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
            // protobuf-JSON knows no null inside a list.
            "/egressInfo/fileResults/0" => invalid("egressInfo.fileResults[0]"),
            _ => None,
        };
        assert_eq!(refusal, expected, "{pointer}");
    }
}

#[test]
fn what_is_no_json_is_told_by_its_place() {
    let at = |line, column| Some(PayloadError::NotJson { line, column });
    assert_eq!(parse(b"").err(), at(1, 0));
    assert_eq!(parse(b"{\"id\":\n  oops}").err(), at(2, 3));
    assert_eq!(parse(b"\xef\xbb\xbf{}").err(), at(1, 1));
    for body in [
        b"\xff\xfe".as_slice(),
        b"{\"id\":\"\xff\"}",
        b"{}{}",
        b"{} x",
        b"{\"id\":\"\\ud800\"}",
        b"{\"id\":1e999}",
    ] {
        let error = parse(body).expect_err("no JSON");
        assert!(matches!(error, PayloadError::NotJson { .. }), "{error}: {body:?}");
    }
    for length in 0..SAMPLE.trim_end().len() {
        let error = parse(&SAMPLE.as_bytes()[..length]).expect_err("truncated");
        assert!(matches!(error, PayloadError::NotJson { .. }), "{error} after {length} bytes");
    }
}

#[test]
fn json_that_is_no_object_is_refused_even_as_a_list_of_the_right_fields() {
    let list = r#"["evt_1","room_started","2025-10-29T15:30:00Z",{"sid":"RM_1"},null,null]"#;
    for body in ["[]", "[{}]", "null", "true", "42", "\"text\"", " \n[1]", list] {
        assert_eq!(parse(body.as_bytes()).err(), Some(PayloadError::NotAnObject), "{body}");
    }
}

#[test]
fn a_field_that_is_told_twice_is_refused() {
    for (body, line, column) in
        [("{\"id\":\"evt_1\",\n\"id\":\"evt_2\"}", 2, 4), ("{\"room\":{},\n\"room\":{}}", 2, 6)]
    {
        assert_eq!(parse(body.as_bytes()).err(), Some(PayloadError::NotJson { line, column }), "{body}");
    }
    let inside = r#"{"room":{"sid":"RM_1","sid":"RM_2"}}"#;
    assert_eq!(parse(inside.as_bytes()).err(), invalid("room"));
    let unknown = r#"{"id":"e","event":"room_started","createdAt":1,"x":1,"x":2}"#;
    assert!(parse(unknown.as_bytes()).is_ok(), "fields that nobody uses are not read");
}
