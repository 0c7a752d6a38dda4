//! `POST /api/events`: an event of the tenant's own, for all of its subscriptions that want it.
//!
//! The event key follows from the tenant and its `Idempotency-Key`, so that the append to the log is
//! the check as well. The second request reads the stored event: the same is answered alike, anything
//! else is refused.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::{limiter::Limiter, role::Role},
    clock::Clock,
    domain::{delivery::announced_id, event::Event},
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        idempotency::required_idempotency_key,
        publication::Publication,
        reply::Reply,
    },
    json,
    providers::platform::published,
    store::{
        StoreError,
        events::{Accepted, EventTable},
    },
};
use serde::Serialize;

use crate::{
    authenticator::Authenticator,
    limits,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it appends to `events` and reads what it finds there, and reads the
/// keys of user tokens.
pub struct Function {
    pub events: EventTable,
    pub authenticator: Authenticator,
    pub clock: Clock,
    /// How many events a tenant may publish, if that is limited.
    pub quota: Option<Limiter>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    success: bool,
    event_id: String,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "publish-event";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            events: wiring.events()?,
            authenticator: wiring.authenticator().await?,
            clock: Clock::system(),
            quota: wiring.limiter("publish", "PUBLISHED_EVENTS_PER_MINUTE")?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self
            .authenticator
            .authorized(&request, Role::Developer)
            .await?
            .tenant_id();
        let key = required_idempotency_key(request.headers())?;
        let publication = Publication::parse(request.body())?;
        limits::admit(self.quota.as_ref(), &tenant_id, 1).await?;
        let now = self.clock.now();
        let Publication {
            event_type,
            payload,
            occurred_at,
        } = &publication;
        let event = published(
            &tenant_id,
            key,
            event_type,
            payload,
            occurred_at.unwrap_or(now),
            now,
        );
        log::event_key(&event.key);
        match self.events.append(&event).await.map_err(failed)? {
            Accepted::New => log::result("published"),
            Accepted::Duplicate => self.compare(&publication, &event).await?,
        }
        let event_id = announced_id(&tenant_id, &event.key, &event.event_type, &[]);
        Ok(Reply::accepted(&Published {
            success: true,
            event_id,
        }))
    }
}

impl Function {
    /// Whether the event under this key is the one that is to be published now.
    async fn compare(&self, publication: &Publication, event: &Event) -> Result<(), ApiError> {
        let kept = self
            .events
            .find(&event.key)
            .await
            .map_err(failed)?
            .ok_or_else(expired)?;
        // Of an event without a time of its own, the moment of its receipt is kept.
        let is_same_time = match publication.occurred_at {
            Some(at) => at == kept.occurred_at,
            None => kept.occurred_at == kept.received_at,
        };
        let is_same =
            kept.event_type == event.event_type && json::same_bodies(&kept.payload, &event.payload);
        if !is_same_time || !is_same {
            let message = "This Idempotency-Key was used for another event";
            return Err(ApiError::new(ErrorStatus::Conflict, message).field("Idempotency-Key"));
        }
        log::result("published before");
        Ok(())
    }
}

fn expired() -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "The event of this Idempotency-Key has just expired",
    )
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to publish the event").cause(error)
}
