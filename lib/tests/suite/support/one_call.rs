//! One inbound phone call as all three providers report it: LiveKit's question and room events,
//! SignalWire's callbacks of the leg, ElevenLabs' status events and its conversation.

use bytes::Bytes;
use ringpost::{
    domain::{
        event::{Event, Source},
        timestamp::Timestamp,
    },
    providers::{
        elevenlabs::{CallStatusEvent, PostCall},
        livekit::{LiveKitEvent, sip_inbound::InboundCall},
        signalwire,
    },
};
use serde_json::{Value, json};

/// When the caller dialled.
pub(crate) const DIALLED: i64 = 1_767_311_940;
pub(crate) const CALLER: &str = "+15105550123";
pub(crate) const LINE: &str = "+18588796658";

/// What a provider posts: to which endpoint, and the body.
pub(crate) struct Report {
    pub(crate) source: Source,
    pub(crate) body: String,
}

/// The reports of the call, in the order in which things happened.
pub(crate) fn reports(unique: &str) -> Vec<Report> {
    let sid = call_sid(unique);
    let conversation = format!("conv_{unique}");
    let room = json!({
        "sid": format!("RM_{unique}"), "name": format!("call-_{CALLER}_{unique}"),
        "creationTime": DIALLED.to_string()
    });
    let question = json!({
        "call_id": format!("SCL_{unique}"), "trunk_id": "ST_1", "from_number": CALLER, "to_number": LINE,
        "room_name": room["name"]
    });
    let livekit = |number: u32, name: &str, after: i64, more: Value| {
        let mut event = json!({
            "event": name, "id": format!("EV_{unique}_{number}"), "room": room,
            "createdAt": (DIALLED + after).to_string()
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        report(Source::LiveKit, &event)
    };
    let phone = |status: &str| {
        json!({
            "identity": format!("sip_{CALLER}"), "kind": "SIP", "joinedAt": (DIALLED + 2).to_string(),
            "disconnectReason": "CLIENT_INITIATED",
            "attributes": {
                "sip.ruleID": "SDR_1", "sip.trunkID": "ST_1", "sip.callID": format!("SCL_{unique}"),
                "sip.callStatus": status, "sip.phoneNumber": CALLER, "sip.trunkPhoneNumber": LINE,
                "sip.twilio.callSid": sid
            }
        })
    };
    let carrier = |sequence: u32, status: &str, time: &str, more: &str| Report {
        source: Source::SignalWire,
        body: format!(
            "AccountSid=0e2c&CallSid={sid}&CallStatus={status}&Direction=inbound&From=%2B15105550123&To=%2B18588796658\
             &CallbackSource=call-progress-events&SequenceNumber={sequence}&Timestamp={time}+%2B0000{more}"
        ),
    };
    let status = |event_type: &str, status: &str, time: &str| {
        let body = json!({
            "call_id": sid, "conversation_id": conversation, "event_type": event_type, "status": status,
            "timestamp": format!("2026-01-01T{time}Z")
        });
        report(Source::CallStatus, &body)
    };
    let transcription = json!({
        "type": "post_call_transcription", "event_timestamp": DIALLED + 80,
        "data": {
            "agent_id": "agent_1", "conversation_id": conversation, "status": "done",
            "transcript": [{ "role": "user", "message": "Tuesday then.", "time_in_call_secs": 12 }],
            "metadata": {
                "start_time_unix_secs": DIALLED + 3, "call_duration_secs": 55,
                "phone_call": {
                    "type": "twilio", "direction": "inbound", "agent_number": LINE,
                    "external_number": CALLER, "call_sid": sid
                }
            },
            "analysis": {
                "call_successful": "success",
                "evaluation_criteria_results": {
                    "appointment_set": { "criteria_id": "appointment_set", "result": "success" }
                }
            }
        }
    });
    vec![
        carrier(0, "ringing", "Thu%2C+01+Jan+2026+23%3A59%3A00", ""),
        report(Source::SipInbound, &question),
        livekit(1, "room_started", 0, json!({})),
        status("call.initiated", "initiated", "23:59:00"),
        livekit(
            2,
            "participant_joined",
            2,
            json!({ "participant": phone("active") }),
        ),
        carrier(1, "in-progress", "Thu%2C+01+Jan+2026+23%3A59%3A02", ""),
        status("call.answered", "answered", "23:59:03"),
        livekit(
            3,
            "participant_left",
            60,
            json!({ "participant": phone("hangup") }),
        ),
        carrier(
            2,
            "completed",
            "Fri%2C+02+Jan+2026+00%3A00%3A00",
            "&CallDuration=58",
        ),
        status("call.completed", "completed", "23:59:59"),
        livekit(4, "room_finished", 80, json!({})),
        report(Source::ElevenLabs, &transcription),
    ]
}

/// The carrier's id of the call, which all three know.
pub(crate) fn call_sid(unique: &str) -> String {
    format!("CA{unique}")
}

fn report(source: Source, body: &Value) -> Report {
    Report {
        source,
        body: body.to_string(),
    }
}

/// The event that a report becomes, as its endpoint makes it.
pub(crate) fn event(report: &Report, received_at: Timestamp) -> Event {
    let body = Bytes::from(report.body.clone());
    match report.source {
        Source::LiveKit => {
            let livekit = LiveKitEvent::parse(&body, received_at).expect("an event of LiveKit");
            livekit.event(body, received_at)
        }
        Source::SipInbound => InboundCall::parse(&body)
            .expect("a question")
            .event(body.clone(), received_at),
        Source::SignalWire => signalwire::event(&body, received_at).expect("a callback"),
        Source::CallStatus => CallStatusEvent::parse(&body)
            .expect("a status")
            .event(&body, received_at),
        _ => PostCall::parse(&body)
            .expect("a post-call webhook")
            .event(&body, received_at),
    }
}
