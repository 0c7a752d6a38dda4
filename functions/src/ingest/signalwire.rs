//! `POST /api/webhooks/signalwire`: SignalWire's callbacks. They are kept; `fan-out` does the rest.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    providers::signalwire::{self, Keys, PayloadError},
    store::{
        StoreError,
        events::{Accepted, EventTable},
    },
};
use serde::Serialize;

use super::gate::Gate;
use crate::{
    runtime::{self, Endpoint, InitError, log},
    wiring::Aws,
};

/// What this function may touch: it appends to `events` and reads the SignalWire secrets.
pub struct Deps {
    /// Where events are kept.
    pub events: EventTable,
    /// SignalWire's way in.
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
    const NAME: &'static str = "signalwire";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (gate, connected) = tokio::join!(aws.signalwire_gate(), aws.connect_to_events());
        connected?;
        Ok(Self { events: aws.events()?, gate: gate? })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let event = signalwire::event(webhook.body(), self.gate.clock.now()).map_err(malformed)?;
        log::event_key(&event.key);
        match self.events.append(&event).await.map_err(failed)? {
            Accepted::New => log::result("kept"),
            Accepted::Duplicate => log::result("duplicate"),
        }
        // A repetition is answered alike: SignalWire would only send it again.
        Ok(Reply::ok(&Answer { success: true, message: "Webhook received and processed" }))
    }
}

fn malformed(error: PayloadError) -> ApiError {
    ApiError::new(ErrorStatus::BadRequest, "Invalid webhook payload").details(error.to_string())
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to process webhook event").cause(error)
}
