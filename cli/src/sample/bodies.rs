//! The bodies of the providers' webhooks, in the shapes that their servers send today.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    call::{Outcome, SampleCall, TALKS_FOR, TALKS_FROM},
    event::{Encoding, SampleEvent},
};
use crate::{clock::rfc3339, sign::Provider};

const LIVEKIT: &str = "/api/webhooks/call_completed";
const SIGNALWIRE: &str = "/api/webhooks/signalwire";
const ELEVENLABS: &str = "/api/webhooks/elevenlabs";
const CALL_STATUS: &str = "/api/webhooks/elevenlabs/call-status";
const CAPTURE: &str = "/functions/v1/webhook-call-capture";

/// The second of the call at which an event happens, and the event.
type Timed = (i64, SampleEvent);

fn json_event(provider: Provider, name: &str, path: &'static str, body: Value) -> SampleEvent {
    SampleEvent {
        provider,
        name: name.to_owned(),
        path,
        encoding: Encoding::Json,
        body,
    }
}

impl SampleCall {
    pub(super) fn livekit_events(&self) -> Vec<Timed> {
        let agent = json!({ "sid": format!("PA_agent{}", self.short()), "identity": "agent-1", "kind": "AGENT", "state": "ACTIVE" });
        let end = self.outcome.end();
        vec![
            self.livekit(0, "room_started", json!({})),
            self.livekit(1, "participant_joined", json!({ "participant": agent })),
            self.livekit(
                2,
                "participant_joined",
                json!({ "participant": self.phone("dialing") }),
            ),
            self.livekit(
                end,
                "participant_left",
                json!({ "participant": self.phone("hangup") }),
            ),
            self.livekit(end + 1, "participant_left", json!({ "participant": agent })),
            self.livekit(end + 2, "room_finished", json!({})),
        ]
    }

    pub(super) fn signalwire_events(&self) -> Vec<Timed> {
        let (status, end) = match self.outcome {
            Outcome::Completed => ("completed", self.outcome.end()),
            Outcome::Busy => ("busy", self.outcome.end()),
            Outcome::NoAnswer => ("no-answer", self.outcome.end()),
            Outcome::Failed => ("failed", self.outcome.end()),
        };
        let mut states = vec![
            (2, "call.created", "initiated"),
            (3, "call.ringing", "ringing"),
        ];
        if self.outcome == Outcome::Completed {
            states.push((TALKS_FROM, "call.answered", "in-progress"));
        }
        states.push((end, "call.completed", status));
        let events = states.into_iter().enumerate();
        events
            .map(|(number, (second, name, status))| {
                (second, self.callback(number, second, name, status))
            })
            .collect()
    }

    pub(super) fn elevenlabs_events(&self) -> Vec<Timed> {
        let end = self.outcome.end();
        let mut events = vec![
            self.status(2, "call.initiated", None),
            self.status(3, "call.ringing", None),
        ];
        let (status, reason, failure) = match self.outcome {
            Outcome::Completed => {
                events.push(self.status(TALKS_FROM, "call.answered", None));
                events.push(self.status(end, "call.completed", None));
                events.push((end + 2, self.transcription(end + 2)));
                return events;
            }
            Outcome::Busy => ("call.busy", "Recipient is busy", "busy"),
            Outcome::NoAnswer => ("call.no_answer", "No answer from recipient", "no-answer"),
            Outcome::Failed => ("call.failed", "The call could not be connected", "unknown"),
        };
        events.push(self.status(end, status, Some(reason)));
        events.push((end + 1, self.initiation_failure(end + 1, failure)));
        events
    }

