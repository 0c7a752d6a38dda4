//! `POST /api/v1/webhooks/test`: an inbound call without a call. It is processed as LiveKit's question
//! is, so that afterwards there are a call and a lead to look at.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    clock::Clock,
    http::{
        dispatch::DispatchAnswer,
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    ingest::dispatch::Dispatch,
    providers::livekit::sip_inbound::{InboundCall, Question},
};
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    gate::{raw, too_large_for},
    sip_inbound::{MAX_QUESTION_BYTES, malformed, result},
};
use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: what `sip-inbound` may, and the keys of user tokens instead of
/// LiveKit's.
pub struct Function {
    pub dispatch: Dispatch,
    /// Who may ask; `None` on a developer's machine, where the document's example works as written.
    pub authenticator: Option<Authenticator>,
    pub clock: Clock,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: &'static str,
    request: Question,
    response: DispatchAnswer,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhooks-test";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        let authenticator = if wiring.environment().is_local()? {
            None
        } else {
            Some(wiring.authenticator().await?)
        };
        Ok(Self {
            dispatch: wiring.dispatch()?,
            authenticator,
            clock: Clock::system(),
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let asked = Instant::now();
        let tenant_id = match &self.authenticator {
            Some(authenticator) => Some(
                authenticator
                    .authorized(&request, Role::Developer)
                    .await?
                    .tenant_id(),
            ),
            None => None,
        };
        let body = raw(request.into_body());
        if body.len() > MAX_QUESTION_BYTES {
            return Err(too_large_for(MAX_QUESTION_BYTES));
        }
        let now = self.clock.now();
        let asked_for = Question::parse(&body).map_err(malformed)?;
        // Two tests in one millisecond are two calls, perhaps of two tenants.
        let id = format!("{}-{}", now.as_millis(), Uuid::new_v4().simple());
        let question = Question {
            call_id: Some(format!("test-{id}")),
            room_name: Some(format!("test-room-{id}")),
            from_number: asked_for.from_number,
            to_number: asked_for.to_number,
            ..Question::default()
        };
        let payload = serde_json::to_vec(&question).map_err(internal)?;
        let call = InboundCall::parse(&payload).map_err(malformed)?;
        if let Some(tenant_id) = tenant_id {
            self.belongs_to(&call, &tenant_id).await?;
        }
        let event = call.event(payload.into(), now);
        log::event_key(&event.key);
        let dispatched = self.dispatch.answer(&call, &event, asked).await;
        log::result(result(&dispatched));
        Ok(Reply::ok(&Answer {
            success: true,
            message: "Test webhook processed successfully",
            request: question,
            response: DispatchAnswer::of(&call, &dispatched.assignment),
        }))
    }
}

impl Function {
    /// No caller tries the numbers of another tenant, or learns which it has.
    async fn belongs_to(&self, call: &InboundCall, tenant_id: &str) -> Result<(), ApiError> {
        let agents = &self.dispatch.agents;
        let line = agents.line(call.called.number()).await.map_err(internal)?;
        if agents.tenant_of(line.as_ref()).as_deref() == Some(tenant_id) {
            return Ok(());
        }
        Err(ApiError::new(ErrorStatus::NotFound, "Phone number not found").field("to_number"))
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to process test webhook").cause(error)
}
