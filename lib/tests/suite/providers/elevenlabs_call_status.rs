//! The events of the ElevenLabs call status document: each status, reason and refusal.

use bytes::Bytes;
use ringpost::{
    domain::{
        call::{
            Call, CallUpdate, agent_status::StatusWord, announcement::Announcement,
            outcome::Outcome,
        },
        event::Event,
        key::CallKey,
        timestamp::Timestamp,
    },
    providers::{self, PayloadError, elevenlabs::CallStatusEvent},
};
use serde_json::{Value, json};

const CALL: &str = "CAaaf497febbe85ab7ab20ec32b3808caa";
const CONVERSATION: &str = "conv_8001kg64z481ege91gcvyrxngwrs";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("a time of this age")
}

const RECEIVED: i64 = 1_769_760_100;

fn event(body: &Value) -> Event {
    let bytes = Bytes::from(body.to_string());
    CallStatusEvent::parse(&bytes)
        .expect("a body that is accepted")
        .event(&bytes, at(RECEIVED))
}

fn reported(body: &Value) -> CallUpdate {
    providers::read_update(&event(body)).expect("a call")
}

fn status(event_type: &str) -> Value {
    json!({
        "call_id": CALL, "conversation_id": CONVERSATION, "event_type": event_type, "status": "failed",
        "failure_reason": null, "timestamp": "2026-01-30T08:00:00Z"
    })
}

fn reason(body: &Value) -> Option<String> {
    reported(body).facts.failure_reason().map(str::to_owned)
}

fn refused(body: &str) -> PayloadError {
    CallStatusEvent::parse(body.as_bytes()).expect_err("a body that is refused")
}

#[test]
fn every_event_of_the_document_has_its_status_and_outcome() {
    for (event_type, word, outcome) in [
        ("call.initiated", "initiated", None),
        ("call.ringing", "ringing", None),
        ("call.answered", "answered", None),
        ("call.completed", "completed", Some(Outcome::Completed)),
        ("call.ended", "ended", None),
        (
            "call_initiation_failure",
            "initiation_failed",
            Some(Outcome::Failed),
        ),
        ("call.busy", "busy", Some(Outcome::Busy)),
        ("call.no_answer", "no_answer", Some(Outcome::NoAnswer)),
        ("call.failed", "failed", Some(Outcome::Failed)),
        ("call.canceled", "canceled", Some(Outcome::NoAnswer)),
        ("call.unreachable", "unreachable", Some(Outcome::NoAnswer)),
        ("call.rejected", "rejected", Some(Outcome::Busy)),
    ] {
        let body = status(event_type);
        let update = reported(&body);
        let reported_status = update.facts.agent_status.get().expect("a status");
        assert_eq!(
            (reported_status.word.as_str(), &reported_status.event),
            (word, &event(&body).key),
            "{event_type}"
        );
        let call = Call::begin(&update, None);
        assert_eq!(call.facts.outcome(), outcome, "{event_type}");
        let ended = reported_status.word.is_terminal();
        assert_eq!(
            call.facts.ending().map(|ending| ending.at),
            ended.then(|| at(1_769_760_000)),
            "{event_type}"
        );
        assert_eq!(
            call.announced.contains_key(&Announcement::Completed),
            ended,
            "{event_type}"
        );
        let failed = ended && !["completed", "ended"].contains(&word);
        assert_eq!(
            update.facts.failure_reason().is_some(),
            failed,
            "{event_type}"
        );
    }
    assert!(
        Call::begin(&reported(&status("call.ringing")), None)
            .announced
            .contains_key(&Announcement::Ringing)
    );
    assert!(
        Call::begin(&reported(&status("call.answered")), None)
            .announced
            .contains_key(&Announcement::Answered)
    );
}

#[test]
fn a_whole_call_may_come_in_any_order() {
    let mut bodies = Vec::new();
    for (event_type, time) in [
        ("call.initiated", "2026-01-30T08:00:00Z"),
        ("call.ringing", "2026-01-30T08:00:02Z"),
        ("call.answered", "2026-01-30T08:00:05Z"),
        ("call.completed", "2026-01-30T08:01:00Z"),
        ("call.ended", "2026-01-30T08:01:01Z"),
    ] {
        let mut body = status(event_type);
        body.as_object_mut()
            .expect("an object")
            .insert("timestamp".to_owned(), json!(time));
        bodies.push(body);
    }
    let fold = |bodies: Vec<&Value>| {
        let mut updates = bodies.into_iter().map(reported);
        let mut call = Call::begin(&updates.next().expect("an event"), None);
        updates.for_each(|update| call.apply(&update, None));
        call.facts
    };
    let forward = fold(bodies.iter().collect());
    assert_eq!(forward, fold(bodies.iter().rev().collect()));
    assert_eq!(
        forward.agent_status.get().map(|status| status.word),
        Some(StatusWord::Completed)
    );
    assert_eq!(forward.outcome(), Some(Outcome::Completed));
    assert_eq!(forward.started_at(), Some(at(1_769_760_000)));
}

#[test]
fn a_failure_without_a_reason_has_the_documents_description() {
    for (event_type, description) in [
        ("call_initiation_failure", "Call failed to initiate"),
        ("call.busy", "Recipient is busy"),
        ("call.no_answer", "No answer from recipient"),
        ("call.failed", "General call failure"),
        ("call.canceled", "Call was canceled"),
        (
            "call.unreachable",
            "Recipient unreachable (switched off, no signal)",
        ),
        ("call.rejected", "Call rejected by recipient"),
    ] {
        assert_eq!(
            reason(&status(event_type)).as_deref(),
            Some(description),
            "{event_type}"
        );
    }
}

