//! `POST /api/webhooks/elevenlabs/call-status`: the events of the ElevenLabs call status document.

use std::process::ExitCode;

use bytes::Bytes;
use ringpost::{
    domain::timestamp::Timestamp, http::error::ApiError, providers::elevenlabs::CallStatusEvent,
};

use super::{
    append_only::{self, Provider, Received},
    call_status_gate::CallStatusGate,
    receipt::malformed,
};
use crate::{
    runtime,
    wiring::{InitError, Wiring},
};

pub struct CallStatus;
pub type Function = append_only::Function<CallStatus>;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Provider for CallStatus {
    const BINARY: &'static str = "call-status";
    type Gate = CallStatusGate;

    async fn gate(wiring: &Wiring) -> Result<CallStatusGate, InitError> {
        wiring.call_status_gate().await
    }

    fn read(body: &Bytes, received_at: Timestamp) -> Result<Received, ApiError> {
        let status =
            CallStatusEvent::parse(body).map_err(|error| malformed(&error, error.field()))?;
        Ok(status.event(body, received_at).into())
    }
}
