//! Forms of the Compatibility API: callbacks about calls, recordings and transcriptions. Twilio's
//! differ only in their ids; `From` and `To` may hold `sip` addresses and hidden callers.

use std::borrow::Cow;

use form_urlencoded::parse as parse_form;

use super::{
    Callback, Direction, Progress,
    words::{direction, recording_event_type, seconds, time, verdict},
};
use crate::domain::timestamp::Timestamp;

/// `None` when the body is no form: forms are encoded and have no spaces or control characters.
pub(super) fn parse(body: &[u8]) -> Option<Callback> {
    let body = body.trim_ascii();
    let is_encoded =
        body.contains(&b'=') && !body.iter().any(|byte| *byte <= b' ' || *byte == 0x7f);
    if !is_encoded || std::str::from_utf8(body).is_err() {
        return None;
    }
    let parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = parse_form(body).collect();
    Some(read(|name| {
        let first = parameters.iter().find(|(key, _)| key == name);
        first.map(|(_, value)| value.as_ref().to_owned())
    }))
}

/// A callback has some dozens of short parameters.
const MAX_BYTES: usize = 256 * 1024;
const MAX_PARAMETERS: usize = 1_000;

/// The names and values of a form, concatenated, sorted by name, with repeated names in their
/// order: what SignalWire signs.
pub(in super::super) fn sorted_parameters(body: &[u8]) -> String {
    let mut parameters: Vec<_> = parse_form(body).collect();
    parameters.sort_by(|(one, _), (other, _)| one.cmp(other));
    run_together(parameters)
}

/// As [`sorted_parameters`], with the values of a repeated name sorted and each kept once: what
/// Twilio signs. Changes to a form that its signature allows do not change this text.
pub(in super::super) fn unique_parameters(body: &[u8]) -> String {
    let mut parameters: Vec<_> = parse_form(body).collect();
    parameters.sort();
    parameters.dedup();
    run_together(parameters)
}

fn run_together(parameters: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> String {
    parameters
        .into_iter()
        .fold(String::new(), |text, (name, value)| text + &name + &value)
}

/// Whether a form is small enough for a callback: its signature can be checked only by sorting it.
pub(in super::super) fn is_modest(body: &[u8]) -> bool {
    body.len() <= MAX_BYTES && body.iter().filter(|byte| **byte == b'&').count() < MAX_PARAMETERS
}

/// The ids that a callback may have: of a call, or of another subject.
pub(super) const IDS: [&str; 8] = [
    "CallSid",
    "MessageSid",
    "SmsSid",
    "RecordingSid",
    "TranscriptionSid",
    "ConferenceSid",
    "QueueSid",
    "FaxSid",
];

/// Every callback of a leg has one of these. A number's own callback has none: it is sent after an
/// inbound call to that number, and its `Timestamp` is the call's creation (SignalWire, "Inbound
/// Call Status Callback").
const OF_LEGS: [&str; 4] = [
    "Direction",
    "ParentCallSid",
    "CallbackSource",
    "SequenceNumber",
];

/// JSON may contain the same parameters.
pub(super) fn read(parameter: impl Fn(&str) -> Option<String>) -> Callback {
    let get = |name: &str| parameter(name).filter(|value| !value.is_empty());
    let call = get("CallStatus");
    let recording = get("RecordingStatus");
    let progress = call.as_deref().and_then(Progress::parse);
    let ended = call.clone().filter(|_| progress == Some(Progress::Ended));
    let way = get("Direction");
    let timestamp = get("Timestamp").as_deref().and_then(time);
    let length = get("CallDuration").as_deref().and_then(seconds);
    let is_of_number = ended.is_some() && OF_LEGS.iter().all(|name| get(name).is_none());
    let over =
        |(created, length): (Timestamp, u64)| created.plus_millis(length.saturating_mul(1_000));
    let (occurred_at, started_at) = match is_of_number {
        true => (timestamp.zip(length).map(over), timestamp),
        false => (timestamp, None),
    };
    Callback {
        event_type: event_type(&get).unwrap_or_default(),
        subject: IDS.iter().find_map(|name| get(name)),
        occurred_at,
        started_at,
        is_of_number,
        call_sid: get("CallSid"),
        verdict: ended.as_deref().and_then(|status| verdict(status, true)),
        reason: ended,
        progress,
        sequence: get("SequenceNumber"),
        direction: match is_of_number {
            true => Some(Direction::Inbound),
            false => way.as_deref().and_then(direction),
        },
        was_dialled: get("ParentCallSid").is_some() || way.as_deref() == Some("outbound-dial"),
        from: get("From"),
        to: get("To"),
        seconds: length,
        recording_id: get("RecordingSid"),
        recording_seconds: get("RecordingDuration").as_deref().and_then(seconds),
        // The URL of an unfinished recording does not work yet.
        recording_url: get("RecordingUrl").filter(|_| {
            recording
                .as_deref()
                .is_none_or(|status| status == "completed")
        }),
        state: call.or(recording).or_else(|| get("TranscriptionStatus")),
        ..Callback::default()
    }
}

/// These callbacks have no type: it is made of the reported status.
fn event_type(get: &impl Fn(&str) -> Option<String>) -> Option<String> {
    if let Some(status) = get("RecordingStatus") {
        let known = recording_event_type(&status).map(str::to_owned);
        return Some(known.unwrap_or_else(|| format!("recording.{status}")));
    }
    if let Some(status) = get("TranscriptionStatus") {
        return Some(format!("transcription.{status}"));
    }
    if let Some(status) = get("CallStatus") {
        let known = Progress::parse(&status).map(|progress| progress.event_type().to_owned());
        return Some(known.unwrap_or_else(|| format!("call.{status}")));
    }
    if let Some(status) = get("MessageStatus") {
        return Some(format!("message.{status}"));
    }
    get("StatusCallbackEvent")
}
