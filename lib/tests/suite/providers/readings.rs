//! Everything that is read of a body with every field, and of one with few. What a field is read into is stored: a
//! change of `fixtures/readings/` changes the facts of calls that exist. If it is meant, copy the file that the
//! failure names.

use std::{fs, path::Path};

use bytes::Bytes;
use ringpost::{
    domain::{
        event::{Event, Source},
        key::EventKey,
    },
    providers::{
        elevenlabs::{CallStatusEvent, PostCall},
        livekit::LiveKitEvent,
        read_in_call_event, read_update, signalwire,
    },
};
use serde_json::{Value, json};

use crate::support::signalwire::time;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/fixtures/readings");

/// The event that ingest makes of a body; `None` if it refuses it. The others have no form of their own.
fn event(source: Source, payload: Bytes) -> Option<Event> {
    let received_at = time("2026-01-02T00:00:20Z");
    let event = match source {
        Source::LiveKit => LiveKitEvent::parse(&payload, received_at)
            .ok()?
            .event(payload, received_at),
        Source::SignalWire => signalwire::event(&payload, received_at).ok()?,
        Source::ElevenLabs => PostCall::parse(&payload).ok()?.event(&payload, received_at),
        Source::CallStatus => CallStatusEvent::parse(&payload)
            .ok()?
            .event(&payload, received_at),
        _ => Event {
            key: EventKey::of(source.as_str(), "EV_1"),
            source,
            tenant_id: None,
            region: None,
            event_type: String::new(),
            occurred_at: time("2026-01-02T00:00:10Z"),
            received_at,
            payload,
        },
    };
    Some(event)
}

/// What is read of the case's body.
fn reading(source: Source, case: &Value) -> Value {
    let body = case["body"].as_str().expect("a text").to_owned();
    let Some(event) = event(source, body.into()) else {
        return Value::Null;
    };
    let event = Event {
        tenant_id: case["tenant"].as_str().map(str::to_owned),
        ..event
    };
    let update = read_update(&event).map(|update| {
        let keys: Vec<_> = update.keys.iter().map(|key| format!("{key:?}")).collect();
        json!({ "keys": keys, "facts": update.facts, "recording": update.recording })
    });
    let happened = read_in_call_event(&event)
        .map(|event| json!({ "type": event.event_type, "details": event.details }));
    json!({
        "event": [event.key.as_str(), event.event_type, event.occurred_at.to_string()],
        "call": update,
        "happened": happened
    })
}

fn hold(source: Source) {
    let name = format!("{}.json", source.as_str());
    let text = fs::read_to_string(Path::new(FOLDER).join(&name)).expect("the readings");
    let expected: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
    let read = |case: &Value| {
        let mut case = case.clone();
        case["reads"] = reading(source, &case);
        case
    };
    let found: Vec<Value> = expected.iter().map(read).collect();
    let different = |(expected, found): (&Value, &Value)| {
        (expected != found).then(|| found["name"].to_string())
    };
    let different: Vec<_> = expected.iter().zip(&found).filter_map(different).collect();
    if !different.is_empty() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readings");
        let path = folder.join(&name);
        fs::create_dir_all(&folder).expect("a folder");
        let text = serde_json::to_string_pretty(&found).expect("JSON");
        fs::write(&path, text + "\n").expect("a file");
        panic!("{different:?} are read differently: see {}", path.display());
    }
    assert!(!found.is_empty());
}

#[test]
fn a_webhook_of_livekit_is_read_into_these_facts() {
    hold(Source::LiveKit);
}

#[test]
fn a_question_who_answers_is_read_into_these_facts() {
    hold(Source::SipInbound);
}

#[test]
fn a_callback_of_signalwire_is_read_into_these_facts() {
    hold(Source::SignalWire);
}

#[test]
fn a_webhook_of_elevenlabs_is_read_into_these_facts() {
    hold(Source::ElevenLabs);
}

#[test]
fn a_call_status_is_read_into_these_facts() {
    hold(Source::CallStatus);
}

#[test]
fn a_conversation_of_the_api_is_read_into_these_facts() {
    hold(Source::ElevenLabsApi);
}

#[test]
fn a_submission_is_read_into_these_facts() {
    hold(Source::CallCapture);
}
