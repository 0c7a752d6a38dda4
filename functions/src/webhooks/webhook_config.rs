//! `/api/webhooks/config`: subscriptions made, listed, shown, changed and deleted.

use std::process::ExitCode;

use http::Method;
use lambda_http::Request;
use ringpost::{
    admin::subscriptions::{CreateResult, Subscriptions},
    delivery::addresses::Loopback,
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        json_body::Fields,
        reply::Reply,
        webhook_config::{self, Details, Summary},
    },
    store::subscriptions::{MAX_PER_TENANT, SubscriptionTable},
};

use super::{
    failed, needed, not_found,
    replies::{Done, List, One},
    subscription_id,
};
use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it lists, reads, writes, counts and deletes subscriptions, and reads
/// the keys of user tokens.
pub struct Function {
    table: SubscriptionTable,
    subscriptions: Subscriptions,
    authenticator: Authenticator,
    loopback: Loopback,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-config";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        let table = wiring.subscriptions()?;
        Ok(Self {
            subscriptions: Subscriptions::new(table.clone(), wiring.endpoint_proof()),
            table,
            authenticator: wiring.authenticator().await?,
            loopback: wiring.loopback(),
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self
            .authenticator
            .authorized(&request, needed(request.method()))
            .await?;
        let tenant_id = caller.tenant_id();
        match (request.method(), subscription_id(&request)?) {
            (&Method::GET, None) => self.list(&tenant_id).await,
            (&Method::POST, None) => self.create(tenant_id, &request).await,
            (&Method::GET, Some(id)) => self.show(&tenant_id, id).await,
            (&Method::PUT, Some(id)) => self.change(&tenant_id, id, &request).await,
            (&Method::DELETE, Some(id)) => self.delete(&tenant_id, id).await,
            _ => Err(ApiError::new(ErrorStatus::NotFound, "No such route")),
        }
    }
}

impl Function {
    async fn list(&self, tenant_id: &str) -> Result<Reply, ApiError> {
        let subscriptions = self.table.list(tenant_id).await.map_err(failed)?;
        Ok(Reply::ok(&List::new(
            subscriptions.iter().map(Summary::of).collect(),
        )))
    }

    async fn create(&self, tenant_id: String, request: &Request) -> Result<Reply, ApiError> {
        let new = webhook_config::new_subscription(&Fields::parse(request.body())?, self.loopback)?;
        let (now, is_generated) = (self.authenticator.clock.now(), new.rest.secret.is_none());
        match self
            .subscriptions
            .create(tenant_id, new, now)
            .await
            .map_err(failed)?
        {
            CreateResult::Created(made) => {
                log::result("created");
                let (subscription, secrets) = *made;
                let view = Details::of(&subscription, &secrets, now);
                let view = if is_generated {
                    view.with_generated_secret(&secrets)
                } else {
                    view
                };
                let reply = One::new(view).message("Webhook configuration created successfully");
                Ok(Reply::created(&reply))
            }
            CreateResult::Full => {
                let message = format!(
                    "There are {MAX_PER_TENANT} webhook configurations already; delete one first"
                );
                Err(ApiError::new(ErrorStatus::Conflict, message))
            }
        }
    }

    async fn show(&self, tenant_id: &str, id: u64) -> Result<Reply, ApiError> {
        let found = self
            .table
            .find_with_secrets(tenant_id, id)
            .await
            .map_err(failed)?;
        let found = found.ok_or_else(not_found)?;
        let view = Details::of(
            &found.subscription,
            &found.secrets,
            self.authenticator.clock.now(),
        );
        Ok(Reply::ok(&One::new(view)))
    }

    async fn change(&self, tenant_id: &str, id: u64, request: &Request) -> Result<Reply, ApiError> {
        let change = webhook_config::change(&Fields::parse(request.body())?, self.loopback)?;
        let now = self.authenticator.clock.now();
        let changed = self
            .subscriptions
            .change(tenant_id, id, &change, now)
            .await
            .map_err(failed)?;
        let (changed, secrets) = changed.ok_or_else(not_found)?;
        log::result("changed");
        let reply = One::new(Details::of(&changed, &secrets, now))
            .message("Webhook configuration updated successfully");
        Ok(Reply::ok(&reply))
    }

    async fn delete(&self, tenant_id: &str, id: u64) -> Result<Reply, ApiError> {
        if !self.table.delete(tenant_id, id).await.map_err(failed)? {
            return Err(not_found());
        }
        log::result("deleted");
        Ok(Reply::ok(&Done::new(
            "Webhook configuration deleted successfully",
        )))
    }
}
