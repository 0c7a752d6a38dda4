//! `POST /api/v1/webhooks/livekit/events`: LiveKit's room events, as the inbound call document wants
//! them sent. They are the same events as those of `call_completed`, under the same keys.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    providers::livekit::{KeysIfAny, LiveKitEvent, PayloadError},
    store::events::EventTable,
};

use super::{
    gate::Gate,
    receipt::{keep, keep_ignored},
};
use crate::{
    runtime::{self, Endpoint, InitError},
    wiring::Aws,
};

/// What this function may touch: it appends to `events`, and reads the LiveKit secrets.
pub struct Function {
    /// Where events are kept.
    pub events: EventTable,
    /// LiveKit's way in.
    pub gate: Gate<KeysIfAny>,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "livekit-events";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (gate, connected) = tokio::join!(aws.inbound_gate(), aws.connect_to_log());
        connected?;
        Ok(Self {
            events: aws.events()?,
            gate: gate?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let received_at = self.gate.clock.now();
        let livekit =
            LiveKitEvent::parse_lenient(webhook.body(), received_at).map_err(malformed)?;
        let event = webhook.signed(livekit.event(webhook.body().clone(), received_at));
        if livekit.room.is_some() {
            return keep(&self.events, &event).await;
        }
        let message = format!(
            "Event type '{}' is not processable without a room",
            event.event_type
        );
        keep_ignored(&self.events, &event, &message).await
    }
}

fn malformed(error: PayloadError) -> ApiError {
    let api_error = ApiError::new(ErrorStatus::BadRequest, error.to_string());
    match error {
        PayloadError::Missing(field) => api_error.field(field),
        PayloadError::Invalid(field) => api_error.field(field),
        PayloadError::NoRoom { path, .. } => api_error.field(path),
        PayloadError::NotJson { .. } | PayloadError::NotAnObject => api_error,
    }
}
