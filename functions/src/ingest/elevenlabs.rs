//! `POST /api/webhooks/elevenlabs`: ElevenLabs' post-call webhooks and the Webhook API's events.

use std::process::ExitCode;

use bytes::Bytes;
use ringpost::{
    domain::timestamp::Timestamp,
    http::error::ApiError,
    providers::elevenlabs::{Keys, PostCall},
};

use super::{
    append_only::{self, Provider, Received},
    gate::Gate,
    receipt::malformed,
};
use crate::{
    runtime,
    wiring::{InitError, Wiring},
};

pub struct ElevenLabs;
pub type Function = append_only::Function<ElevenLabs>;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Provider for ElevenLabs {
    const BINARY: &'static str = "elevenlabs";
    type Gate = Gate<Keys>;

    async fn gate(wiring: &Wiring) -> Result<Gate<Keys>, InitError> {
        wiring.elevenlabs_gate().await
    }

    fn read(body: &Bytes, received_at: Timestamp) -> Result<Received, ApiError> {
        let webhook = PostCall::parse(body).map_err(|error| malformed(&error, error.field()))?;
        Ok(webhook.event(body, received_at).into())
    }
}
