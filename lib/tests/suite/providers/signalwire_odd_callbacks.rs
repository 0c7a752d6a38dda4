//! SignalWire's callbacks that are odd or repeated: what is refused, what is kept, and which two are one event.

use proptest::{collection::vec, prelude::*};
use ringpost::{
    domain::{call::outcome::Outcome, contact_id::ContactId, scalar::Scalar},
    providers::{PayloadError, signalwire},
};
use serde_json::{Value, json};

use super::{
    signalwire_callbacks::{documented, facts, form, relay},
    signalwire_recorded::numbers,
};
use crate::support::signalwire::{RECEIVED, read, time};

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
    let reported = facts(&event.to_string());
    assert_eq!(reported.campaign_id.get().map(String::as_str), Some("7"));
    assert_eq!(
        reported.lead_id.get().map(ContactId::scalar),
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
        for reported in [json!(number), json!(whole), json!(whole.to_string())] {
            let params = json!({
                "call_id": "c1", "call_state": "ended", "start_time": reported, "answer_time": reported, "end_time": reported,
            });
            let event = json!({ "event_type": "calling.call.state", "timestamp": reported, "params": params });
            prop_assert!(facts(&event.to_string()).ending().is_some());
            let event = json!({ "event_type": "call.completed", "call_id": reported, "duration": reported });
            read(&event.to_string());
        }
    }
}
