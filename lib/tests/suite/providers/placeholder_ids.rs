//! A text that stands for an id and is none is no key of a call, from any sender: all calls that bear it
//! would be one, of whatever tenant.

use bytes::Bytes;
use ringpost::{
    domain::{
        call::CallUpdate,
        event::{Event, Source},
        key::{CallKey, EventKey},
        timestamp::Timestamp,
    },
    providers,
};
use serde_json::{Value, json};

const PLACEHOLDERS: [&str; 11] = [
    "undefined",
    "null",
    "None",
    "nil",
    "N/A",
    "unknown",
    "%{call.sid}",
    "{{call_sid}}",
    "${callSid}",
    "<call_sid>",
    "00000000-0000-0000-0000-000000000000",
];

fn read(source: Source, body: &[u8]) -> Option<CallUpdate> {
    let at = Timestamp::from_seconds(1_767_312_000).expect("a time");
    providers::read_update(&Event {
        key: EventKey::natural(source.as_str(), &[], body),
        source,
        tenant_id: Some("acme".to_owned()),
        region: None,
        event_type: "test".to_owned(),
        occurred_at: at,
        received_at: at,
        payload: Bytes::copy_from_slice(body),
    })
}

/// A payload with an id in every place of one.
type Payload<'a> = &'a dyn Fn(&str) -> Value;

/// Whether a payload, sent with this id in every place of an id, names a call by it, or shows it.
fn names_a_call(source: Source, payload: impl Fn(&str) -> Value, id: &str) -> bool {
    let Some(update) = read(source, payload(id).to_string().as_bytes()) else {
        return false;
    };
    let is_ours = |key: &CallKey| match key {
        CallKey::RoomSid(name)
        | CallKey::RoomName(name)
        | CallKey::SipCall(name)
        | CallKey::CallSid(name)
        | CallKey::Conversation(name) => name == id,
        CallKey::Captured { id: name, .. } => name == id,
        CallKey::Record(_) => false,
    };
    let facts = serde_json::to_value(&update.facts).expect("facts");
    let of_whole = ["room", "sip", "sid", "conv"]
        .iter()
        .any(|fact| facts[*fact][2] == *id);
    let of_part = ["rooms", "sids", "talks"]
        .iter()
        .any(|fact| facts[*fact].get(id).is_some());
    let legs = facts["legs"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, leg)| leg);
    let ids = legs
        .flat_map(|leg| [&leg["s"], &leg["c"]])
        .filter_map(Value::as_array)
        .flatten();
    let is_shown = of_whole || of_part || ids.into_iter().any(|known| known == id);
    let is_key = update.keys.iter().any(is_ours);
    assert!(
        is_key == is_shown || source == Source::CallCapture,
        "{source:?} {id}"
    );
    is_key
}

#[test]
fn a_placeholder_is_no_call_of_any_provider() {
    let livekit = |id: &str| {
        json!({
            "event": "participant_joined", "id": "EV_1", "createdAt": "1767312000",
            "room": { "sid": id, "name": id },
            "participant": { "sid": "PA_1", "identity": "phone", "kind": "SIP", "attributes": {
                "sip.callID": id, "sip.callIDFull": id, "sip.twilio.callSid": id
            } }
        })
    };
    let inbound = |id: &str| json!({ "call_id": id, "to_number": "+18588796658", "room_name": id });
    let signalwire =
        |id: &str| json!({ "event_type": "call.answered", "call_id": id, "from": "+15551234567" });
    let relay = |id: &str| json!({ "event_type": "calling.call.state", "params": { "call_id": id, "call_state": "answered" } });
    let compatibility = |id: &str| json!({ "CallSid": id, "CallStatus": "in-progress" });
    let post_call = |id: &str| {
        json!({
            "type": "post_call_transcription", "event_timestamp": 1_767_312_000,
            "data": { "agent_id": "agent_x", "conversation_id": id, "status": "done", "metadata": {
                "phone_call": { "call_sid": id, "call_id": id }
            } }
        })
    };
    let failure = |id: &str| {
        json!({
            "type": "call_initiation_failure", "event_timestamp": 1_767_312_000,
            "data": { "conversation_id": id, "failure_reason": "busy", "metadata": { "body": { "CallSid": id } } }
        })
    };
    let mention = |id: &str| json!({ "event_type": "voice.processing", "call_id": id, "conversation_id": id });
    let status =
        |id: &str| json!({ "event_type": "call.ringing", "call_id": id, "conversation_id": id });
    let captured = |id: &str| json!({ "company_id": "7c8693c6-976e-4324-9123-2c1d811605f9", "external_call_id": id });
    let sources: [(Source, Payload<'_>); 10] = [
        (Source::LiveKit, &livekit),
        (Source::SipInbound, &inbound),
        (Source::SignalWire, &signalwire),
        (Source::SignalWire, &relay),
        (Source::SignalWire, &compatibility),
        (Source::ElevenLabs, &post_call),
        (Source::ElevenLabs, &failure),
        (Source::ElevenLabs, &mention),
        (Source::CallStatus, &status),
        (Source::CallCapture, &captured),
    ];
    for (number, (source, payload)) in sources.into_iter().enumerate() {
        for id in PLACEHOLDERS {
            assert!(
                !names_a_call(source, payload, id),
                "{number}: {source:?} {id}"
            );
        }
        for id in [
            "CA0123456789abcdef0123456789abcdef",
            "0f3c8d21-9a1b-423e-8b9c-0242ac120002",
            "C-1",
        ] {
            assert!(
                names_a_call(source, payload, id),
                "{number}: {source:?} {id}"
            );
        }
    }
}

#[test]
fn what_else_an_event_names_is_not_taken_from_a_placeholder() {
    let body = json!({
        "event_type": "call.answered", "call_id": "CA0123", "metadata": { "campaignId": "undefined", "contactId": "null" }
    });
    let facts = read(Source::SignalWire, body.to_string().as_bytes())
        .expect("an update")
        .facts;
    assert!(facts.campaign_id.is_empty() && facts.lead_id.is_empty());
    let body = json!({
        "type": "post_call_transcription",
        "data": { "agent_id": "{{agent_id}}", "conversation_id": "conv_1", "status": "done" }
    });
    let facts = read(Source::ElevenLabs, body.to_string().as_bytes())
        .expect("an update")
        .facts;
    assert!(facts.agent_id().is_none() && facts.conversation_id().is_some());
}
