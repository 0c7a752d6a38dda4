//! What SignalWire's callbacks say of a call: the document's example, the recorded ones, and the many
//! ways in which the APIs spell the same.

use proptest::{collection::vec, prelude::*};
use ringpost::{
    domain::{
        call::{CallUpdate, direction::Direction, facts::Facts, outcome::Outcome},
        contact_id::ContactId,
        event::Source,
        key::CallKey,
        phone::PhoneNumber,
        scalar::Scalar,
    },
    providers::{PayloadError, signalwire},
};
use serde_json::{Value, json};

use crate::support::signalwire::{RECEIVED, fixtures, read, text, time};

fn facts(body: &str) -> Facts {
    read(body)
        .1
        .unwrap_or_else(|| panic!("about no call: {body}"))
        .facts
}

fn form(changes: &[(&str, &str)]) -> String {
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

fn relay(event_type: &str, params: Value) -> String {
    json!({ "event_type": event_type, "timestamp": 1_767_312_000.123, "params": params })
        .to_string()
}

fn fixture(folder: &str, name: &str) -> (String, CallUpdate) {
    let body = text(&fixtures(folder)[name], "/body").to_owned();
    let (event, update) = read(&body);
    (
        event.event_type,
        update.unwrap_or_else(|| panic!("{name} is about no call")),
    )
}

fn numbers(facts: &Facts) -> [Option<&str>; 2] {
    [facts.phone_number(), facts.line_number()].map(|number| number.map(PhoneNumber::as_str))
}

fn documented() -> Value {
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
fn the_documents_other_types_tell_their_part() {
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
fn recorded_forms_tell_how_their_calls_ended() {
    let ends = [
        (
            "signalwire",
            "04_compat_completed",
            Outcome::Completed,
            Some(94),
            "2026-01-02T00:00:27Z",
        ),
        (
            "signalwire",
            "05_compat_no_answer",
            Outcome::NoAnswer,
            None,
            "2026-01-02T00:00:18Z",
        ),
        (
            "signalwire",
            "06_compat_busy",
            Outcome::Busy,
            None,
            "2026-01-02T00:00:18Z",
        ),
        (
            "signalwire",
            "11_compat_x_twilio_signature_alias",
            Outcome::Completed,
            None,
            "2026-01-02T00:00:27Z",
        ),
        (
            "signalwire",
            "12_compat_signed_with_port_443",
            Outcome::Completed,
            None,
            "2026-01-02T00:00:27Z",
        ),
        (
            "twilio",
            "04_completed",
            Outcome::Completed,
            Some(54),
            "2026-01-02T00:00:59Z",
        ),
        (
            "twilio",
            "05_no_answer",
            Outcome::NoAnswer,
            Some(0),
            "2026-01-02T00:00:40Z",
        ),
    ];
    for (folder, name, outcome, seconds, at) in ends {
        let (event_type, update) = fixture(folder, name);
        assert_eq!(event_type, "call.completed", "{name}");
        let facts = update.facts;
        assert_eq!(facts.outcome(), Some(outcome), "{name}");
        assert_eq!(facts.stated_seconds(), seconds, "{name}");
        assert_eq!(
            facts.ending().map(|ending| ending.at),
            Some(time(at)),
            "{name}"
        );
        assert_eq!(facts.direction(), Some(Direction::Outbound), "{name}");
        let expected = match folder {
            "twilio" => [Some("+15105550123"), Some("+18005550199")],
            _ => [Some("+15559876543"), Some("+15551234567")],
        };
        assert_eq!(numbers(&facts), expected, "{name}");
        assert_eq!(
            facts.recording_url.is_empty(),
            !name.starts_with("04"),
            "{name}"
        );
    }
}

#[test]
fn the_other_recorded_webhooks_tell_their_part() {
    let (event_type, ringing) = fixture("signalwire", "02_compat_ringing");
    assert_eq!(event_type, "call.ringing");
    assert_eq!(
        ringing.facts.ringing_at(),
        Some(time("2026-01-02T00:00:09Z"))
    );
    let (event_type, recorded) = fixture("signalwire", "09_compat_recording_status");
    assert_eq!(event_type, "recording.completed");
    let url = recorded.facts.recording_url.get().expect("a recording");
    assert!(
        url.starts_with("https://example.signalwire.com/api/laml/") && url.ends_with("84re01"),
        "{url}"
    );
    assert_eq!(ringing.keys, recorded.keys, "of the same call");
    assert!(!recorded.facts.is_phone_call() && recorded.facts.ending().is_none());
    let (event_type, request) = fixture("signalwire", "29_swml_fetch_sha1_and_sha256");
    assert_eq!(event_type, "swml.request");
    assert_eq!(
        numbers(&request.facts),
        [Some("+12135877632"), Some("+12089806814")]
    );
    assert_eq!(request.facts.direction(), Some(Direction::Inbound));
    let (event_type, cloud_event) = fixture("twilio", "15_json_bodySHA256");
    assert_eq!(
        event_type,
        "com.twilio.voice.status-callback.call.completed"
    );
    let sid = "CA0123456789abcdef0123456789abcdef".to_owned();
    assert_eq!(cloud_event.keys.iter().next(), Some(&CallKey::CallSid(sid)));
    assert_eq!(fixture("twilio", "11_repeated_params").0, "unknown");
}

#[test]
fn recorded_relay_events_fold_into_one_call_in_any_order() {
    let names = [
        "22_call_state_created",
        "24_call_state_answered",
        "25_call_state_ended",
    ];
    let updates = names.map(|name| fixture("signalwire", name));
    let types = updates
        .each_ref()
        .map(|(event_type, _)| event_type.as_str());
    assert_eq!(types, ["call.created", "call.answered", "call.completed"]);
    let [created, answered, ended] = updates.map(|(_, update)| update.facts);
    let folded = |order: [&Facts; 3]| {
        let mut facts = Facts::default();
        order
            .into_iter()
            .cloned()
            .for_each(|told| facts.merge(told));
        facts
    };
    let facts = folded([&created, &answered, &ended]);
    for order in [
        [&ended, &answered, &created],
        [&answered, &created, &ended],
        [&ended, &created, &answered],
    ] {
        assert_eq!(folded(order), facts);
    }
    assert_eq!(facts.answered_at(), Some(time("2026-01-02T00:00:00.100Z")));
    assert_eq!(
        facts.ending().map(|ending| ending.at),
        Some(time("2026-01-02T00:01:00.100Z"))
    );
    assert_eq!(
        facts.ending().and_then(|ending| ending.reason()),
        Some("hangup")
    );
    assert_eq!(
        (facts.duration_millis(), facts.outcome()),
        (Some(60_000), Some(Outcome::Completed))
    );
    assert_eq!(
        numbers(&facts),
        [Some("+15553214321"), Some("+15551231234")]
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
fn a_recording_is_told_when_it_is_finished() {
    let record = |state: &str| {
        let record = json!({ "url": "https://r.example/1", "duration": 9.5 });
        relay(
            "calling.call.record",
            json!({ "call_id": "c1", "state": state, "record": record }),
        )
    };
    for (state, event_type, told) in [
        ("recording", "recording.started", false),
        ("finished", "recording.completed", true),
        ("no_input", "calling.call.record", false),
    ] {
        let body = record(state);
        assert_eq!(read(&body).0.event_type, event_type);
        assert_eq!(!facts(&body).recording_url.is_empty(), told, "{state}");
    }
    for (status, event_type, told) in [
        ("in-progress", "recording.started", false),
        ("completed", "recording.completed", true),
        ("absent", "recording.absent", false),
    ] {
        let body =
            format!("CallSid=c1&RecordingStatus={status}&RecordingUrl=https%3A%2F%2Fr.example%2F1");
        assert_eq!(read(&body).0.event_type, event_type);
        assert_eq!(!facts(&body).recording_url.is_empty(), told, "{status}");
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

#[test]
fn addresses_that_are_no_numbers_do_no_harm() {
    for address in [
        "sip:alice@example.sip.signalwire.com",
        "client:bob",
        "anonymous",
        "+",
        "12345",
        "",
        "é",
    ] {
        let inbound = form(&[("Direction", "inbound"), ("From", address), ("To", address)]);
        let facts = facts(&inbound);
        assert_eq!(numbers(&facts), [None, None], "{address}");
        assert_eq!(facts.outcome(), Some(Outcome::Completed));
    }
    let abroad = form(&[
        ("Direction", "inbound"),
        ("From", "+919876543210"),
        ("To", "+442079460958"),
    ]);
    assert_eq!(
        numbers(&facts(&abroad)),
        [Some("+919876543210"), Some("+442079460958")]
    );
    let web = json!({
        "call_id": "c1", "call_state": "created", "direction": "inbound",
        "device": { "type": "webrtc", "params": { "from": "alice", "to": "+15559876543" } }
    });
    assert!(!facts(&relay("calling.call.state", web)).has_phone);
    let nowhere = form(&[("Direction", "sideways")]);
    assert_eq!(
        (numbers(&facts(&nowhere)), facts(&nowhere).direction.get()),
        ([None, None], None)
    );
}

#[test]
fn the_same_request_is_one_event_and_another_is_another() {
    let key = |body: &str| read(body).0.key;
    let body = form(&[]);
    assert_eq!(key(&body), key(&body));
    let reordered: Vec<_> = body.split('&').rev().collect();
    assert_eq!(
        key(&body),
        key(&reordered.join("&")),
        "the signature binds no order"
    );
    let (json, spaced) = (documented().to_string(), format!("{} ", documented()));
    assert_ne!(key(&json), key(&spaced), "but every byte of JSON");
    let others = [
        form(&[("CallStatus", "busy")]),
        form(&[("SequenceNumber", "4")]),
        form(&[("Timestamp", "Fri, 02 Jan 2026 00:00:28 +0000")]),
        form(&[("CallSid", "c2")]),
        form(&[("CallDuration", "1")]),
    ];
    for other in others {
        assert_ne!(key(&body), key(&other), "{other}");
    }
    assert!(
        key(&body).as_str().starts_with("signalwire:form:"),
        "{}",
        key(&body)
    );
    assert!(
        key(&json)
            .as_str()
            .starts_with("signalwire:CA123456789abcdef:call.created:"),
        "{}",
        key(&json)
    );
    let wordless = read("CallSid=c1&Digits=1").0;
    assert_eq!(wordless.occurred_at, time(RECEIVED));
}

#[test]
fn what_is_no_callback_at_all_is_refused_and_everything_else_is_kept() {
    let parse = |body: &[u8]| signalwire::event(&body.to_vec().into(), time(RECEIVED));
    let nested = "[".repeat(200);
    for body in [
        "{",
        "{}{}",
        "{\"a\":}",
        "{\"a\":NaN}",
        &format!("{{\"a\":{nested}}}"),
    ] {
        assert!(
            matches!(parse(body.as_bytes()), Err(PayloadError::NotJson { .. })),
            "{body}"
        );
    }
    assert_eq!(parse(b"[{}]"), Err(PayloadError::NotAnObject));
    for body in [
        "",
        " ",
        "null",
        "42",
        "\"text\"",
        "hello",
        "<a b=\"c\">\n",
        "a = b",
        "a=\u{7f}",
    ] {
        assert_eq!(
            parse(body.as_bytes()),
            Err(PayloadError::NotAForm),
            "{body}"
        );
    }
    assert_eq!(parse(b"a=\xff"), Err(PayloadError::NotAForm));
    let kept = [
        json!({ "event_type": 7, "call_id": ["x"], "params": [] }),
        json!({ "event_type": "calling.call.state", "params": null }),
        json!({ "event_type": "calling.conference", "params": { "call_id": {} } }),
        json!({ "message": { "message_id": "m1" } }),
        json!({ "event_type": "x".repeat(300), "call_id": "y".repeat(300) }),
        json!({ "type": "something.new" }),
    ];
    for body in kept {
        let (event, update) = read(&body.to_string());
        assert!(
            !event.event_type.is_empty() && event.event_type.len() <= 256,
            "{body}"
        );
        assert_eq!(update, None, "{body}");
    }
    assert_eq!(
        read(&json!({ "action": "post_conversation", "call_id": "c1" }).to_string())
            .0
            .event_type,
        "unknown"
    );
}

#[test]
fn what_names_neither_a_type_nor_a_call_is_no_event() {
    let parse = |body: &str| signalwire::event(&body.as_bytes().to_vec().into(), time(RECEIVED));
    for body in [
        "{}",
        r#"{"foo":1}"#,
        r#"{"event_type":"","call_id":"","call":{}}"#,
        r#"{"event_type":null,"params":{"call_id":"c1"}}"#,
        r#"{"event_type":[],"call_id":{}}"#,
        r#"{"call":{"from":"+15551234567"}}"#,
        r#"{"message":{}}"#,
        r#"{"data":{}}"#,
        r#"{"CallSid":""}"#,
        "a=b",
        "=",
        "CallSid=&CallStatus=",
        "AccountSid=a&From=%2B15551234567&To=%2B15559876543",
        "Callsid=c1",
    ] {
        assert_eq!(parse(body).err(), Some(PayloadError::NoEvent), "{body}");
    }
    for body in [
        r#"{"call_id":"c1"}"#,
        r#"{"type":"call.created"}"#,
        r#"{"call":{"call_id":"c1"}}"#,
        r#"{"MessageSid":"m1","MessageStatus":"delivered"}"#,
        "CallSid=c1",
        "MessageSid=m1&Body=hello",
        "RecordingSid=r1",
        "MessageStatus=sent",
        "StatusCallbackEvent=conference-end",
    ] {
        assert!(parse(body).is_ok(), "{body}");
    }
}

#[test]
fn texts_of_absurd_length_are_no_facts() {
    let long = "9".repeat(3_000);
    let body = form(&[
        ("From", &long),
        ("RecordingUrl", &long),
        ("SequenceNumber", &long),
    ]);
    let (event, update) = read(&body);
    assert!(
        event.key.as_str().len() < 600,
        "{}",
        event.key.as_str().len()
    );
    assert!(update.expect("a call").facts.recording_url.is_empty());
}

#[test]
fn what_a_signature_does_not_bind_makes_no_other_event() {
    let body = "CallSid=c1&CallStatus=completed&From=%2B15105550123&Timestamp=Fri%2C+02+Jan+2026+00%3A00%3A00+%2B0000";
    let key = |body: &str| read(body).0.key;
    let variants = [
        // The same parameter again, which Twilio's rule drops.
        format!("{body}&CallSid=c1"),
        // A name that ends earlier: the signed text runs name and value together.
        body.replace("Timestamp=Fri", "Timestam=pFri"),
        body.replace("CallStatus=completed", "CallStatusc=ompleted"),
        // Another order, another encoding.
        format!("{}&CallSid=c1", body.replace("CallSid=c1&", "")),
        body.replace("completed", "%63ompleted"),
    ];
    for variant in variants {
        assert_eq!(key(&variant), key(body), "{variant}");
    }
    assert_ne!(key(&body.replace("completed", "busy")), key(body));
}

#[test]
fn members_that_are_json_in_a_string_are_read() {
    let wrapped = |value: Value| json!(value.to_string());
    let params =
        json!({ "call_id": "c1", "call_state": "ended", "end_time": 1_767_312_000_000_i64 });
    let event = json!({ "event_type": "calling.call.state", "params": wrapped(params) });
    assert!(facts(&event.to_string()).ending().is_some());
    let mut event = documented();
    event["metadata"] = wrapped(json!({ "campaignId": 7, "contactId": "42" }));
    let told = facts(&event.to_string());
    assert_eq!(told.campaign_id.get().map(String::as_str), Some("7"));
    assert_eq!(
        told.lead_id.get().map(ContactId::scalar),
        Some(&Scalar::Text("42".to_owned()))
    );
    let event = json!({ "call": wrapped(json!({ "call_id": "c1", "direction": "inbound" })) });
    assert_eq!(read(&event.to_string()).0.event_type, "swml.request");
    let data = json!({ "CallSid": "c1", "CallStatus": "completed" });
    assert!(
        facts(&json!({ "data": wrapped(data) }).to_string())
            .ending()
            .is_some()
    );
}

proptest! {
    #[test]
    fn any_body_is_read_or_refused_and_read_again_alike(body in vec(any::<u8>(), 0..80)) {
        if let Ok(event) = signalwire::event(&body.into(), time(RECEIVED)) {
            prop_assert!(event.key.as_str().len() < 1_024);
            let sid = ringpost::providers::read_update(&event).map(|update| update.facts.call_sid().map(str::to_owned));
            prop_assert!(sid.flatten().is_none_or(|sid| !sid.is_empty()));
        }
    }

    #[test]
    fn numbers_of_any_size_are_read(number in any::<f64>(), whole in any::<i64>()) {
        for told in [json!(number), json!(whole), json!(whole.to_string())] {
            let params = json!({
                "call_id": "c1", "call_state": "ended", "start_time": told, "answer_time": told, "end_time": told,
            });
            let event = json!({ "event_type": "calling.call.state", "timestamp": told, "params": params });
            prop_assert!(facts(&event.to_string()).ending().is_some());
            let event = json!({ "event_type": "call.completed", "call_id": told, "duration": told });
            read(&event.to_string());
        }
    }
}
