//! `POST /api/webhooks/events/{id}/retry`: a failed delivery is sent once more.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    delivery::manual_retry::{ManualRetry, ManualRetryError, ManualRetryResult},
    domain::delivery::{DeliveryRef, DeliveryStatus},
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        event_view::EventView,
        reply::Reply,
    },
};
use serde::Serialize;

use super::no_event;
use crate::{
    authenticator::Authenticator,
    request::path_id,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads `webhook-configs`, changes deliveries in `history`, files in
/// `due`, sends to the queue of deliveries, and reads the keys of user tokens.
pub struct Function {
    pub retry: ManualRetry,
    pub authenticator: Authenticator,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: &'static str,
    event: EventView,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-event-retry";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            retry: wiring.manual_retry()?,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self
            .authenticator
            .authorized(&request, Role::Developer)
            .await?
            .tenant_id();
        let id: u64 = path_id(&request, "id", no_event)?;
        match self
            .retry
            .redeliver(&DeliveryRef { tenant_id, id })
            .await
            .map_err(failed)?
        {
            ManualRetryResult::Queued(delivery) => {
                log::result("queued");
                let (message, event) = (
                    "Webhook delivery retry queued",
                    EventView::queued(&delivery),
                );
                Ok(Reply::accepted(&Answer {
                    success: true,
                    message,
                    event,
                }))
            }
            ManualRetryResult::Unknown => Err(no_event()),
            ManualRetryResult::Inbound => Err(ApiError::new(
                ErrorStatus::BadRequest,
                "This event was received; only an outbound one can be retried",
            )
            .field("id")),
            ManualRetryResult::NotFailed(status) => Err(conflict(not_failed(status))),
            ManualRetryResult::Deleted => Err(conflict("Its webhook configuration was deleted")),
            ManualRetryResult::Inactive => Err(conflict(
                "Its webhook configuration is inactive; activate it first",
            )),
        }
    }
}

fn not_failed(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => {
            "This delivery is pending already; only a failed one can be retried"
        }
        DeliveryStatus::Delivered => "This delivery is delivered; only a failed one can be retried",
        DeliveryStatus::Cancelled => "This delivery is cancelled; only a failed one can be retried",
        DeliveryStatus::Failed => "This delivery was changed meanwhile; try again",
    }
}

fn conflict(message: &'static str) -> ApiError {
    ApiError::new(ErrorStatus::Conflict, message)
}

fn failed(error: ManualRetryError) -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "Failed to queue the retry; try again",
    )
    .cause(error)
}
