//! Bodies made to hurt: none panics, and no refusal repeats a word of the body to the sender.

use proptest::prelude::*;
use ringpost::providers::{PayloadError, livekit::LiveKitEvent};
use serde_json::{Value, json};

use crate::support::{
    events::{self, time},
    sample::{SAMPLE, pointers, sample},
};

/// Every name that a refusal may show; whatever else it says would be the sender's own words.
const NAMES: [&str; 37] = [
    "id",
    "event",
    "createdAt",
    "room",
    "sid",
    "name",
    "creationTime",
    "creationTimeMs",
    "metadata",
    "participant",
    "identity",
    "joinedAt",
    "joinedAtMs",
    "kind",
    "permission",
    "recorder",
    "agent",
    "attributes",
    "sip.callID",
    "sip.callIDFull",
    "sip.twilio.callSid",
    "sip.callStatus",
    "sip.ruleID",
    "sip.trunkID",
    "sip.phoneNumber",
    "sip.trunkPhoneNumber",
    "disconnectReason",
    "egressInfo",
    "roomId",
    "roomName",
    "status",
    "fileResults",
    "file",
    "downloadUrl",
    "location",
    "segmentResults",
    "playlistLocation",
];

/// Reads a body wholly, up to what it says of its call.
fn parse(body: &[u8]) -> Result<LiveKitEvent, PayloadError> {
    events::read(body, time("2025-10-29T15:30:46Z")).map(|(event, _)| event)
}

/// Whether a path is made of known names and of indices alone.
fn is_known(path: &str) -> bool {
    let without_indices: String = path
        .split('[')
        .enumerate()
        .map(|(i, part)| match part.split_once(']') {
            Some((index, rest)) if i > 0 && index.parse::<usize>().is_ok() => rest,
            _ => part,
        })
        .collect();
    consists_of_names(&without_indices)
}

fn consists_of_names(path: &str) -> bool {
    NAMES.iter().any(|name| match path.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('.').is_some_and(consists_of_names),
        None => false,
    })
}

/// Whether a refusal says what is wrong in our words only.
fn reveals_nothing(error: &PayloadError) -> bool {
    let text = error.to_string();
    match error {
        PayloadError::NotAnObject => text == "Body must be a JSON object",
        PayloadError::NotJson { line, column } => {
            text == format!("Body is not valid JSON (line {line}, column {column})")
        }
        PayloadError::Missing(name) | PayloadError::NoRoom { name, .. } => {
            text == format!("Missing required field: {name}")
        }
        PayloadError::NotAForm | PayloadError::NoEvent | PayloadError::NoCall => false,
        PayloadError::Invalid(path) => {
            text == format!("Invalid value of field: {path}") && is_known(path)
        }
    }
}

/// The sample, serialised, with this in the place of a field's value.
fn sample_with_raw(pointer: &str, raw: &str) -> String {
    let mut body = sample();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(parent).expect("the parent")[name] = json!("<here>");
    body.to_string().replace(r#""<here>""#, raw)
}

#[test]
fn nesting_of_any_depth_is_read_or_skipped() {
    let levels = 100_000;
    let lists = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let unclosed = r#"{"room":"#.repeat(levels);
    assert_eq!(
        parse(lists.as_bytes()).err(),
        Some(PayloadError::NotAnObject)
    );
    assert_eq!(
        parse(objects.as_bytes()).err(),
        Some(PayloadError::Missing("event_id"))
    );
    assert!(matches!(
        parse(unclosed.as_bytes()),
        Err(PayloadError::NotJson { .. })
    ));
    for nested in [&lists, &objects] {
        let at = |pointer| parse(sample_with_raw(pointer, nested).as_bytes());
        assert!(at("/unknown").is_ok() && at("/participant/unknown").is_ok());
        assert_eq!(
            at("/room/metadata")
                .expect("a readable body")
                .room
                .expect("a room")
                .campaign_id,
            None
        );
        assert_eq!(
            at("/createdAt").expect("a readable body").created_at,
            time("2025-10-29T15:30:46Z")
        );
        assert_eq!(at("/id").err(), Some(PayloadError::Invalid("id")));
        let in_a_text = at_metadata(&json!(nested).to_string());
        assert_eq!(in_a_text.room.expect("a room").campaign_id, None);
    }
}

fn at_metadata(raw: &str) -> LiveKitEvent {
    parse(sample_with_raw("/room/metadata", raw).as_bytes()).expect("a readable body")
}

#[test]
fn ten_megabytes_are_read_like_any_other_body() {
    let long = json!("x".repeat(10 << 20)).to_string();
    let at = |pointer| parse(sample_with_raw(pointer, &long).as_bytes());
    assert!(at("/unknown").is_ok());
    assert_eq!(at("/id").err(), Some(PayloadError::Invalid("id")));
    assert!(at("/createdAt").is_ok());
    let room = at("/room/name")
        .expect("a readable body")
        .room
        .expect("a room");
    assert_eq!(
        (room.name, room.sid.as_deref()),
        (None, Some("RM_xyz789abc123"))
    );
    let reason = at("/participant/disconnectReason")
        .expect("a readable body")
        .participant;
    assert_eq!(reason.expect("a participant").disconnect_reason, None);
    assert_eq!(at_metadata(&long).room.expect("a room").campaign_id, None);

    let blank = " ".repeat(10 << 20);
    let padded = format!("{blank}{SAMPLE}{blank}");
    assert_eq!(parse(padded.as_bytes()), parse(SAMPLE.as_bytes()));
    assert!(matches!(
        parse(blank.as_bytes()),
        Err(PayloadError::NotJson { .. })
    ));
    let digits = sample_with_raw("/createdAt", &"9".repeat(10 << 20));
    assert!(parse(digits.as_bytes()).is_ok());
}

/// Values that a careless refusal would repeat, under names known and unknown.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "secret-[a-z]{0,20}".prop_map(Value::from),
        "[0-9]{0,20}".prop_map(Value::from),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:00Z".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let name = prop_oneof![
            prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
            ".{0,12}"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_or_refused_without_a_word_of_theirs(body: Vec<u8>) {
        prop_assert!(parse(&body).is_err_and(|error| reveals_nothing(&error)));
    }

    #[test]
    fn any_json_is_read_or_refused_without_a_word_of_its_own(body in any_json()) {
        if let Err(error) = parse(body.to_string().as_bytes()) {
            prop_assert!(reveals_nothing(&error), "{}", error);
        }
    }

    #[test]
    fn a_sample_with_any_values_changed_is_read_or_refused_without_a_word_of_theirs(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4),
    ) {
        let mut body = sample();
        for (place, value) in changes {
            let pointers = pointers(&body, "");
            if let Some(old) = body.pointer_mut(&pointers[place.index(pointers.len())]) {
                *old = value;
            }
        }
        if let Err(error) = parse(body.to_string().as_bytes()) {
            prop_assert!(reveals_nothing(&error), "{}", error);
        }
    }

    #[test]
    fn a_sample_with_any_bytes_changed_is_read_or_refused_without_a_word_of_its_own(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = SAMPLE.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Err(error) = parse(&body) {
            prop_assert!(reveals_nothing(&error), "{}", error);
        }
    }
}
