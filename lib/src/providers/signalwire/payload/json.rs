//! JSON: the events of the Webhook API document, those of RELAY and SWML, SWML's requests for a
//! document, and the Compatibility API's parameters where its `bodySHA256` is used.

use std::borrow::Cow;

use super::{
    Callback, Progress, form,
    words::{direction, recording_event_type, seconds, time, verdict},
};
use crate::{
    domain::timestamp::Timestamp,
    json::{Fault, Json, Object},
    providers::values::contact_id,
};

pub(super) fn parse(body: &str) -> Result<Callback, Fault> {
    let event = Object::parse(body)?;
    let name = first(&event, &["event_type", "type"]);
    let callback = read(name.as_deref(), &event);
    Ok(Callback {
        occurred_at: callback.occurred_at.or(moment(&event, "timestamp")),
        // SWML requests documents for messages too.
        subject: callback
            .subject
            .or_else(|| first(&event, &["message/message_id", "message/id"])),
        ..callback
    })
}

fn read(name: Option<&str>, event: &Object<'_>) -> Callback {
    // Some senders put the JSON of a member into a string.
    let [params, call, data] =
        ["params", "call", "data"].map(|member| event.get(member).unwrapped());
    match name {
        Some(name) if name.starts_with("calling.") => {
            relay(name, &inner(&params).unwrap_or_default())
        }
        Some(kind) if kind.starts_with("call.") || kind.starts_with("recording.") => {
            documented(name, event)
        }
        _ => {
            let mut parameters = [Some(event.clone()), inner(&data)].into_iter().flatten();
            let is_named = |parameters: &Object<'_>| first(parameters, &form::IDS).is_some();
            let parameters = parameters.find(is_named);
            match (name, inner(&call), parameters) {
                (None, Some(call), _) => document_request(&call),
                (_, _, Some(parameters)) => compatibility(name, &parameters),
                _ => documented(name, event),
            }
        }
    }
}

fn inner(json: &str) -> Option<Object<'_>> {
    Object::parse(json).ok()
}

fn documented(name: Option<&str>, event: &Object<'_>) -> Callback {
    let state = text(event, "state").or_else(|| text(event, "status"));
    let (progress, recording) = match name.and_then(|name| name.split_once('.')) {
        Some(("call", what)) => (Progress::parse(what), None),
        Some(("recording", what)) => (None, Some(what)),
        _ => (None, None),
    };
    let event_type = match recording {
        Some(what) => recording_event_type(what),
        None => progress.map(Progress::event_type),
    };
    let reason = first(event, &["end_reason", "reason"]);
    let length = text(event, "duration").as_deref().and_then(seconds);
    let answered_at = moment(event, "answer_time");
    let answered = answered_at.is_some() || length.is_some_and(|length| length > 0);
    // `call.completed` covers every end: by itself it says nothing about the outcome.
    let kind = name
        .and_then(|name| name.strip_prefix("call."))
        .filter(|kind| *kind != "completed");
    let words = [reason.as_deref(), state.as_deref(), kind];
    let ended = progress == Some(Progress::Ended);
    let verdict = words
        .into_iter()
        .flatten()
        .find_map(|word| verdict(word, answered));
    let recorded = event_type == Some("recording.completed") || ended;
    let metadata = event.get("metadata").unwrapped();
    let metadata = inner(&metadata).unwrap_or_default();
    Callback {
        event_type: event_type.or(name).unwrap_or_default().to_owned(),
        call_sid: first(event, &["call_id", "CallSid"]),
        progress,
        direction: text(event, "direction").as_deref().and_then(direction),
        from: text(event, "from"),
        to: text(event, "to"),
        started_at: moment(event, "start_time"),
        answered_at,
        ended_at: moment(event, "end_time"),
        verdict: verdict.filter(|_| ended),
        reason: reason.or_else(|| state.clone()).filter(|_| ended),
        seconds: length.filter(|_| ended),
        recording_url: first(
            event,
            &["recording_url", "recordingUrl", "recording/url", "url"],
        )
        .filter(|_| recorded),
        recording_id: first(
            event,
            &[
                "recording_id",
                "recordingId",
                "recording_sid",
                "recording/id",
            ],
        )
        .filter(|_| recording.is_some()),
        recording_seconds: length.filter(|_| recording.is_some()),
        campaign_id: first(&metadata, &["campaignId", "campaign_id"]),
        contact_id: contact_id(&metadata),
        sequence: text(event, "sequence"),
        state,
        ..Callback::default()
    }
}

