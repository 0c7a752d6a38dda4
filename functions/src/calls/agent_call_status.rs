//! `POST /api/agent-calls/status`: the status of one agent's call.

use std::{process::ExitCode, time::Duration};

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    clock::Clock,
    http::{
        agent_call::{self, AgentCall},
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    providers::elevenlabs::client::{ApiKey, Timeouts},
    queries::agent_call_status::{AgentCalls, Status},
    secrets::Secrets,
    store::StoreError,
};

use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// A person waits for the answer, and the cached one is good enough.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(1),
    total: Duration::from_secs(2),
};

/// What this function may touch: it reads and appends to `events`, reads and writes `calls`, reads
/// `directory`, the keys of user tokens and ElevenLabs' API key, and asks ElevenLabs.
pub struct Function {
    pub agent_calls: AgentCalls,
    /// ElevenLabs' API key; without one only what is cached is answered.
    pub key: Secrets<Option<ApiKey>>,
    pub authenticator: Authenticator,
    pub clock: Clock,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "agent-call-status";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        let (authenticator, key) =
            tokio::try_join!(wiring.authenticator(), wiring.elevenlabs_key())?;
        Ok(Self {
            agent_calls: wiring.agent_calls(TIMEOUTS)?,
            key,
            authenticator,
            clock: Clock::system(),
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let query = agent_call::parse(request.body())?;
        let keys = self.key.current().await;
        let key = keys.as_deref().and_then(Option::as_ref);
        let status = self
            .agent_calls
            .status(&caller, key, &query, self.clock.now())
            .await;
        match status.map_err(failed)? {
            Status::Known {
                call,
                reported_by,
                stale,
            } => {
                log::call_id(call.id);
                log::result(if stale { "stale" } else { "answered" });
                Ok(Reply::ok(&AgentCall::of(
                    &call,
                    &query,
                    reported_by.as_deref(),
                    stale,
                )))
            }
            Status::NotFound => Err(ApiError::new(ErrorStatus::NotFound, "Call not found")),
            Status::TooOften(exceeded) => Err(ApiError::exceeded(exceeded)),
            Status::Unanswered(error) => Err(ApiError::new(
                ErrorStatus::BadGateway,
                "Nothing is known of this call yet, and ElevenLabs did not answer",
            )
            .cause(error)),
        }
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "Failed to retrieve the call's status",
    )
    .cause(error)
}
