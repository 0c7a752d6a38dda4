//! `GET /api/calls/{id}/outcome?user_id=`: one call of one user.

use std::process::ExitCode;

use lambda_http::{Request, RequestExt};
use ringpost::{
    clock::Clock,
    domain::key::CallId,
    http::{
        call_log::CallLog,
        error::{ApiError, ErrorStatus},
        reply::Reply,
        token::{TokenKeys, TokenPolicy, Unauthorized},
    },
    pipeline::visible::find_visible,
    secrets::Secrets,
    store::{StoreError, calls::CallTable},
};

use crate::{
    runtime::{self, Endpoint, InitError, log},
    wiring::{Aws, token_policy},
};

/// What this function may touch: it reads `calls` and the keys of user tokens.
pub struct Deps {
    /// Where calls are.
    pub calls: CallTable,
    /// What a token must be.
    pub policy: TokenPolicy,
    /// What signs tokens.
    pub keys: Secrets<TokenKeys>,
    /// What time it is.
    pub clock: Clock,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Deps>()
}

impl Endpoint for Deps {
    const NAME: &'static str = "call-outcome";

    async fn init() -> Result<Self, InitError> {
        let (aws, policy, clock) = (Aws::new()?, token_policy()?, Clock::system());
        let keys = aws.token_keys(clock.clone(), policy.algorithm);
        let (keys, connected) = tokio::join!(keys, aws.connect());
        connected?;
        Ok(Self { calls: aws.calls()?, policy, keys: keys?, clock })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let keys = self.keys.current().await;
        let caller = self.policy.caller(&keys, request.headers(), self.clock.now()).map_err(unauthorized)?;
        let query = request.query_string_parameters_ref();
        let user_id = query.and_then(|query| query.first("user_id")).filter(|user_id| !user_id.is_empty());
        let user_id = user_id
            .ok_or_else(|| ApiError::new(ErrorStatus::BadRequest, "Missing required parameter: user_id"))?;
        let path = request.path_parameters_ref();
        let id = path.and_then(|path| path.first("id")).unwrap_or_default();
        let call_id = CallId::parse(id).ok_or_else(|| not_found(id))?;
        log::call_id(call_id);
        let found = find_visible(&self.calls, &caller, user_id, call_id).await.map_err(failed)?;
        let (call, owner) = found.ok_or_else(|| not_found(id))?;
        Ok(Reply::ok(&CallLog::of(&call, &owner)))
    }
}

fn unauthorized(reason: Unauthorized) -> ApiError {
    ApiError::new(ErrorStatus::Unauthorized, "Unauthorized")
        .message("Invalid or expired JWT token")
        .cause(reason)
}

fn not_found(id: &str) -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Call not found").call_id(id)
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to retrieve call outcome")
        .message("Database connection failed")
        .cause(error)
}
