//! SignalWire's callbacks: recorded ones, signatures as it makes them, and what a body says.

use std::{collections::BTreeMap, fs};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};
use ring::hmac;
use ringpost::{
    domain::{call::CallUpdate, event::Event, timestamp::Timestamp},
    providers::{
        self,
        signalwire::{self, Keys},
        webhook::{RawWebhook, Refusal},
    },
};
use serde_json::Value;

pub(crate) const RECEIVED: &str = "2026-01-02T01:00:00Z";

/// The recorded webhooks in a folder of the fixtures, by name.
pub(crate) fn fixtures(folder: &str) -> BTreeMap<String, Value> {
    let path = format!("{}/../tests/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(path).expect("the fixtures");
    let fixture = |file: std::io::Result<fs::DirEntry>| {
        let path = file.expect("a file").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(path).expect("a text");
        (name, serde_json::from_str(&text).expect("a JSON document"))
    };
    files.map(fixture).collect()
}

pub(crate) fn text<'a>(fixture: &'a Value, pointer: &str) -> &'a str {
    fixture
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer}"))
}

pub(crate) fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&str, &str)| {
        let name: HeaderName = name.parse().expect("a header's name");
        (name, value.parse().expect("a header's value"))
    };
    fields.iter().map(field).collect()
}

/// The result of verifying a request with these keys.
pub(crate) fn verify(
    keys: &[&str],
    headers: HeaderMap,
    url: &str,
    body: &[u8],
) -> Result<(), Refusal> {
    let keys = Keys::parse(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
    let webhook = RawWebhook::new(headers, body.to_vec().into()).sent_to(url.to_owned());
    let verified = webhook.verify(&keys, time(RECEIVED))?;
    assert_eq!(verified.body(), body);
    Ok(())
}

pub(crate) fn hex_signature(algorithm: hmac::Algorithm, key: &str, message: &str) -> String {
    hex::encode(hmac::sign(
        &hmac::Key::new(algorithm, key.as_bytes()),
        message.as_bytes(),
    ))
}

pub(crate) fn base64_signature(key: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

/// The event that a body is, and what it says of a call.
pub(crate) fn read(body: &str) -> (Event, Option<CallUpdate>) {
    let event =
        signalwire::event(&body.to_owned().into(), time(RECEIVED)).expect("a readable body");
    let update = providers::read_update(&event);
    (event, update)
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}
