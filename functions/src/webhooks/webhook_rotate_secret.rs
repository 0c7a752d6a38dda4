//! `POST /api/webhooks/config/{id}/rotate-secret`: a new secret signs, and the old one along with it
//! until the receiver knows the new one.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    admin::subscriptions::Subscriptions,
    auth::role::Role,
    domain::{delivery::signature::SigningSecret, subscription::endpoint_proof::EndpointProof},
    http::{
        error::{ApiError, ErrorShape},
        json_body::Fields,
        reply::Reply,
        webhook_config::{self, Details},
    },
};

use super::{failed, not_found, replies::One, subscription_id};
use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads and writes subscriptions, and reads the keys of user tokens.
pub struct Function {
    subscriptions: Subscriptions,
    authenticator: Authenticator,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-rotate-secret";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            // A rotation leaves a subscription as active as it was.
            subscriptions: Subscriptions::new(wiring.subscriptions()?, EndpointProof::NotAsked),
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self
            .authenticator
            .authorized(&request, Role::Developer)
            .await?
            .tenant_id();
        let id = subscription_id(&request)?.ok_or_else(not_found)?;
        let rotation = webhook_config::rotation(&Fields::parse_optional(request.body())?)?;
        let (now, is_generated) = (self.authenticator.clock.now(), rotation.secret.is_none());
        let rotated = self
            .subscriptions
            .rotate(&tenant_id, id, rotation, now)
            .await
            .map_err(failed)?;
        let (rotated, secrets) = rotated.ok_or_else(not_found)?;
        log::result("rotated");
        let secret = Some(&secrets.present)
            .filter(|_| is_generated)
            .map(SigningSecret::as_str);
        let reply = One::new(Details::of(&rotated, &secrets, now))
            .message("Webhook secret rotated successfully");
        Ok(Reply::ok(&reply.secret(secret)))
    }
}
