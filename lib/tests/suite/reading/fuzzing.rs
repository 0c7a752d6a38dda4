//! Every parser and verifier on what was bent out of shape: the samples of `events/`, cut, spliced and sprinkled
//! with what is odd in JSON, forms, headers and numbers; and bytes of chance. Nothing may panic, and nothing that
//! is changed may be accepted. `make fuzz` tries a million of each.

use std::{fs, path::Path, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use proptest::{collection::vec, prelude::*, sample::Index};
use ringpost::{
    auth::{
        allow_list::AllowList,
        token::{TokenKeys, TokenPolicy},
    },
    crypto::jwt::Algorithm,
    delivery::{addresses::Loopback, destination},
    domain::{
        delivery::signature::SigningSecret,
        event::Event,
        phone::{PhoneNumber, Region},
        timestamp::Timestamp,
    },
    http::{
        agent_call,
        call_query::CallQuery,
        event_payload::Payload,
        event_query,
        idempotency::idempotency_key,
        json_body::{Fields, path_id},
        page,
        publication::Publication,
        webhook_config::{change, new_subscription, rotation},
    },
    json,
    providers::{
        capture::Submission,
        elevenlabs::{self, CallStatusEvent, Conversation, PostCall},
        livekit::{self, LiveKitEvent, sip_inbound::InboundCall},
        read_in_call_event, read_update, signalwire,
        webhook::{RawWebhook, Refusal, Verifier},
    },
};
use serde_json::Value;

const SECRET: &str = "a-shared-secret-of-thirty-two-bytes!";

/// What may be put anywhere.
const ODD: [&str; 30] = [
    "",
    "\"",
    "\\",
    "\\ud83d",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "1e400",
    "-0",
    "\u{feff}",
    "\u{fffd}",
    "%",
    "%zz",
    "+",
    "&",
    "=",
    ";",
    "\r\n",
    "\0",
    "\u{661}\u{662}",
    "undefined",
    "99999999999999999999999",
    ".",
    "@",
    "\"a\":1,\"a\":2",
];

/// The bodies, queries and headers of every sample event.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut corpus = Vec::new();
    for file in fs::read_dir(folder).expect("the samples") {
        let event: Value =
            serde_json::from_slice(&fs::read(file.expect("a file").path()).expect("text"))
                .expect("JSON");
        let body = event["body"].as_str().unwrap_or_default();
        corpus.push(
            STANDARD
                .decode(body)
                .unwrap_or_else(|_| body.as_bytes().to_vec()),
        );
        corpus.push(
            event["rawQueryString"]
                .as_str()
                .unwrap_or_default()
                .as_bytes()
                .to_vec(),
        );
        let headers = event["headers"].as_object().into_iter().flatten();
        corpus.extend(headers.filter_map(|(_, value)| Some(value.as_str()?.as_bytes().to_vec())));
    }
    corpus.retain(|text| !text.is_empty());
    corpus.sort();
    corpus.dedup();
    assert!(corpus.len() > 50, "{}", corpus.len());
    corpus
});

/// A way to bend bytes.
#[derive(Debug, Clone)]
enum Bend {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Splice(Index, Index),
}

fn bend() -> impl Strategy<Value = Bend> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, bits)| Bend::Flip(at, bits)),
        any::<Index>().prop_map(Bend::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(at, odd)| Bend::Insert(at, odd)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Bend::Remove(at, length)),
        (any::<Index>(), 1..200_usize).prop_map(|(at, length)| Bend::Repeat(at, length)),
        (any::<Index>(), any::<Index>()).prop_map(|(at, other)| Bend::Splice(at, other)),
    ]
}

impl Bend {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let size = bytes.len() + 1;
        let span = |at: usize, length: usize| at..(at + length).min(size - 1);
        match self {
            Self::Flip(at, bits) => {
                if let Some(byte) = bytes.get_mut(at.index(size)) {
                    *byte ^= bits;
                }
            }
            Self::Cut(at) => bytes.truncate(at.index(size)),
            Self::Insert(at, odd) => {
                let at = at.index(size);
                bytes.splice(at..at, odd.get(&ODD).bytes());
            }
            Self::Remove(at, length) => drop(bytes.drain(span(at.index(size), *length))),
            Self::Repeat(at, length) => {
                let at = at.index(size);
                let again = bytes.get(span(at, *length)).unwrap_or_default().to_vec();
                bytes.splice(at..at, again);
            }
            Self::Splice(at, other) => {
                let other = other.get(&CORPUS);
                bytes.truncate(at.index(size));
                bytes.extend(other.get(at.index(other.len() + 1)..).unwrap_or_default());
            }
        }
    }
}

