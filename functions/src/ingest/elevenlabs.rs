//! `POST /api/webhooks/elevenlabs`: ElevenLabs' post-call webhooks and the Webhook API's events.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::event::Event,
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    providers::elevenlabs::{Keys, PayloadError, PostCall},
    store::events::{Accepted, EventTable},
};
use serde::Serialize;

use super::gate::Gate;
use crate::{
    runtime::{self, Endpoint, InitError, log},
    wiring::Aws,
};

/// What this function may touch: it appends to `events` and reads ElevenLabs' webhook secrets.
pub struct Deps {
    /// Where events are kept.
    pub events: EventTable,
    /// ElevenLabs' way in.
    pub gate: Gate<Keys>,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: &'static str,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Deps>()
}

impl Endpoint for Deps {
    const NAME: &'static str = "elevenlabs";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (gate, connected) = tokio::join!(aws.elevenlabs_gate(), aws.connect_to_events());
        connected?;
        Ok(Self { events: aws.events()?, gate: gate? })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let post_call = PostCall::parse(webhook.body()).map_err(malformed)?;
        keep(&self.events, &post_call.event(webhook.body(), self.gate.clock.now())).await
    }
}

/// Keeps an event, the first time and every other, and says so.
pub(super) async fn keep(events: &EventTable, event: &Event) -> Result<Reply, ApiError> {
    log::event_key(&event.key);
    let accepted = events.append(event).await.map_err(|error| {
        ApiError::new(ErrorStatus::Internal, "Failed to process webhook event").cause(error)
    })?;
    log::result(match accepted {
        Accepted::New => "kept",
        Accepted::Duplicate => "duplicate",
    });
    Ok(Reply::ok(&Answer { success: true, message: "Webhook received and processed" }))
}

/// The answer to a verified body that cannot be read.
pub(super) fn malformed(error: PayloadError) -> ApiError {
    let api_error =
        ApiError::new(ErrorStatus::BadRequest, "Invalid webhook payload").details(error.to_string());
    match error.field() {
        Some(field) => api_error.field(field),
        None => api_error,
    }
}
