//! `GET /api/webhooks/config/{id}/health`: how the endpoint of a subscription is doing.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    http::{
        endpoint_health::{EndpointHealthView, parse},
        error::{ApiError, ErrorShape},
        reply::Reply,
    },
    queries::endpoint_health::EndpointHealth,
    store::endpoints::SubscriptionRef,
};

use super::{failed, not_found, subscription_id};
use crate::{
    authenticator::Authenticator,
    request::query,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads `webhook-configs` without the signing secrets, `history`, and the keys
/// of user tokens.
pub struct Function {
    pub health: EndpointHealth,
    pub authenticator: Authenticator,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-config-health";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            health: wiring.endpoint_health()?,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self
            .authenticator
            .authorized(&request, Role::Viewer)
            .await?;
        let endpoint = SubscriptionRef {
            tenant_id: caller.tenant_id(),
            id: subscription_id(&request)?.ok_or_else(not_found)?,
        };
        let now = self.authenticator.clock.now();
        let window = parse(query(&request), now)?;
        self.authenticator.is_expensive_for(&caller).await?;
        let report = self.health.report(&endpoint, window, now).await;
        let report = report.map_err(failed)?.ok_or_else(not_found)?;
        log::result(format_args!("{} deliveries", report.total.total()));
        Ok(Reply::ok(&EndpointHealthView::of(&report, window, now)))
    }
}
