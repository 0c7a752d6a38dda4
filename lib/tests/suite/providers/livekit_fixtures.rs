//! The recorded webhooks of LiveKit: each verified as it says, and what it reports.

use std::{collections::BTreeMap, fs};

use http::{HeaderMap, header::AUTHORIZATION};
use ringpost::{
    domain::{
        call::{CallUpdate, direction::Direction, leg::LegOutcome},
        key::CallKey,
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    providers::{
        livekit::{Keys, LiveKitEvent},
        webhook::{RawWebhook, Refusal},
    },
};
use serde_json::Value;

use crate::support::events::{self, time};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/livekit");

/// The recorded webhooks by name, without the path.
fn fixtures() -> BTreeMap<String, Value> {
    let files = fs::read_dir(DIRECTORY).expect("the fixtures");
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

fn text<'a>(fixture: &'a Value, pointer: &str) -> &'a str {
    let value = fixture.pointer(pointer).and_then(Value::as_str);
    value.unwrap_or_else(|| panic!("no {pointer}"))
}

fn verify(fixture: &Value) -> Result<(), Refusal> {
    let pair = format!(
        "{}:{}",
        text(fixture, "/key_material/api_key"),
        text(fixture, "/key_material/api_secret")
    );
    let keys = Keys::parse(&[pair], &[]).expect("a key");
    let mut headers = HeaderMap::new();
    if let Some(token) = fixture["headers"]
        .get("authorization")
        .and_then(Value::as_str)
    {
        headers.insert(AUTHORIZATION, token.parse().expect("a header"));
    }
    let now = fixture["verify_at_unix"]
        .as_i64()
        .and_then(Timestamp::from_seconds);
    let body = text(fixture, "/body").to_owned();
    let webhook = RawWebhook::new(headers, body.clone().into());
    let verified = webhook.verify(&keys, now.expect("a time"))?;
    assert_eq!(verified.body(), body.as_bytes());
    Ok(())
}

/// What the webhook of this name reports.
fn read(name: &str) -> (LiveKitEvent, Option<CallUpdate>) {
    let body = text(&fixtures()[name], "/body").to_owned();
    events::read(body.as_bytes(), time("2026-01-02T00:00:01Z")).expect("a readable body")
}

#[test]
fn every_webhook_is_accepted_or_refused_as_it_says() {
    let (mut accepted, mut refused) = (0, BTreeMap::new());
    for (name, fixture) in fixtures() {
        let expected = text(&fixture, "/expected");
        match (expected.split([':', ' ']).next(), verify(&fixture)) {
            (Some("accept"), Ok(())) => accepted += 1,
            (Some("reject"), Err(refusal)) => {
                refused.insert(name, refusal);
            }
            (_, answer) => panic!("{name}: {answer:?}, but {expected}"),
        }
    }
    let expected = [
        ("50_tampered_body", Refusal::Wrong),
        ("52_wrong_secret", Refusal::Wrong),
        ("54_expired", Refusal::Stale),
        ("56_missing_authorization", Refusal::Missing),
        ("57_missing_sha256_claim", Refusal::Missing),
        ("60_alg_hs512", Refusal::Algorithm),
        ("62_bearer_prefix", Refusal::Malformed),
    ];
    assert_eq!(
        refused,
        expected
            .map(|(name, refusal)| (name.to_owned(), refusal))
            .into()
    );
    assert_eq!(accepted, 14, "of 21");
}

#[test]
fn every_accepted_webhook_can_be_read() {
    for (name, fixture) in fixtures() {
        if verify(&fixture).is_err() {
            continue;
        }
        let body: Value = serde_json::from_str(text(&fixture, "/body")).expect("JSON");
        let (event, update) = read(&name);
        assert_eq!(event.id, text(&body, "/id"), "{name}");
        assert_eq!(event.event_type, text(&body, "/event"), "{name}");
        assert_eq!(event.created_at, time("2026-01-02T00:00:00Z"), "{name}");
        let about_a_call = !name.starts_with("16_ingress");
        assert_eq!(update.is_some(), about_a_call, "{name}");
    }
}

