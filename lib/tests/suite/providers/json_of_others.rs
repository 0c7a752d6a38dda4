//! What is signed and parses is kept: in every sample of every provider each field in turn is something odd, and
//! the event is accepted, is about the same call and can be shown, unless the field is what names it.

use std::{collections::BTreeMap, fs, thread};

use bytes::Bytes;
use ringpost::{
    domain::{
        event::{Event, Source},
        key::EventKey,
        timestamp::Timestamp,
    },
    http::event_payload::Payload,
    providers::{
        elevenlabs::{CallStatusEvent, Conversation, PostCall},
        livekit::{LiveKitEvent, sip_inbound::InboundCall},
        read_in_call_event, read_update, signalwire,
    },
};
use serde_json::{Value, json};

use crate::support::sample::{pointers, sample};

/// What may stand anywhere.
fn oddities() -> Vec<String> {
    let words = [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "45.0",
        "1.5",
        "1e400",
        "-1e999",
        "12345678901234567890123",
        r#""""#,
        r#""x""#,
        r#""7""#,
        r#""\ud83d""#,
        r#""cut \ud83d\u0041""#,
        r#""\ude00\ud83d""#,
        r#""\\ud83d""#,
        r#""{\"a\":\"\\ud83d\"}""#,
        "\"\u{fffd}\"",
        "[]",
        "[null,[]]",
        "{}",
        r#"{"\ud83d":{"\ude00":1e400},"a":1,"a":2}"#,
    ];
    let nested = [
        format!("{}1{}", "[".repeat(200), "]".repeat(200)),
        format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200)),
        format!("\"{}\"", "x".repeat(5_000)),
    ];
    words.map(str::to_owned).into_iter().chain(nested).collect()
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-26T12:00:00Z").expect("a time")
}

/// An endpoint, as far as it reads.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Endpoint {
    CallCompleted,
    LiveKitEvents,
    SipInbound,
    SignalWire,
    ElevenLabs,
    CallStatus,
    Api,
}

impl Endpoint {
    /// The event that is kept of a body.
    fn event(self, body: &str) -> Result<Event, String> {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        match self {
            Self::CallCompleted => LiveKitEvent::parse(&bytes, now())
                .map(|event| event.event(bytes.clone(), now()))
                .map_err(|error| error.to_string()),
            Self::LiveKitEvents => LiveKitEvent::parse_lenient(&bytes, now())
                .map(|event| event.event(bytes.clone(), now()))
                .map_err(|error| error.to_string()),
            Self::SipInbound => InboundCall::parse(&bytes)
                .map(|call| call.event(bytes.clone(), now()))
                .map_err(|error| error.to_string()),
            Self::SignalWire => signalwire::event(&bytes, now()).map_err(|error| error.to_string()),
            Self::ElevenLabs => PostCall::parse(&bytes)
                .map(|call| call.event(&bytes, now()))
                .map_err(|error| error.to_string()),
            Self::CallStatus => CallStatusEvent::parse(&bytes)
                .map(|call| call.event(&bytes, now()))
                .map_err(|error| error.to_string()),
            Self::Api => Conversation::parse(&bytes)
                .map(|_| of_api(&bytes))
                .ok_or_else(|| "none".to_owned()),
        }
    }

    /// The fields without which there is no event; null is as good as absent.
    fn identifying(self) -> &'static [&'static str] {
        match self {
            Self::CallCompleted => &[
                "/id",
                "/event",
                "/room",
                "/room/name",
                "/room/sid",
                "/egressInfo",
            ],
            Self::LiveKitEvents => &["/event"],
            Self::SipInbound => &["/to_number"],
            Self::SignalWire => &[
                "/event_type",
                "/call",
                "/call/call_id",
                "/params",
                "/params/call_id",
            ],
            Self::Api => &[],
            Self::ElevenLabs => &["/type"],
            Self::CallStatus => &["/event_type"],
        }
    }

    /// Whether this field names the event, so that it may be refused for it.
    fn is_identifying(self, pointer: &str, raw: &str) -> bool {
        // The document's sender must say when it happened.
        let is_time = self == Self::CallCompleted && pointer == "/createdAt" && raw == "null";
        is_time || self.identifying().contains(&pointer)
    }
}

