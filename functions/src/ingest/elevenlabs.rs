//! `POST /api/webhooks/elevenlabs`: ElevenLabs' post-call webhooks and the Webhook API's events.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    http::{
        error::{ApiError, ErrorShape},
        reply::Reply,
    },
    providers::elevenlabs::{Keys, PostCall},
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

/// What this function may touch: it appends to `events` and reads ElevenLabs' webhook secrets.
pub struct Function {
    /// Where events are kept.
    pub events: EventTable,
    /// ElevenLabs' way in.
    pub gate: Gate<Keys>,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "elevenlabs";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (gate, connected) = tokio::join!(aws.elevenlabs_gate(), aws.connect_to_log());
        connected?;
        Ok(Self {
            events: aws.events()?,
            gate: gate?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let post_call =
            PostCall::parse(webhook.body()).map_err(|error| malformed(&error, error.field()))?;
        keep(
            &self.events,
            &webhook.signed(post_call.event(webhook.body(), self.gate.clock.now())),
        )
        .await
    }
}
