//! What SignalWire's callbacks say of a call: the document's example, and the types and reasons of the two APIs.

use ringpost::domain::{
    call::{direction::Direction, facts::Facts, outcome::Outcome},
    event::Source,
    key::CallKey,
};
use serde_json::{Value, json};

use super::signalwire_recorded::numbers;
use crate::support::signalwire::{read, time};

pub(crate) fn facts(body: &str) -> Facts {
    read(body)
        .1
        .unwrap_or_else(|| panic!("about no call: {body}"))
        .facts
}

pub(crate) fn form(changes: &[(&str, &str)]) -> String {
    let mut parameters = vec![
        ("CallSid", "c1"),
        ("From", "+15551234567"),
        ("To", "+15559876543"),
        ("Direction", "outbound-api"),
        ("CallStatus", "completed"),
        ("Timestamp", "Fri, 02 Jan 2026 00:00:27 +0000"),
    ];
    parameters.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    parameters.extend(changes);
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}

pub(crate) fn relay(event_type: &str, params: Value) -> String {
    json!({ "event_type": event_type, "timestamp": 1_767_312_000.123, "params": params })
        .to_string()
}

pub(crate) fn documented() -> Value {
    json!({
        "event_type": "call.created", "timestamp": "2023-07-29T15:00:00Z", "call_id": "CA123456789abcdef",
        "direction": "outbound", "from": "+18005551234", "to": "+18005557890", "state": "created",
        "metadata": { "campaignId": "campaign-123", "contactId": 42 }
    })
}

#[test]
fn the_documents_example_creates_its_call() {
    let (event, update) = read(&documented().to_string());
    assert_eq!(
        (event.event_type.as_str(), event.source),
        ("call.created", Source::SignalWire)
    );
    assert_eq!(event.occurred_at, time("2023-07-29T15:00:00Z"));
    let update = update.expect("a call");
    assert_eq!(
        update.keys.iter().next(),
        Some(&CallKey::CallSid("CA123456789abcdef".to_owned()))
    );
    let facts = update.facts;
    assert_eq!(
        numbers(&facts),
        [Some("+18005557890"), Some("+18005551234")]
    );
    assert_eq!(facts.direction(), Some(Direction::Outbound));
    assert_eq!(
        facts.campaign_id.get().map(String::as_str),
        Some("campaign-123")
    );
    assert_eq!(facts.reported_start(), Some(event.occurred_at));
    assert_eq!(facts.first_event.get(), Some(event.occurred_at));
    assert!(facts.is_phone_call() && facts.ending().is_none());
}

#[test]
fn the_documents_call_completes_with_its_duration() {
    let mut ended = documented();
    ended["event_type"] = json!("call.completed");
    ended["timestamp"] = json!("2023-07-29T15:02:05Z");
    ended["state"] = json!("completed");
    ended["duration"] = json!(125);
    let mut facts = facts(&documented().to_string());
    facts.merge(self::facts(&ended.to_string()));
    assert_eq!(facts.duration_millis(), Some(125_000));
    assert_eq!(facts.outcome(), Some(Outcome::Completed));
    assert_eq!(
        facts.ending().map(|ending| ending.at),
        Some(time("2023-07-29T15:02:05Z"))
    );
    for (state, outcome) in [
        ("busy", Some(Outcome::Busy)),
        ("no-answer", Some(Outcome::NoAnswer)),
        ("failed", Some(Outcome::Failed)),
    ] {
        ended["state"] = json!(state);
        assert_eq!(
            self::facts(&ended.to_string()).outcome(),
            outcome,
            "{state}"
        );
    }
    ended["state"] = json!("ended");
    assert_eq!(
        self::facts(&ended.to_string()).reported_verdict(),
        None,
        "the type covers every end"
    );
}

#[test]
fn the_documents_other_types_report_their_part() {
    let of = |event_type: &str, more: Value| {
        let mut event = documented();
        event["event_type"] = json!(event_type);
        event
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        (
            read(&event.to_string()).0.event_type,
            facts(&event.to_string()),
        )
    };
    let at = Some(time("2023-07-29T15:00:00Z"));
    assert_eq!(
        of("call.ringing", json!({ "state": "ringing" }))
            .1
            .ringing_at(),
        at
    );
    assert_eq!(
        of("call.answered", json!({ "state": "answered" }))
            .1
            .answered_at(),
        at
    );
    let url = json!({ "recording_url": "https://r.example/1" });
    assert!(
        of("recording.started", url.clone())
            .1
            .recording_url
            .is_empty()
    );
    let (event_type, recorded) = of("recording.completed", url);
    assert_eq!(event_type, "recording.completed");
    assert_eq!(
        recorded.recording_url.get().map(String::as_str),
        Some("https://r.example/1")
    );
    assert!(recorded.ending().is_none() && recorded.reported_start().is_none());
    let (event_type, unknown) = of("call.machine_detected", json!({}));
    assert_eq!(event_type, "call.machine_detected");
    assert!(
        unknown.ending().is_none()
            && unknown.reported_start().is_none()
            && unknown.reported_verdict().is_none()
    );
}

