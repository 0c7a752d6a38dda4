//! `POST /api/webhooks/signalwire`: SignalWire's callbacks.

use std::process::ExitCode;

use bytes::Bytes;
use ringpost::{
    domain::timestamp::Timestamp,
    http::error::ApiError,
    providers::signalwire::{self, Keys},
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

pub struct SignalWire;
pub type Function = append_only::Function<SignalWire>;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Provider for SignalWire {
    const BINARY: &'static str = "signalwire";
    type Gate = Gate<Keys>;

    async fn gate(wiring: &Wiring) -> Result<Gate<Keys>, InitError> {
        wiring.signalwire_gate().await
    }

    fn read(body: &Bytes, received_at: Timestamp) -> Result<Received, ApiError> {
        let event = signalwire::event(body, received_at);
        Ok(event.map_err(|error| malformed(error, None))?.into())
    }
}
