//! `GET /api/calls/{id}/outcome?user_id=`: one call of one user.

use std::process::ExitCode;

use lambda_http::Request;
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
    request::{parameter, path_id, path_text},
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads `calls` and the keys of user tokens.
pub struct Function {
    pub calls: CallTable,
    pub authenticator: Authenticator,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-outcome";
    const ERRORS: ErrorShape = ErrorShape::CallOutcomes;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            calls: wiring.calls()?,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let user_id = parameter(&request, "user_id").ok_or_else(|| {
            ApiError::new(
                ErrorStatus::BadRequest,
                "Missing required parameter: user_id",
            )
        })?;
        let id = path_text(&request, "id").unwrap_or_default();
        let call_id: CallId = path_id(&request, "id", || not_found(id))?;
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
