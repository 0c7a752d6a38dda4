//! `POST /api/v1/webhooks/livekit/sip-inbound`: LiveKit asks which agent answers a call.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    http::{
        dispatch::DispatchAnswer,
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    ingest::dispatch::{Dispatch, Dispatched},
    providers::livekit::{
        KeysIfAny,
        sip_inbound::{InboundCall, QuestionError},
    },
};
use tokio::time::Instant;

use super::gate::{Gate, WebhookGate, too_large_for};
use crate::{
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// A question has some hundred bytes, and an event that is deferred must fit into a message.
pub(super) const MAX_QUESTION_BYTES: usize = 128 * 1024;

/// What this function may touch: it reads `directory`, appends to `events`, sends to the queue of
/// deferred events, and reads the LiveKit secrets.
pub struct Function {
    pub dispatch: Dispatch,
    pub gate: Gate<KeysIfAny>,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "sip-inbound";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            dispatch: wiring.dispatch()?,
            gate: wiring.inbound_gate().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let asked = Instant::now();
        let webhook = self.gate.verified(request).await?;
        if webhook.body().len() > MAX_QUESTION_BYTES {
            return Err(too_large_for(MAX_QUESTION_BYTES));
        }
        let call = InboundCall::parse(webhook.body()).map_err(malformed)?;
        let event = webhook.signed(call.event(webhook.body().clone(), self.gate.now()));
        log::event_key(&event.key);
        let dispatched = self.dispatch.answer(&call, &event, asked).await;
        log::result(result(&dispatched));
        Ok(Reply::ok(&DispatchAnswer::of(
            &call,
            &dispatched.assignment,
        )))
    }
}

/// What the canonical line says; a metric filter may count `degraded`.
pub(super) fn result(dispatched: &Dispatched) -> &'static str {
    if dispatched.degraded {
        "degraded"
    } else {
        "dispatched"
    }
}

/// The answer to a body that is no question.
pub(super) fn malformed(error: QuestionError) -> ApiError {
    let api_error = ApiError::new(ErrorStatus::BadRequest, error.to_string());
    match error.field() {
        Some(field) => api_error.field(field),
        None => api_error,
    }
}
