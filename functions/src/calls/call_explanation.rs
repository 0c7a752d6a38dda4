//! `GET /api/calls/{id}/explanation`: why a call shows what it shows, and what was announced of it.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::key::CallId,
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        explanation_view::ExplanationView,
        reply::Reply,
    },
    queries::explanation::{ExplanationLimits, Explanations},
    store::StoreError,
};

use crate::{
    authenticator::Authenticator,
    request::path_id,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads `calls`, `history`, `events`, `chunks`, the configurations in
/// `webhook-configs` and the keys of user tokens.
pub struct Function {
    pub explanations: Explanations,
    pub authenticator: Authenticator,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-explanation";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            explanations: Explanations {
                calls: wiring.calls()?,
                rows: wiring.history()?,
                events: wiring.events()?,
                subscriptions: wiring.subscriptions()?,
                limits: ExplanationLimits::default(),
            },
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let id: CallId = path_id(&request, "id", not_found)?;
        log::call_id(id);
        let explained = self.explanations.explain(&caller, id).await;
        let explained = explained.map_err(failed)?.ok_or_else(not_found)?;
        log::result(explained.explanation.rule.as_str());
        Ok(Reply::ok(&ExplanationView::of(explained)))
    }
}

fn not_found() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Call not found")
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to explain the call").cause(error)
}
