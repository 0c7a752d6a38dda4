//! `GET /api/calls/{id}/outcome?user_id=`: one call of one user.

use std::process::ExitCode;

use lambda_http::{Request, RequestExt};
use ringpost::{
    auth::role::Role,
    domain::key::CallId,
    http::{
        call_log::CallLog,
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    queries::call::find_visible,
    store::{StoreError, calls::CallTable},
};

use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, InitError, log},
    wiring::Aws,
};

/// What this function may touch: it reads `calls` and the keys of user tokens.
pub struct Function {
    /// Where calls are.
    pub calls: CallTable,
    /// Who may ask.
    pub authenticator: Authenticator,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-outcome";
    const ERRORS: ErrorShape = ErrorShape::CallOutcomes;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (authenticator, connected) = tokio::join!(aws.authenticator(), aws.connect());
        connected?;
        Ok(Self {
            calls: aws.calls()?,
            authenticator: authenticator?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let query = request.query_string_parameters_ref();
        let user_id = query
            .and_then(|query| query.first("user_id"))
            .filter(|user_id| !user_id.is_empty());
        let user_id = user_id.ok_or_else(|| {
            ApiError::new(
                ErrorStatus::BadRequest,
                "Missing required parameter: user_id",
            )
        })?;
        let path = request.path_parameters_ref();
        let id = path.and_then(|path| path.first("id")).unwrap_or_default();
        let call_id = CallId::parse(id).ok_or_else(|| not_found(id))?;
        log::call_id(call_id);
        let found = find_visible(&self.calls, &caller, user_id, call_id)
            .await
            .map_err(failed)?;
        let (call, owner) = found.ok_or_else(|| not_found(id))?;
        Ok(Reply::ok(&CallLog::of(&call, &owner)))
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Call not found").call_id(id)
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to retrieve call outcome")
        .message("Database connection failed")
        .cause(error)
}