    /// Samples of events that are in no [`SampleCall::events`].
    pub(super) fn other_events(&self) -> Vec<SampleEvent> {
        let egress = json!({ "egressInfo": {
            "egressId": format!("EG_{}", self.short()), "roomId": self.room_sid(), "roomName": self.room_name(),
            "status": "EGRESS_COMPLETE", "endedAt": format!("{}000000000", self.second(self.outcome.end()).as_second()),
            "fileResults": [{ "location": "https://recordings.example.com/call.ogg" }]
        } });
        let track = json!({ "participant": { "identity": "agent-1" }, "track": { "sid": format!("TR_{}", self.short()), "source": "MICROPHONE" } });
        let (_, egress_ended) = self.livekit(self.outcome.end(), "egress_ended", egress);
        let (_, track_published) = self.livekit(2, "track_published", track);
        vec![
            egress_ended,
            track_published,
            self.recording(),
            self.voice(),
            self.submission(),
        ]
    }

    /// Twelve characters of its own.
    fn short(&self) -> &str {
        self.unique.get(..12).unwrap_or(&self.unique)
    }

    fn room_sid(&self) -> String {
        format!("RM_{}", self.short())
    }

    fn room_name(&self) -> String {
        format!("ringpost-cli-{}", self.short())
    }

    fn livekit(&self, second: i64, name: &str, more: Value) -> Timed {
        let mut body = json!({
            "event": name,
            "id": format!("EV_{}{second:02}", self.short()),
            "createdAt": self.second(second).as_second().to_string(),
            "room": {
                "sid": self.room_sid(), "name": self.room_name(),
                "creationTime": self.start.as_second().to_string(), "creationTimeMs": self.start.as_millisecond().to_string()
            }
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        (second, json_event(Provider::LiveKit, name, LIVEKIT, body))
    }

    /// The phone, which a trunk dialled.
    fn phone(&self, status: &str) -> Value {
        let mut phone = json!({
            "sid": format!("PA_phone{}", self.short()), "identity": format!("sip_{}", self.other), "kind": "SIP",
            "joinedAt": self.second(2).as_second().to_string(), "joinedAtMs": self.second(2).as_millisecond().to_string(),
            "attributes": {
                "sip.trunkID": "ST_ringpostcli", "sip.callID": format!("SCL_{}", self.short()), "sip.callStatus": status,
                "sip.phoneNumber": self.other, "sip.trunkPhoneNumber": self.line, "sip.twilio.callSid": self.call_sid()
            }
        });
        if let (Some(phone), "hangup") = (phone.as_object_mut(), status) {
            let reason = match self.outcome {
                Outcome::Completed => "CLIENT_INITIATED",
                Outcome::Busy => "USER_REJECTED",
                Outcome::NoAnswer => "USER_UNAVAILABLE",
                Outcome::Failed => "SIP_TRUNK_FAILURE",
            };
            phone.insert("disconnectReason".to_owned(), json!(reason));
        }
        phone
    }

    fn callback(&self, number: usize, second: i64, name: &str, status: &str) -> SampleEvent {
        let mut body = json!({
            "AccountSid": "00000000-0000-4000-8000-000000000000", "ApiVersion": "2010-04-01", "CallSid": self.call_sid(),
            "From": self.line, "To": self.other, "Direction": "outbound-api", "CallbackSource": "call-progress-events",
            "CallStatus": status, "SequenceNumber": number.to_string(), "Timestamp": rfc2822(self.second(second))
        });
        if let (Some(body), true) = (body.as_object_mut(), name == "call.completed") {
            let talked = if self.outcome == Outcome::Completed {
                TALKS_FOR
            } else {
                0
            };
            body.insert("CallDuration".to_owned(), json!(talked.to_string()));
        }
        SampleEvent {
            encoding: Encoding::Form,
            ..json_event(Provider::SignalWire, name, SIGNALWIRE, body)
        }
    }

    fn recording(&self) -> SampleEvent {
        let body = json!({
            "event_type": "recording.completed", "timestamp": rfc3339(self.second(self.outcome.end())), "call_id": self.call_sid(),
            "direction": "outbound", "from": self.line, "to": self.other, "recording_id": format!("RE{}", self.unique),
            "recording_url": "https://recordings.example.com/call.mp3"
        });
        json_event(
            Provider::SignalWire,
            "recording.completed",
            SIGNALWIRE,
            body,
        )
    }

    fn status(&self, second: i64, name: &str, failure: Option<&str>) -> Timed {
        let status = if failure.is_some() {
            "failed"
        } else {
            name.trim_start_matches("call.")
        };
        let body = json!({
            "event_type": name, "call_id": self.call_sid(), "conversation_id": self.conversation_id(), "status": status,
            "failure_reason": failure, "timestamp": rfc3339(self.second(second))
        });
        (
            second,
            json_event(Provider::ElevenLabs, name, CALL_STATUS, body),
        )
    }

    fn transcription(&self, second: i64) -> SampleEvent {
        let body = json!({
            "type": "post_call_transcription", "event_timestamp": self.second(second).as_second(),
            "data": {
                "agent_id": AGENT, "conversation_id": self.conversation_id(), "status": "done",
                "transcript": [
                    { "role": "agent", "message": "Hello, how can I help?", "time_in_call_secs": 0 },
                    { "role": "user", "message": "Où est ma commande 4471?", "time_in_call_secs": 4 }
                ],
                "metadata": {
                    "start_time_unix_secs": self.second(TALKS_FROM).as_second(), "accepted_time_unix_secs": self.second(TALKS_FROM).as_second(),
                    "call_duration_secs": TALKS_FOR, "termination_reason": "end_call tool was called",
                    "phone_call": {
                        "type": "twilio", "direction": "outbound", "agent_number": self.line, "external_number": self.other,
                        "call_sid": self.call_sid()
                    }
                },
                "analysis": { "call_successful": "success", "transcript_summary": "A sample of ringpost trigger." }
            }
        });
        json_event(
            Provider::ElevenLabs,
            "post_call_transcription",
            ELEVENLABS,
            body,
        )
    }

    fn initiation_failure(&self, second: i64, reason: &str) -> SampleEvent {
        let body = json!({
            "type": "call_initiation_failure", "event_timestamp": self.second(second).as_second(),
            "data": {
                "agent_id": AGENT, "conversation_id": self.conversation_id(), "failure_reason": reason,
                "metadata": { "type": "twilio", "body": {
                    "CallSid": self.call_sid(), "CallStatus": if reason == "unknown" { "failed" } else { reason },
                    "Direction": "outbound-api", "From": self.line, "To": self.other
                } }
            }
        });
        json_event(
            Provider::ElevenLabs,
            "call_initiation_failure",
            ELEVENLABS,
            body,
        )
    }

    fn voice(&self) -> SampleEvent {
        let body = json!({
            "event_type": "voice.completed", "timestamp": rfc3339(self.second(self.outcome.end())), "voice_id": "voice-1",
            "agent_id": AGENT, "call_id": self.call_sid(), "duration": 15.5
        });
        json_event(Provider::ElevenLabs, "voice.completed", ELEVENLABS, body)
    }

    /// A dialer's record. `trigger` puts the company of the environment into it.
    fn submission(&self) -> SampleEvent {
        let body = json!({
            "company_id": null, "outcome": "follow_up", "notes": "A sample of ringpost trigger.", "caller_number": self.line,
            "recipient_number": self.other, "duration_seconds": TALKS_FOR, "call_status": "completed",
            "start_time": rfc3339(self.second(TALKS_FROM)), "end_time": rfc3339(self.second(self.outcome.end())),
            "external_call_id": format!("ringpost-cli-{}", self.short()), "external_system": "ringpost-cli"
        });
        json_event(Provider::Dialer, "call.captured", CAPTURE, body)
    }
}

/// An agent that no tenant has: the number says whose call it is.
const AGENT: &str = "agent_ringpost_cli";

/// `Fri, 02 Jan 2026 00:00:00 +0000`, as the Compatibility API writes times.
fn rfc2822(moment: Timestamp) -> String {
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
