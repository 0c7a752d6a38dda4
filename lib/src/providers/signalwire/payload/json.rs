//! JSON: the events of the Webhook API document, those of RELAY and SWML, SWML's requests for a
//! document, and the Compatibility API's parameters where its `bodySHA256` is used.

use serde_json::Value;

use super::{
    Callback, PayloadError, Progress, form,
    words::{direction, recording_event_type, seconds, time, verdict},
};
use crate::domain::timestamp::Timestamp;

pub(super) fn parse(body: &[u8]) -> Result<Callback, PayloadError> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| PayloadError::NotJson { line: error.line(), column: error.column() })?;
    let name = text(&value, "/event_type").or_else(|| text(&value, "/type"));
    let callback = match name.as_deref() {
        Some(name) if name.starts_with("calling.") => relay(name, &value),
        Some(name) if name.starts_with("call.") || name.starts_with("recording.") => {
            documented(Some(name), &value)
        }
        None if value.get("call").is_some_and(Value::is_object) => document_request(&value),
        name => match compatibility_parameters(&value) {
            Some(parameters) => compatibility(name, parameters),
            None => documented(name, &value),
        },
    };
    Ok(Callback { occurred_at: callback.occurred_at.or(moment(&value, "/timestamp")), ..callback })
}

/// The Webhook API document's events.
fn documented(name: Option<&str>, event: &Value) -> Callback {
    let state = text(event, "/state").or_else(|| text(event, "/status"));
    let (progress, recording) = match name.and_then(|name| name.split_once('.')) {
        Some(("call", what)) => (Progress::parse(what), None),
        Some(("recording", what)) => (None, Some(what)),
        _ => (None, None),
    };
    let event_type = match recording {
        Some(what) => recording_event_type(what),
        None => progress.map(Progress::event_type),
    };
    let told = first(event, &["/end_reason", "/reason"]);
    let length = text(event, "/duration").as_deref().and_then(seconds);
    let answered_at = moment(event, "/answer_time");
    let answered = answered_at.is_some() || length.is_some_and(|length| length > 0);
    // `call.completed` covers every end: of itself it says nothing of the outcome.
    let kind = name.and_then(|name| name.strip_prefix("call.")).filter(|kind| *kind != "completed");
    let words = [told.as_deref(), state.as_deref(), kind];
    let ended = progress == Some(Progress::Ended);
    let verdict = words.into_iter().flatten().find_map(|word| verdict(word, answered));
    let recorded = event_type == Some("recording.completed") || ended;
    Callback {
        event_type: event_type.or(name).unwrap_or_default().to_owned(),
        call_sid: first(event, &["/call_id", "/CallSid"]),
        progress,
        direction: text(event, "/direction").as_deref().and_then(direction),
        from: text(event, "/from"),
        to: text(event, "/to"),
        started_at: moment(event, "/start_time"),
        answered_at,
        ended_at: moment(event, "/end_time"),
        verdict: verdict.filter(|_| ended),
        reason: told.or_else(|| state.clone()).filter(|_| ended),
        seconds: length.filter(|_| ended),
        recording_url: first(event, &["/recording_url", "/recordingUrl", "/recording/url", "/url"])
            .filter(|_| recorded),
        recording_id: first(event, &["/recording_id", "/recordingId", "/recording_sid", "/recording/id"])
            .filter(|_| recording.is_some()),
        recording_seconds: length.filter(|_| recording.is_some()),
        campaign_id: first(event, &["/metadata/campaignId", "/metadata/campaign_id"]),
        contact_id: first(event, &["/metadata/contactId", "/metadata/contact_id"]),
        sequence: text(event, "/sequence"),
        state,
        ..Callback::default()
    }
}

/// RELAY's and SWML's events. `peer`, `parent` and `segment_id` name other legs: see `update`.
fn relay(name: &str, event: &Value) -> Callback {
    let params = &event["params"];
    let call_state = text(params, "/call_state");
    let is_state = matches!(name, "calling.call.state" | "calling.call.receive");
    let progress = call_state.as_deref().filter(|_| is_state).and_then(Progress::parse);
    let state = call_state.or_else(|| text(params, "/state")).or_else(|| text(params, "/connect_state"));
    let recording = state.as_deref().filter(|_| name == "calling.call.record").and_then(recording_event_type);
    let [started_at, answered_at, ended_at] =
        ["/start_time", "/answer_time", "/end_time"].map(|field| moment(params, field));
    let ended = progress == Some(Progress::Ended);
    let reason = text(params, "/end_reason").filter(|_| ended);
    let talked = answered_at.zip(ended_at).map(|(from, to)| to.millis_since(from) / 1_000);
    Callback {
        event_type: progress.map(Progress::event_type).or(recording).unwrap_or(name).to_owned(),
        call_sid: text(params, "/call_id"),
        progress,
        direction: text(params, "/direction").as_deref().and_then(direction),
        from: first(params, &["/device/params/from_number", "/device/params/from"]),
        to: first(params, &["/device/params/to_number", "/device/params/to"]),
        was_dialled: params["parent"].is_object(),
        is_web: text(params, "/device/type").is_some_and(|kind| kind == "webrtc"),
        started_at,
        answered_at,
        ended_at,
        verdict: reason.as_deref().and_then(|reason| verdict(reason, answered_at.is_some())),
        reason,
        seconds: talked.filter(|_| ended),
        recording_url: first(params, &["/record/url", "/url"])
            .filter(|_| recording == Some("recording.completed")),
        recording_id: text(params, "/control_id").filter(|_| recording.is_some()),
        recording_seconds: first(params, &["/duration", "/record/duration"])
            .filter(|_| recording.is_some())
            .as_deref()
            .and_then(seconds),
        state,
        ..Callback::default()
    }
}

/// SWML asks which document to run. It is answered as any other callback, and tells who is calling.
fn document_request(request: &Value) -> Callback {
    let call = &request["call"];
    Callback {
        event_type: "swml.request".to_owned(),
        call_sid: text(call, "/call_id"),
        state: text(call, "/call_state"),
        direction: text(call, "/direction").as_deref().and_then(direction),
        from: first(call, &["/from_number", "/from"]),
        to: first(call, &["/to_number", "/to"]),
        was_dialled: call["parent"].is_object(),
        is_web: text(call, "/type").is_some_and(|kind| kind == "webrtc"),
        ..Callback::default()
    }
}

/// The object that holds `CallSid`: the body, or its `data`.
fn compatibility_parameters(value: &Value) -> Option<&Value> {
    [value, &value["data"]].into_iter().find(|parameters| parameters["CallSid"].is_string())
}

fn compatibility(name: Option<&str>, parameters: &Value) -> Callback {
    let callback = form::read(|name| scalar(&parameters[name]));
    match name {
        Some(name) if callback.event_type.is_empty() => Callback { event_type: name.to_owned(), ..callback },
        _ => callback,
    }
}

fn first(value: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|pointer| text(value, pointer))
}

fn moment(value: &Value, pointer: &str) -> Option<Timestamp> {
    time(&text(value, pointer)?)
}

/// A text or a number; an empty text says nothing.
fn text(value: &Value, pointer: &str) -> Option<String> {
    scalar(value.pointer(pointer)?)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