/// A sample that was bent some times, or bytes of chance.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let sample = (any::<Index>(), vec(bend(), 0..6)).prop_map(|(place, bends)| {
        let mut bytes = place.get(&CORPUS).clone();
        bends.iter().for_each(|bend| bend.apply(&mut bytes));
        bytes
    });
    prop_oneof![9 => sample, 1 => vec(any::<u8>(), 0..300)]
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_700_000).expect("a time")
}

/// What is done with an event that was taken.
fn use_event(event: &Event) {
    let _ = (read_update(event), read_in_call_event(event));
    let _ = (
        Payload::whole(event.source.as_str(), &event.payload),
        format!("{event:?}"),
    );
}

proptest! {
    #[test]
    fn no_body_of_a_provider_panics(body in bent()) {
        let bytes = Bytes::from(body);
        let livekit = [LiveKitEvent::parse(&bytes, now()).ok(), LiveKitEvent::parse_lenient(&bytes, now()).ok()];
        livekit.into_iter().flatten().for_each(|event| use_event(&event.event(bytes.clone(), now())));
        if let Ok(call) = InboundCall::parse(&bytes) {
            use_event(&call.event(bytes.clone(), now()));
        }
        if let Ok(event) = signalwire::event(&bytes, now()) {
            use_event(&event);
        }
        if let Ok(call) = PostCall::parse(&bytes) {
            use_event(&call.event(&bytes, now()));
        }
        if let Ok(status) = CallStatusEvent::parse(&bytes) {
            use_event(&status.event(&bytes, now()));
        }
        let _ = (Conversation::parse(&bytes), Submission::parse(&bytes));
    }

    #[test]
    fn no_body_of_a_user_panics(body in bent()) {
        let _ = (agent_call::parse(&body), Publication::parse(&body), Fields::parse_optional(&body));
        if let Ok(fields) = Fields::parse(&body) {
            for loopback in [Loopback::Refused, Loopback::Allowed] {
                let _ = (new_subscription(&fields, loopback), change(&fields, loopback), rotation(&fields));
            }
        }
        let _ = (json::value(&body), json::shown_body(&body), json::same_bodies(&body, b"{}"));
    }

    #[test]
    fn no_text_of_a_query_path_or_configuration_panics(bytes in bent(), region in 0..3_usize) {
        let text = String::from_utf8_lossy(&bytes);
        let region = [None, Region::parse("IN"), Region::parse("GB")].get(region).copied().flatten();
        let _ = (PhoneNumber::parse(&text), PhoneNumber::parse_in(&text, region));
        let _ = (PhoneNumber::of_query(&text, region), path_id("id", &text), page::limit(Some(&text)));
        let _ = (page::from_cursor::<u64>(Some(&text)), page::from_cursor::<String>(Some(&text)));
        let pairs: Vec<(&str, &str)> = text.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let _ = (event_query::parse(pairs.iter().copied()), CallQuery::parse(pairs.iter().copied(), region));
        let _ = (AllowList::parse(&text), SigningSecret::parse(&text), destination::parse(&text, Loopback::Refused));
        let _ = (Timestamp::parse_rfc3339(&text), Timestamp::parse_rfc2822(&text));
        for algorithm in [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256] {
            let _ = TokenKeys::parse(&text, algorithm);
        }
    }

    #[test]
    fn no_random_request_is_accepted(header in bent(), body in bent()) {
        let Ok(value) = HeaderValue::from_bytes(&header) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        let names = ["authorization", "x-livekit-signature", "elevenlabs-signature", "x-signalwire-signature"];
        for name in names.into_iter().chain(["x-signalwire-sha256-signature", "x-twilio-signature", "idempotency-key"]) {
            headers.insert(name, value.clone());
        }
        let _ = idempotency_key(&headers);
        let texts = [SECRET.to_owned()];
        let livekit = livekit::Keys::parse(&[format!("key:{SECRET}")], &texts).expect("keys");
        prop_assert!(refused(&livekit, &headers, &body).is_err());
        prop_assert!(refused(&elevenlabs::Keys::new(&texts), &headers, &body).is_err());
        prop_assert!(refused(&signalwire::Keys::parse(&texts), &headers, &body).is_err());
        let keys = TokenKeys::parse(SECRET, Algorithm::Hs256).expect("a secret");
        let policy = TokenPolicy {
            algorithm: Algorithm::Hs256,
            issuer: None,
            audience: None,
            longest_seconds: 3_600,
            default_tenant: None,
        };
        prop_assert!(policy.caller(&keys, &headers, now()).is_err());
    }
}

fn refused(keys: &impl Verifier, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let url = "https://example.com/api/webhooks/signalwire?a=b".to_owned();
    let webhook = RawWebhook::new(headers.clone(), Bytes::copy_from_slice(body)).sent_to(url);
    webhook.verify(keys, now()).map(|_| ())
}
