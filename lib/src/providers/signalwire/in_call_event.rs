//! Recordings, as SignalWire reports them.

use super::payload::Callback;
use crate::domain::{
    call::in_call_event::{InCallEvent, recording_state},
    event_type::{RECORDING_COMPLETED, RECORDING_STARTED},
    scalar::Scalar,
};

pub(super) fn of(callback: &Callback) -> InCallEvent {
    if !is_recording(callback) {
        return InCallEvent::new(&callback.event_type, []);
    }
    let url = callback.recording_url.clone().map(Scalar::Text);
    let id = callback.recording_id.clone().map(Scalar::Text);
    let duration = callback
        .recording_seconds
        .map(|seconds| Scalar::Number(seconds.to_string()));
    InCallEvent::new(
        &callback.event_type,
        [("id", id), ("url", url), ("duration", duration)],
    )
}

/// The recording and its state, by SignalWire's id or else by its URL.
pub(super) fn state(callback: &Callback) -> Option<String> {
    let id = callback
        .recording_id
        .as_deref()
        .or(callback.recording_url.as_deref());
    Some(recording_state(
        &callback.event_type,
        id.filter(|_| is_recording(callback))?,
    ))
}

fn is_recording(callback: &Callback) -> bool {
    [RECORDING_STARTED, RECORDING_COMPLETED].contains(&callback.event_type.as_str())
}