#[test]
fn each_call_status_has_its_type_and_verdict() {
    let statuses = [
        ("queued", "call.created", None),
        ("initiated", "call.created", None),
        ("ringing", "call.ringing", None),
        ("in-progress", "call.answered", None),
        ("completed", "call.completed", Some(Outcome::Completed)),
        ("busy", "call.completed", Some(Outcome::Busy)),
        ("no-answer", "call.completed", Some(Outcome::NoAnswer)),
        ("canceled", "call.completed", Some(Outcome::NoAnswer)),
        ("failed", "call.completed", Some(Outcome::Failed)),
        ("something-new", "call.something-new", None),
    ];
    for (status, event_type, verdict) in statuses {
        let body = form(&[("CallStatus", status)]);
        assert_eq!(read(&body).0.event_type, event_type);
        let facts = facts(&body);
        assert_eq!(facts.reported_verdict(), verdict, "{status}");
        assert_eq!(facts.ending().is_some(), verdict.is_some(), "{status}");
        assert_eq!(
            facts.reported_start().is_none(),
            event_type != "call.created",
            "{status}"
        );
        assert_eq!(
            facts.answered_at().is_none(),
            event_type != "call.answered",
            "{status}"
        );
        assert_eq!(
            facts.ringing_at().is_none(),
            event_type != "call.ringing",
            "{status}"
        );
        assert_eq!(
            facts.failure_reason().is_none(),
            status != "failed",
            "{status}"
        );
    }
}

#[test]
fn each_reason_of_an_end_has_its_verdict_in_both_spellings() {
    let reasons = [
        ("busy", Some(Outcome::Busy)),
        ("decline", Some(Outcome::Busy)),
        ("declined", Some(Outcome::Busy)),
        ("no_answer", Some(Outcome::NoAnswer)),
        ("noAnswer", Some(Outcome::NoAnswer)),
        ("cancel", Some(Outcome::NoAnswer)),
        ("abandoned", Some(Outcome::NoAnswer)),
        ("error", Some(Outcome::Failed)),
        ("not_found", Some(Outcome::Failed)),
        ("hangup", None),
        ("max_duration", None),
        ("something_new", None),
    ];
    for (reason, verdict) in reasons {
        let ended = json!({ "call_id": "c1", "call_state": "ended", "end_reason": reason });
        let facts = facts(&relay("calling.call.state", ended));
        assert_eq!(facts.reported_verdict(), verdict, "{reason}");
        assert_eq!(
            facts.ending().and_then(|ending| ending.reason()),
            Some(reason)
        );
    }
    let ending = relay(
        "calling.call.state",
        json!({ "call_id": "c1", "call_state": "ending" }),
    );
    assert_eq!(read(&ending).0.event_type, "calling.call.state");
    assert!(facts(&ending).ending().is_none());
}

#[test]
fn a_recording_is_reported_when_it_is_finished() {
    let record = |state: &str| {
        let record = json!({ "url": "https://r.example/1", "duration": 9.5 });
        relay(
            "calling.call.record",
            json!({ "call_id": "c1", "state": state, "record": record }),
        )
    };
    for (state, event_type, reported) in [
        ("recording", "recording.started", false),
        ("finished", "recording.completed", true),
        ("no_input", "calling.call.record", false),
    ] {
        let body = record(state);
        assert_eq!(read(&body).0.event_type, event_type);
        assert_eq!(!facts(&body).recording_url.is_empty(), reported, "{state}");
    }
    for (status, event_type, reported) in [
        ("in-progress", "recording.started", false),
        ("completed", "recording.completed", true),
        ("absent", "recording.absent", false),
    ] {
        let body =
            format!("CallSid=c1&RecordingStatus={status}&RecordingUrl=https%3A%2F%2Fr.example%2F1");
        assert_eq!(read(&body).0.event_type, event_type);
        assert_eq!(!facts(&body).recording_url.is_empty(), reported, "{status}");
    }
    let text =
        "CallSid=c1&TranscriptionSid=t1&TranscriptionStatus=completed&TranscriptionText=hello";
    assert_eq!(read(text).0.event_type, "transcription.completed");
}

#[test]
fn other_legs_are_other_calls_and_their_numbers_are_not_ours() {
    let (_, update) = read(&form(&[
        ("Direction", "outbound-dial"),
        ("ParentCallSid", "p1"),
        ("From", "+15550001111"),
    ]));
    let update = update.expect("a call");
    assert_eq!(update.keys.iter().count(), 1, "the parent is another leg");
    assert_eq!(numbers(&update.facts), [Some("+15559876543"), None]);
    assert_eq!(update.facts.direction(), Some(Direction::Outbound));
    let device = json!({ "type": "phone", "params": { "from_number": "+15550001111", "to_number": "+15559876543" } });
    let leg = json!({
        "call_id": "c2", "segment_id": "s1", "call_state": "created", "direction": "outbound", "device": device,
        "parent": { "call_id": "p1" }, "peer": { "call_id": "q1" }
    });
    let update = read(&relay("calling.call.state", leg)).1.expect("a call");
    assert_eq!(
        update.keys.iter().collect::<Vec<_>>(),
        [&CallKey::CallSid("c2".to_owned())]
    );
    assert_eq!(numbers(&update.facts), [Some("+15559876543"), None]);
    let connected = json!({ "call_id": "c3", "connect_state": "connected", "peer": { "call_id": "q1", "device": device } });
    let update = read(&relay("calling.call.connect", connected))
        .1
        .expect("a call");
    assert_eq!(
        update.keys.iter().collect::<Vec<_>>(),
        [&CallKey::CallSid("c3".to_owned())]
    );
    assert!(update.facts.answered_at().is_none() && update.facts.ending().is_none());
}
