//! ElevenLabs' fixtures, and events made of bodies the way ingest makes them.

use std::{collections::BTreeMap, fs};

use bytes::Bytes;
use ringpost::{
    domain::{call::CallUpdate, event::Event, key::CallKey, timestamp::Timestamp},
    providers::{self, elevenlabs::PostCall},
};
use serde_json::Value;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/elevenlabs");

/// Every fixture by the name of its file.
pub(crate) fn fixtures() -> BTreeMap<String, Value> {
    let files = fs::read_dir(DIRECTORY).expect("the fixtures");
    let read = |file: std::io::Result<fs::DirEntry>| {
        let path = file.expect("a file").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a fixture");
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    files.map(read).collect()
}

/// The text at a path of a fixture.
pub(crate) fn text<'a>(fixture: &'a Value, path: &str) -> &'a str {
    fixture
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {path}"))
}

/// The body of a fixture.
pub(crate) fn body(name: &str) -> Value {
    serde_json::from_str(text(&fixtures()[name], "/body")).expect("JSON")
}

/// This many seconds after the epoch.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("a time of this age")
}

/// When the test's webhooks are received.
pub(crate) const RECEIVED: i64 = 1_767_312_003;

/// The event that a post-call webhook becomes.
pub(crate) fn event(body: &Value) -> Event {
    let bytes = Bytes::from(body.to_string());
    PostCall::parse(&bytes)
        .expect("a body that is accepted")
        .event(&bytes, at(RECEIVED))
}

/// What the log's reader makes of it.
pub(crate) fn update(body: &Value) -> Option<CallUpdate> {
    providers::read_update(&event(body))
}

/// The keys of an update.
pub(crate) fn keys(update: &CallUpdate) -> Vec<CallKey> {
    update.keys.iter().cloned().collect()
}
