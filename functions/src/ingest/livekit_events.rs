//! `POST /api/v1/webhooks/livekit/events`: LiveKit's room events, as the inbound call document wants
//! them sent. They are the same events as those of `call_completed`, under the same keys.

use std::process::ExitCode;

use bytes::Bytes;
use ringpost::{
    domain::timestamp::Timestamp,
    http::error::{ApiError, ErrorStatus},
    providers::{
        PayloadError,
        livekit::{KeysIfAny, LiveKitEvent},
    },
};

use super::{
    append_only::{self, Provider, Received},
    gate::Gate,
};
use crate::{
    runtime,
    wiring::{InitError, Wiring},
};

pub struct LiveKit;
pub type Function = append_only::Function<LiveKit>;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Provider for LiveKit {
    const BINARY: &'static str = "livekit-events";
    type Gate = Gate<KeysIfAny>;

    async fn gate(wiring: &Wiring) -> Result<Gate<KeysIfAny>, InitError> {
        wiring.inbound_gate().await
    }

    fn read(body: &Bytes, received_at: Timestamp) -> Result<Received, ApiError> {
        let livekit = LiveKitEvent::parse_lenient(body, received_at).map_err(malformed)?;
        let event = livekit.event(body.clone(), received_at);
        let ignored = livekit.room.is_none().then(|| {
            format!(
                "Event type '{}' is not processable without a room",
                event.event_type
            )
        });
        Ok(Received { event, ignored })
    }
}

fn malformed(error: PayloadError) -> ApiError {
    let api_error = ApiError::new(ErrorStatus::BadRequest, error.to_string());
    match error.field() {
        Some(field) => api_error.field(field),
        None => api_error,
    }
}