/// RELAY's and SWML's events. `peer`, `parent` and `segment_id` name other legs: see `update`.
fn relay(name: &str, params: &Object<'_>) -> Callback {
    let call_state = text(params, "call_state");
    let is_state = matches!(name, "calling.call.state" | "calling.call.receive");
    let progress = call_state
        .as_deref()
        .filter(|_| is_state)
        .and_then(Progress::parse);
    let state = call_state
        .or_else(|| text(params, "state"))
        .or_else(|| text(params, "connect_state"));
    let recording = state
        .as_deref()
        .filter(|_| name == "calling.call.record")
        .and_then(recording_event_type);
    let [started_at, answered_at, ended_at] =
        ["start_time", "answer_time", "end_time"].map(|field| moment(params, field));
    let ended = progress == Some(Progress::Ended);
    let reason = text(params, "end_reason").filter(|_| ended);
    let talked = answered_at
        .zip(ended_at)
        .map(|(from, to)| to.millis_since(from) / 1_000);
    Callback {
        event_type: progress
            .map(Progress::event_type)
            .or(recording)
            .unwrap_or(name)
            .to_owned(),
        call_sid: text(params, "call_id"),
        progress,
        direction: text(params, "direction").as_deref().and_then(direction),
        from: first(params, &["device/params/from_number", "device/params/from"]),
        to: first(params, &["device/params/to_number", "device/params/to"]),
        was_dialled: params.get("parent").is_object(),
        is_web: text(params, "device/type").is_some_and(|kind| kind == "webrtc"),
        started_at,
        answered_at,
        ended_at,
        verdict: reason
            .as_deref()
            .and_then(|reason| verdict(reason, answered_at.is_some())),
        reason,
        seconds: talked.filter(|_| ended),
        recording_url: first(params, &["record/url", "url"])
            .filter(|_| recording == Some("recording.completed")),
        recording_id: text(params, "control_id").filter(|_| recording.is_some()),
        recording_seconds: first(params, &["duration", "record/duration"])
            .filter(|_| recording.is_some())
            .as_deref()
            .and_then(seconds),
        state,
        ..Callback::default()
    }
}

/// SWML's request for a document. It is answered as any other callback, and shows the caller.
fn document_request(call: &Object<'_>) -> Callback {
    let call_sid = text(call, "call_id");
    Callback {
        event_type: call_sid
            .as_ref()
            .map(|_| "swml.request".to_owned())
            .unwrap_or_default(),
        call_sid,
        state: text(call, "call_state"),
        direction: text(call, "direction").as_deref().and_then(direction),
        from: first(call, &["from_number", "from"]),
        to: first(call, &["to_number", "to"]),
        was_dialled: call.get("parent").is_object(),
        is_web: text(call, "type").is_some_and(|kind| kind == "webrtc"),
        ..Callback::default()
    }
}

fn compatibility(name: Option<&str>, parameters: &Object<'_>) -> Callback {
    let callback = form::read(|name| text(parameters, name));
    match name {
        Some(name) if callback.event_type.is_empty() => Callback {
            event_type: name.to_owned(),
            ..callback
        },
        _ => callback,
    }
}

fn first(object: &Object<'_>, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| text(object, path))
}

fn moment(object: &Object<'_>, path: &str) -> Option<Timestamp> {
    time(&text(object, path)?)
}

fn text(object: &Object<'_>, path: &str) -> Option<String> {
    at(object, path).scalar().map(Cow::into_owned)
}

/// The value at a path of members.
fn at<'a>(object: &Object<'a>, path: &str) -> Json<'a> {
    match path.split_once('/') {
        Some((name, rest)) => at(&object.get(name).object(), rest),
        None => object.get(path),
    }
}