#[test]
fn the_reason_is_the_first_that_is_given() {
    let mut body = status("call.no_answer");
    assert_eq!(reason(&body).as_deref(), Some("No answer from recipient"));
    let fields = body.as_object_mut().expect("an object");
    for (field, text) in [
        ("message", "third"),
        ("error_message", "second"),
        ("failure_reason", "first"),
    ] {
        fields.insert(field.to_owned(), json!(text));
        assert_eq!(
            reason(&Value::Object(fields.clone())).as_deref(),
            Some(text)
        );
    }
    fields.insert("failure_reason".to_owned(), json!(""));
    assert_eq!(
        reason(&Value::Object(fields.clone())).as_deref(),
        Some("second")
    );
    fields.insert("event_type".to_owned(), json!("call.completed"));
    assert_eq!(
        reason(&Value::Object(fields.clone())),
        None,
        "nothing failed"
    );
}

#[test]
fn the_senders_words_do_not_decide_the_outcome() {
    for words in [
        "call failed: nobody there",
        "line busy elsewhere",
        "timeout error",
    ] {
        let mut body = status("call.no_answer");
        body.as_object_mut()
            .expect("an object")
            .insert("failure_reason".to_owned(), json!(words));
        assert_eq!(
            Call::begin(&reported(&body), None).facts.outcome(),
            Some(Outcome::NoAnswer),
            "{words}"
        );
    }
}

#[test]
fn either_id_will_do_and_the_time_may_be_missing() {
    let only_call =
        json!({ "call_id": "test_call_123", "event_type": "call.no_answer", "status": "failed" });
    let keys: Vec<_> = reported(&only_call).keys.iter().cloned().collect();
    assert_eq!(keys, [CallKey::CallSid("test_call_123".to_owned())]);
    assert_eq!(event(&only_call).occurred_at, at(RECEIVED));
    assert_eq!(
        event(&only_call).key,
        event(&only_call).key,
        "a repetition is one"
    );
    let only_conversation =
        json!({ "conversation_id": "conv_1", "call_id": null, "event_type": "call.ringing" });
    let keys: Vec<_> = reported(&only_conversation).keys.iter().cloned().collect();
    assert_eq!(keys, [CallKey::Conversation("conv_1".to_owned())]);
    let strange_time = json!({ "call_id": 7, "event_type": "call.ringing", "timestamp": "noon" });
    assert_eq!(event(&strange_time).occurred_at, at(RECEIVED));
}

#[test]
fn an_unknown_event_is_kept_and_reports_that_there_is_a_call() {
    let update = reported(&status("call.transferred"));
    assert!(update.facts.agent_status.is_empty() && update.facts.ending().is_none());
    assert_eq!(
        update.facts.conversation_id().map(String::as_str),
        Some(CONVERSATION)
    );
    assert_eq!(
        event(&status("call.transferred")).event_type,
        "call.transferred"
    );
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    assert_eq!(
        refused(r#"{"call_id":"x"}"#),
        PayloadError::Missing("event_type")
    );
    assert_eq!(
        refused(r#"{"call_id":"x","event_type":""}"#),
        PayloadError::Missing("event_type")
    );
    assert_eq!(
        refused(r#"{"call_id":"x","event_type":5}"#),
        PayloadError::Invalid("event_type")
    );
    assert_eq!(
        refused(r#"{"event_type":"call.busy"}"#),
        PayloadError::NoCall
    );
    assert_eq!(
        refused(r#"{"event_type":"call.busy","call_id":"","conversation_id":null}"#),
        PayloadError::NoCall
    );
    assert_eq!(
        refused(r#"{"event_type":"call.busy","call_id":{}}"#),
        PayloadError::Invalid("call_id")
    );
    assert_eq!(
        refused(r#"{"event_type":"call.busy","conversation_id":[1]}"#),
        PayloadError::Invalid("conversation_id")
    );
    let long = format!(r#"{{"call_id":"x","event_type":"{}"}}"#, "x".repeat(257));
    assert_eq!(refused(&long), PayloadError::Invalid("event_type"));
    assert_eq!(PayloadError::NoCall.field(), Some("call_id"));
    for body in ["[]", "7", "null", r#""text""#, "[1,2]"] {
        assert_eq!(refused(body), PayloadError::NotAnObject, "{body}");
    }
    assert_eq!(
        refused("\u{feff}{}"),
        PayloadError::Missing("event_type"),
        "the mark is dropped"
    );
    assert_eq!(
        refused(r#"{"event_type":"call.busy","call_id":"\ud83d"}"#),
        PayloadError::Invalid("call_id")
    );
    for body in ["", "{", "{} x", "call_id=1"] {
        assert!(
            matches!(refused(body), PayloadError::NotJson { .. }),
            "{body}"
        );
    }
}

#[test]
fn an_id_with_unusual_characters_is_taken_and_one_that_no_provider_gives_names_no_call() {
    for id in ["a\u{1}b", "a\nb", "a\u{7f}", "conv_é", &"x".repeat(512)] {
        let body = json!({ "event_type": "call.answered", "conversation_id": id });
        assert_eq!(
            reported(&body).facts.conversation_id().map(String::as_str),
            Some(id),
            "{id:?}"
        );
    }
    let long = json!({ "event_type": "call.answered", "conversation_id": "x".repeat(600) });
    assert!(providers::read_update(&event(&long)).is_none());
}
