//! The recorded deliveries of Standard Webhooks: what the standard accepts is what this signs.

use std::fs;

use ringpost::domain::{
    delivery::signature::{SigningSecret, sign},
    timestamp::Timestamp,
};
use serde_json::Value;

const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/fixtures/standardwebhooks"
);

fn text<'a>(fixture: &'a Value, pointer: &str) -> &'a str {
    fixture
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer}"))
}

#[test]
fn an_accepted_delivery_is_signed_as_it_was_recorded_and_a_tampered_one_is_not() {
    let mut read = 0;
    for file in fs::read_dir(DIRECTORY).expect("the fixtures") {
        let json = fs::read_to_string(file.expect("a file").path()).expect("a text");
        let fixture: Value = serde_json::from_str(&json).expect("a JSON document");
        let Some(recorded) = fixture
            .pointer("/headers/webhook-signature")
            .and_then(Value::as_str)
        else {
            continue;
        };
        let secret =
            SigningSecret::parse(text(&fixture, "/key_material/secret")).expect("a secret");
        let seconds = text(&fixture, "/headers/webhook-timestamp")
            .parse()
            .expect("seconds");
        let at = Timestamp::from_seconds(seconds).expect("a time");
        let id = text(&fixture, "/headers/webhook-id");
        let signed = sign([&secret], id, at, text(&fixture, "/body").as_bytes());
        let name = text(&fixture, "/name");
        // A stale one is signed well, and refused for its age.
        let genuine = !name.contains("tampered");
        assert_eq!(
            recorded.split(' ').any(|one| one == signed),
            genuine,
            "{name}"
        );
        read += 1;
    }
    assert_eq!(read, 5);
}
