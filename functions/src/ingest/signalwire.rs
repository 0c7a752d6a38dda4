//! `POST /api/webhooks/signalwire`: SignalWire's callbacks. They are kept; `fan-out` does the rest.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    http::{
        error::{ApiError, ErrorShape},
        reply::Reply,
    },
    providers::signalwire::{self, Keys},
    store::events::EventTable,
};

use super::{
    gate::Gate,
    receipt::{keep, malformed},
};
use crate::{
    runtime::{self, Endpoint, InitError},
    wiring::Aws,
};

/// What this function may touch: it appends to `events` and reads the SignalWire secrets.
pub struct Function {
    /// Where events are kept.
    pub events: EventTable,
    /// SignalWire's way in.
    pub gate: Gate<Keys>,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "signalwire";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (gate, connected) = tokio::join!(aws.signalwire_gate(), aws.connect_to_log());
        connected?;
        Ok(Self {
            events: aws.events()?,
            gate: gate?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let event = signalwire::event(webhook.body(), self.gate.clock.now());
        let event = webhook.signed(event.map_err(|error| malformed(error, None))?);
        keep(&self.events, &event).await
    }
}
