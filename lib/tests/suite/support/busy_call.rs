//! A call that all three providers report and whose callee is busy.

use ringpost::domain::event::Source;
use serde_json::{Value, json};

use super::one_call::{CALLER, DIALLED, LINE, Report, call_sid};

/// A call that the platform dials and whose callee is busy: LiveKit reports only that the phone left.
pub(crate) fn busy_reports(unique: &str) -> Vec<Report> {
    let sid = call_sid(unique);
    let room = json!({
        "sid": format!("RM_{unique}"), "name": format!("outbound-{unique}"),
        "creationTime": DIALLED.to_string()
    });
    let livekit = |number: u32, name: &str, after: i64, status: &str| {
        let phone = json!({
            "identity": "callee", "kind": "SIP", "joinedAt": (DIALLED + 1).to_string(),
            "attributes": {
                "sip.trunkID": "ST_1", "sip.callID": format!("SCL_{unique}"), "sip.callStatus": status,
                "sip.phoneNumber": CALLER, "sip.trunkPhoneNumber": LINE, "sip.twilio.callSid": sid
            }
        });
        let event = json!({
            "event": name, "id": format!("EV_{unique}_{number}"), "room": room, "participant": phone,
            "createdAt": (DIALLED + after).to_string()
        });
        report(Source::LiveKit, &event)
    };
    let carrier = |sequence: u32, status: &str, second: u32| Report {
        source: Source::SignalWire,
        body: format!(
            "AccountSid=0e2c&CallSid={sid}&CallStatus={status}&Direction=outbound-api&From=%2B18588796658\
             &To=%2B15105550123&CallbackSource=call-progress-events&SequenceNumber={sequence}\
             &Timestamp=Thu%2C+01+Jan+2026+23%3A59%3A{second:02}+%2B0000"
        ),
    };
    let status = |event_type: &str, status: &str, time: &str| {
        let body = json!({
            "call_id": sid, "conversation_id": format!("conv_{unique}"), "event_type": event_type,
            "status": status, "timestamp": format!("2026-01-01T{time}Z")
        });
        report(Source::CallStatus, &body)
    };
    vec![
        livekit(1, "participant_joined", 1, "dialing"),
        status("call.initiated", "initiated", "23:59:01"),
        carrier(0, "ringing", 2),
        carrier(1, "busy", 20),
        status("call.busy", "busy", "23:59:20"),
        livekit(2, "participant_left", 21, "hangup"),
    ]
}

fn report(source: Source, body: &Value) -> Report {
    Report {
        source,
        body: body.to_string(),
    }
}
