//! LiveKit's egresses are the recordings of its rooms.

use super::{EventName, LiveKitEvent};
use crate::domain::{
    call::in_call_event::{InCallEvent, recording_state},
    event_type::{RECORDING_COMPLETED, RECORDING_STARTED},
    scalar::Scalar,
};

/// The recording that the event reports. One that ended without a result did not complete.
pub(super) fn of(livekit: &LiveKitEvent) -> Option<InCallEvent> {
    let url = livekit
        .recording
        .as_ref()
        .map(|recording| Scalar::Text(recording.url.clone()));
    let id = livekit.egress_id.clone().map(Scalar::Text);
    Some(InCallEvent::new(
        event_type(livekit)?,
        [("id", id), ("url", url)],
    ))
}

/// `None` if LiveKit does not name the recording.
pub(super) fn state(livekit: &LiveKitEvent) -> Option<String> {
    Some(recording_state(
        event_type(livekit)?,
        livekit.egress_id.as_deref()?,
    ))
}

fn event_type(livekit: &LiveKitEvent) -> Option<&'static str> {
    match livekit.name() {
        EventName::EgressStarted => Some(RECORDING_STARTED),
        EventName::EgressEnded => livekit.recording.as_ref().map(|_| RECORDING_COMPLETED),
        _ => None,
    }
}