fn of_api(bytes: &Bytes) -> Event {
    Event {
        key: EventKey::of("elevenlabs-api", "x"),
        source: Source::ElevenLabsApi,
        tenant_id: None,
        region: None,
        event_type: "conversation.fetched".to_owned(),
        occurred_at: now(),
        received_at: now(),
        payload: bytes.clone(),
    }
}

fn bodies(folder: &str) -> BTreeMap<String, Value> {
    let path = format!("{}/../tests/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
    let read = |file: std::io::Result<fs::DirEntry>| {
        let path = file.expect("a file").path();
        let fixture: Value =
            serde_json::from_str(&fs::read_to_string(&path).expect("a text")).expect("JSON");
        let body: Value = serde_json::from_str(fixture["body"].as_str().expect("a body")).ok()?;
        // The numbers from 50 on are signed wrongly; their bodies are those of others.
        let name = path.file_stem()?.to_string_lossy().into_owned();
        (!name.starts_with(['5', '6'])).then_some((name, body))
    };
    fs::read_dir(path)
        .expect("the fixtures")
        .filter_map(read)
        .filter(|(_, body)| body.is_object())
        .collect()
}

/// Every sample with the endpoint to which it is sent.
fn samples() -> Vec<(Endpoint, Value)> {
    let mut samples = Vec::new();
    for body in bodies("livekit").into_values().chain([sample()]) {
        samples.push((Endpoint::LiveKitEvents, body.clone()));
        samples.push((Endpoint::CallCompleted, body));
    }
    samples.extend(
        bodies("signalwire")
            .into_values()
            .map(|body| (Endpoint::SignalWire, body)),
    );
    samples.push((
        Endpoint::SignalWire,
        json!({
            "event_type": "call.completed", "timestamp": "2026-01-02T00:00:00Z", "call_id": "CA1", "direction": "inbound",
            "from": "+15105550123", "to": "+18005550199", "state": "ended", "duration": 45, "note": "",
            "metadata": { "campaignId": "spring", "contactId": 42 }
        }),
    ));
    for body in bodies("elevenlabs").into_values() {
        samples.push((Endpoint::Api, body["data"].clone()));
        samples.push((Endpoint::ElevenLabs, body));
    }
    samples.push((
        Endpoint::ElevenLabs,
        json!({
            "type": "voice.completed", "timestamp": "2026-01-02T00:00:00Z", "conversation_id": "conv_1", "call_id": "CA1",
            "agent_id": "agent_1", "voice_id": "v", "duration": 1.5, "error": "", "message": "", "metadata": { "contactId": 42 }
        }),
    ));
    samples.push((
        Endpoint::CallStatus,
        json!({
            "event_type": "call.failed", "call_id": "CA1", "conversation_id": "conv_1", "agent_id": "agent_1",
            "status": "failed", "failure_reason": "x", "error_message": "", "message": "", "timestamp": "2026-01-30T08:00:00Z"
        }),
    ));
    samples.push((
        Endpoint::SipInbound,
        json!({
            "call_id": "SCL_1", "trunk_id": "ST_1", "trunk_phone_number": "+18588796658", "from_number": "+15551234567",
            "to_number": "+18588796658", "room_name": "sip-room-abc123"
        }),
    ));
    samples
}

/// The body with this JSON in the place of a value.
fn with_raw(body: &Value, pointer: &str, raw: &str) -> String {
    let mut body = body.clone();
    *body.pointer_mut(pointer).expect("the place") = json!("<here>");
    body.to_string().replace(r#""<here>""#, raw)
}

/// An event that was accepted can be read again and shown.
fn check_kept(endpoint: Endpoint, body: &str, of: &str) {
    let event = endpoint
        .event(body)
        .unwrap_or_else(|error| panic!("{endpoint:?} {of}: {error}"));
    let _ = (read_update(&event), read_in_call_event(&event));
    assert!(
        event.key.as_str().len() < 1_024 && event.event_type.len() <= 256,
        "{endpoint:?} {of}"
    );
    let payload = Payload::whole(event.source.as_str(), &event.payload);
    assert!(!payload.is_cut);
    let shown: Value = serde_json::from_str(payload.json.get()).expect("JSON for any parser");
    assert!(shown.is_object(), "{endpoint:?} {of}: {shown}");
}

#[test]
fn whatever_a_field_holds_the_event_is_kept() {
    let samples = samples();
    assert!(samples.len() > 30, "{}", samples.len());
    // The longest test of the suite: in two parts, so that no processor waits for it.
    let (some, others) = samples.split_at(samples.len() / 2);
    thread::scope(|scope| {
        scope.spawn(|| check_every_field(some));
        check_every_field(others);
    });
}

fn check_every_field(samples: &[(Endpoint, Value)]) {
    let oddities = oddities();
    for (endpoint, body) in samples.iter().filter(|(_, body)| body.is_object()) {
        for pointer in pointers(body, "") {
            for raw in &oddities {
                let changed = with_raw(body, &pointer, raw);
                if endpoint.is_identifying(&pointer, raw) {
                    // Kept or refused, in any case without a panic.
                    let _ = endpoint
                        .event(&changed)
                        .map(|event| (read_update(&event), read_in_call_event(&event)));
                } else {
                    check_kept(*endpoint, &changed, &format!("{pointer} {raw:.40}"));
                }
            }
        }
    }
}

#[test]
fn unread_fields_do_not_change_the_event() {
    for (endpoint, body) in samples().iter().filter(|(_, body)| body.is_object()) {
        let whole = body.to_string();
        let reported = |body: &str| {
            let event = endpoint.event(body).expect("an event");
            read_update(&event).map(|update| update.keys.iter().cloned().collect::<Vec<_>>())
        };
        let expected = reported(&whole);
        let members = whole.trim_start_matches('{');
        for raw in oddities() {
            for unknown in ["unknown", r"\ud83d", r"\ud83d\ude00"] {
                let changed = format!(r#"{{"{unknown}":{raw},{members}"#);
                check_kept(*endpoint, &changed, &format!("{unknown} {raw:.40}"));
                assert_eq!(
                    reported(&changed),
                    expected,
                    "{endpoint:?} {unknown} {raw:.40}"
                );
            }
        }
        for changed in [
            format!("\u{feff}{whole}"),
            format!(" \r\n\t{whole}\n"),
            format!("{{{},{members}", &members[..members.len() - 1]),
        ] {
            check_kept(*endpoint, &changed, "around it");
            assert_eq!(reported(&changed), expected, "{endpoint:?}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_and_what_is_no_json_is_not() {
    for (endpoint, body) in samples().iter().filter(|(_, body)| body.is_object()) {
        let whole = body.to_string();
        let members = whole.trim_start_matches('{');
        for broken in [
            "",
            "{",
            "NaN",
            "nothing",
            "{\"a\":NaN}",
            &whole[..whole.len() - 1],
            &format!("{whole}}}"),
        ] {
            assert!(endpoint.event(broken).is_err(), "{endpoint:?} {broken:.40}");
        }
        let mut latin: Vec<u8> = b"{\"name\":\"Jos\xe9\",".to_vec();
        latin.extend(members.as_bytes());
        let text = ringpost::json::text(&latin).into_owned();
        assert_eq!(
            endpoint.event(&text).is_ok(),
            endpoint.event(&whole).is_ok()
        );
        let kept = match endpoint {
            Endpoint::CallCompleted => LiveKitEvent::parse(&latin, now()).is_ok(),
            Endpoint::LiveKitEvents => LiveKitEvent::parse_lenient(&latin, now()).is_ok(),
            Endpoint::SipInbound => InboundCall::parse(&latin).is_ok(),
            Endpoint::SignalWire => signalwire::event(&latin.into(), now()).is_ok(),
            Endpoint::ElevenLabs => PostCall::parse(&latin).is_ok(),
            Endpoint::CallStatus => CallStatusEvent::parse(&latin).is_ok(),
            Endpoint::Api => Conversation::parse(&latin).is_some(),
        };
        assert!(kept, "{endpoint:?}");
    }
}
