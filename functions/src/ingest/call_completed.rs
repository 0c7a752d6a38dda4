//! `POST /api/webhooks/call_completed`: LiveKit's events, of which some end a call.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::{call::CallUpdate, event::Event},
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    ingest::accept::{Accept, AcceptResult},
    providers::{
        self, PayloadError,
        livekit::{Keys, LiveKitEvent},
    },
    store::StoreError,
};
use serde::Serialize;

use super::gate::{Gate, WebhookGate};
use crate::{
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it appends to `events`, reads and writes `calls`, reads `directory`,
/// and reads the LiveKit secrets.
pub struct Function {
    pub accept: Accept,
    pub gate: Gate<Keys>,
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
struct Answer<'a> {
    status: &'static str,
    message: String,
    event_id: Option<&'a str>,
    event_type: Option<&'a str>,
    call_id: Option<String>,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-completed";
    const ERRORS: ErrorShape = ErrorShape::CallOutcomes;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            accept: Accept::new(wiring.events()?, wiring.lookup()?, wiring.fold()?),
            gate: wiring.livekit_gate().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let received_at = self.gate.now();
        let livekit = LiveKitEvent::parse(webhook.body(), received_at).map_err(malformed)?;
        let event = webhook.signed(livekit.event(webhook.body().clone(), received_at));
        log::event_key(&event.key);
        let is_processable = livekit.name().is_processable();
        match providers::livekit::read(&livekit, &event) {
            Some(update) if is_processable => self.process(&livekit, &event, &update).await,
            // A web page's recording, say: processable, if it were a room's.
            None if is_processable => self.ignore(&event, " without a room").await,
            _ => self.ignore(&event, "").await,
        }
    }
}

impl Function {
    async fn process(
        &self,
        livekit: &LiveKitEvent,
        event: &Event,
        update: &CallUpdate,
    ) -> Result<Reply, ApiError> {
        match self
            .accept
            .append_and_load(event, update)
            .await
            .map_err(failed)?
        {
            AcceptResult::Duplicate => {
                log::result("duplicate");
                Ok(processed(
                    livekit,
                    "Event already processed (idempotency)".to_owned(),
                    None,
                ))
            }
            AcceptResult::Folded(call) => {
                log::call_id(call.id);
                log::result("processed");
                let outcome = call
                    .facts
                    .outcome()
                    .map_or("pending", |outcome| outcome.as_str());
                let message = format!("Event processed successfully. Outcome: {outcome}");
                Ok(processed(livekit, message, Some(call.id.to_string())))
            }
        }
    }

    async fn ignore(&self, event: &Event, why: &str) -> Result<Reply, ApiError> {
        self.accept.append(event).await.map_err(failed)?;
        log::result("ignored");
        Ok(Reply::ok(&Answer {
            status: "ignored",
            message: format!("Event type '{}' is not processable{why}", event.event_type),
            event_id: None,
            event_type: Some(&event.event_type),
            call_id: None,
        }))
    }
}

fn processed(livekit: &LiveKitEvent, message: String, call_id: Option<String>) -> Reply {
    Reply::ok(&Answer {
        status: "processed",
        message,
        event_id: Some(&livekit.id),
        event_type: None,
        call_id,
    })
}

fn malformed(error: PayloadError) -> ApiError {
    let api_error = ApiError::new(ErrorStatus::BadRequest, "Invalid webhook payload")
        .details(error.to_string());
    match error {
        PayloadError::Invalid(field) => api_error.field(field),
        PayloadError::NoRoom { path, .. } => api_error.field(path),
        _ => api_error,
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to process webhook event")
        .message("Database connection failed")
        .cause(error)
}
