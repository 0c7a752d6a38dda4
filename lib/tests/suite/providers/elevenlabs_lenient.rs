//! ElevenLabs may change what it sends: nothing but a missing type is refused, and one field of
//! another form hides no other.

use proptest::{prelude::*, sample::select};
use ringpost::{
    domain::{
        call::{agent_status::StatusWord, facts::Facts},
        event::Source,
    },
    providers::{
        self, PayloadError,
        elevenlabs::{Conversation, ConversationStatus, PostCall},
    },
};
use serde_json::{Value, json};

use crate::support::elevenlabs::{body, event, update};

/// Every path to a value in this JSON, but those into the transcript.
fn paths(value: &Value, under: &str, found: &mut Vec<String>) {
    if let Value::Object(fields) = value {
        for (name, value) in fields {
            let path = format!("{under}/{name}");
            paths(value, &path, found);
            found.push(path);
        }
    }
}

fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!(""),
        json!("text"),
        json!([]),
        json!([{}]),
        json!({}),
        json!({ "reason": [] }),
        json!("x".repeat(5_000)),
    ]
}

const NAMES: [&str; 3] = [
    "01_post_call_transcription_twilio",
    "04_post_call_transcription_status_failed",
    "06_call_initiation_failure_twilio",
];

#[test]
fn no_odd_value_anywhere_is_refused_or_hides_the_call() {
    for name in NAMES {
        let whole = body(name);
        let mut all = Vec::new();
        paths(&whole, "", &mut all);
        assert!(all.len() > 20, "{name}");
        for path in all.iter().filter(|path| *path != "/type") {
            for value in odd() {
                let mut changed = whole.clone();
                *changed.pointer_mut(path).expect("the path") = value;
                let update = update(&changed);
                // Without its data an event is about no call.
                assert!(update.is_some() || path == "/data", "{name} {path}");
            }
        }
    }
}

#[test]
fn one_wrong_field_hides_no_other() {
    let mut changed = body(NAMES[0]);
    changed["data"]["metadata"]["phone_call"]["agent_number"] = json!({});
    changed["data"]["metadata"]["call_duration_secs"] = json!("long");
    changed["data"]["analysis"] = json!("none");
    let facts = update(&changed).expect("a call").facts;
    assert!(
        facts.line_number().is_none()
            && facts.stated_seconds().is_none()
            && facts.results().is_none()
    );
    assert!(
        facts.phone_number().is_some()
            && facts.reported_start().is_some()
            && facts.transcript().is_some()
    );
}

#[test]
fn a_duration_may_be_a_text() {
    let mut changed = body(NAMES[0]);
    for (reported, seconds) in [(json!("62"), 62), (json!(62.0), 62), (json!("62.9"), 62)] {
        changed["data"]["metadata"]["call_duration_secs"] = reported;
        assert_eq!(
            update(&changed).expect("a call").facts.stated_seconds(),
            Some(seconds)
        );
    }
}

#[test]
fn only_a_body_without_a_type_is_refused() {
    let refused =
        |body: &str| PostCall::parse(body.as_bytes()).expect_err("a body that is refused");
    assert_eq!(refused("{}"), PayloadError::Missing("event_type"));
    assert_eq!(
        refused(r#"{"type":null,"event_type":""}"#),
        PayloadError::Missing("event_type")
    );
    assert_eq!(
        refused(r#"{"type":{}}"#),
        PayloadError::Invalid("event_type")
    );
    assert_eq!(refused("[1]"), PayloadError::NotAnObject);
    assert!(matches!(
        refused(r#"{"type":"x","data":{"#),
        PayloadError::NotJson { .. }
    ));
    let deep = format!(
        r#"{{"type":"x","data":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(PostCall::parse(deep.as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let is_accepted = PostCall::parse(&bytes).is_ok();
        let may_be_object = bytes.trim_ascii_start().starts_with(b"{");
        prop_assert!(may_be_object || !is_accepted);
    }

    #[test]
    fn no_cut_off_body_is_accepted(name in select(NAMES.to_vec()), share in any::<prop::sample::Index>()) {
        let whole = body(name).to_string();
        let kept = share.index(whole.len());
        prop_assert!(PostCall::parse(&whole.as_bytes()[..kept]).is_err());
    }
}

/// What the answer of the API says, with this status.
fn from_api(change: impl FnOnce(&mut Value)) -> (Conversation, Facts) {
    let mut data = body(NAMES[0])["data"].take();
    change(&mut data);
    let mut event = event(&json!({ "type": "x" }));
    event.source = Source::ElevenLabsApi;
    event.payload = data.to_string().into();
    let facts = providers::read_update(&event).expect("a call").facts;
    (
        Conversation::parse(&event.payload).expect("a conversation"),
        facts,
    )
}

#[test]
fn a_conversation_read_from_the_api_shows_how_far_it_is() {
    for (status, read, word, ended, with_transcript) in [
        (
            "initiated",
            ConversationStatus::Initiated,
            StatusWord::Initiated,
            false,
            false,
        ),
        (
            "in-progress",
            ConversationStatus::InProgress,
            StatusWord::Answered,
            false,
            false,
        ),
        (
            "processing",
            ConversationStatus::Processing,
            StatusWord::Ended,
            true,
            false,
        ),
        (
            "done",
            ConversationStatus::Done,
            StatusWord::Completed,
            true,
            true,
        ),
        (
            "failed",
            ConversationStatus::Failed,
            StatusWord::Failed,
            true,
            true,
        ),
    ] {
        let (conversation, facts) = from_api(|data| data["status"] = json!(status));
        assert_eq!(conversation.status, Some(read));
        assert_eq!(conversation.is_final(), with_transcript, "{status}");
        assert_eq!(
            facts.agent_status.get().map(|status| status.word),
            Some(word),
            "{status}"
        );
        assert_eq!(facts.ending().is_some(), ended, "{status}");
        assert_eq!(facts.transcript().is_some(), with_transcript, "{status}");
    }
    let (conversation, facts) = from_api(|data| data["status"] = json!("paused"));
    assert_eq!(conversation.status, None);
    assert!(
        facts.agent_status.is_empty()
            && facts.ending().is_none()
            && facts.reported_start().is_some()
    );
    assert!(Conversation::parse(b"[]").is_none() && Conversation::parse(b"{").is_none());
}