#[test]
fn a_phone_that_joins_shows_who_calls_whom_and_by_which_ids() {
    for name in [
        "02_participant_joined_sip_inbound",
        "20_go_server_token_layout",
        "22_unknown_fields",
    ] {
        let update = read(name).1.expect("a call");
        let keys: Vec<CallKey> = update.keys.iter().cloned().collect();
        let expected = [
            CallKey::RoomSid("RM_hycBMAjmt6Ub".to_owned()),
            CallKey::SipCall("SCL_8fP2mQ4sVxTb".to_owned()),
            CallKey::SipCall("0f3c8d21-9a1b-123e-4b9c-0242ac120002".to_owned()),
            CallKey::CallSid("CA0123456789abcdef0123456789abcdef".to_owned()),
            CallKey::RoomName("call-_+15105550123_Xq7Lw2Zk9TpB".to_owned()),
        ];
        assert_eq!(keys, expected, "{name}");
        let facts = update.facts;
        assert_eq!(
            facts.phone_number().map(PhoneNumber::as_str),
            Some("+15105550123")
        );
        assert_eq!(
            facts.line_number().map(PhoneNumber::as_str),
            Some("+18005550199")
        );
        assert_eq!(facts.direction(), Some(Direction::Inbound));
        assert_eq!(facts.sip_call_id(), Some("SCL_8fP2mQ4sVxTb"));
        assert_eq!(
            facts.campaign_id.get().map(String::as_str),
            Some("retention")
        );
        assert_eq!(facts.room_created(), Some(time("2026-01-01T23:59:50Z")));
        let joined: Vec<_> = facts.legs().iter().map(|leg| leg.joined_at).collect();
        assert_eq!(joined, [Some(time("2026-01-01T23:59:52Z"))]);
        assert_eq!(facts.answered_at(), Some(time("2026-01-02T00:00:00Z")));
        assert_eq!((facts.ringing_at(), facts.ending()), (None, None));
        assert!(facts.is_phone_call());
    }
}

#[test]
fn a_phone_that_left_ends_the_call_with_its_reason() {
    let ends = [
        (
            "06_participant_left_client_initiated",
            "CLIENT_INITIATED",
            "sip_+15105550123",
            true,
        ),
        (
            "07_participant_left_user_rejected_busy",
            "USER_REJECTED",
            "callee-777",
            false,
        ),
        (
            "08_participant_left_user_unavailable",
            "USER_UNAVAILABLE",
            "callee-777",
            false,
        ),
        (
            "10_participant_connection_aborted",
            "JOIN_FAILURE",
            "callee-777",
            false,
        ),
    ];
    for (name, reason, identity, connected) in ends {
        let facts = read(name).1.expect("a call").facts;
        let ending = facts.ending().expect("an end");
        assert_eq!(
            (ending.reason(), ending.identity()),
            (Some(reason), Some(identity)),
            "{name}"
        );
        let outcome = facts.legs().first().and_then(|leg| leg.outcome);
        assert_eq!(outcome == Some(LegOutcome::Connected), connected, "{name}");
        assert_eq!(facts.duration_millis(), Some(10_000), "{name}");
        let direction = if connected {
            Direction::Inbound
        } else {
            Direction::Outbound
        };
        assert_eq!(facts.direction(), Some(direction), "{name}");
    }
    let closed = read("11_room_finished").1.expect("a call").facts;
    assert_eq!(
        closed
            .ending()
            .map(|ending| (ending.identity(), ending.reason())),
        Some((None, None))
    );
    assert_eq!(closed.duration_millis(), Some(10_000));
}

#[test]
fn an_egress_without_a_room_belongs_to_the_room_that_it_recorded() {
    let update = read("14_egress_ended_complete").1.expect("a call");
    assert_eq!(
        update.keys.iter().next(),
        Some(&CallKey::RoomSid("RM_hycBMAjmt6Ub".to_owned()))
    );
    let url = "https://acme-recordings.s3.us-east-1.amazonaws.com/rec/call-2026-01-02T000000.ogg";
    assert_eq!(
        update.facts.recording_url.get().map(String::as_str),
        Some(url)
    );
    assert_eq!(
        update.facts.ending(),
        None,
        "its nanoseconds are no time of the call"
    );
}

#[test]
fn a_track_says_nothing_of_its_participant() {
    let facts = read("04_track_published_audio").1.expect("a call").facts;
    assert!(facts.legs().is_empty() && !facts.is_phone_call() && facts.ending().is_none());
    assert_eq!(facts.room_sid(), Some("RM_hycBMAjmt6Ub"));
}
