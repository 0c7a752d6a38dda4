//! `POST /api/webhooks/config/{id}/recover` and `GET /api/webhooks/config/{id}/recover/{jobId}`: what an
//! outage of an endpoint left behind is queued again.

use std::{num::NonZeroU64, process::ExitCode};

use http::Method;
use lambda_http::Request;
use ringpost::{
    delivery::recovery::order::{OrderError, OrderResult, Recoveries},
    domain::delivery::recovery::{Recoverable, Recovery, RecoveryId, RecoveryOrder},
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        json_body::{Fields, wrong},
        reply::Reply,
    },
    store::StoreError,
};
use serde::Serialize;

use super::{needed, not_found};
use crate::{
    authenticator::Authenticator,
    request::{optional_path_id, path_id},
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads subscriptions, and reads and writes recoveries in
/// `webhook-configs`, queues recoveries, and reads the keys of user tokens.
pub struct Function {
    pub recoveries: Recoveries,
    pub authenticator: Authenticator,
}

#[derive(Serialize)]
struct Accepted<'a> {
    success: bool,
    message: &'static str,
    job: View<'a>,
}

#[derive(Serialize)]
struct Found<'a> {
    success: bool,
    job: View<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: String,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    requeued: u64,
    examined: u64,
    since: String,
    until: String,
    created_at: String,
    updated_at: String,
}

impl View<'_> {
    fn of(recovery: &Recovery) -> Self {
        Self {
            id: recovery.id.to_string(),
            status: recovery.status.as_str(),
            reason: recovery.status.reason(),
            requeued: recovery.requeued,
            examined: recovery.examined,
            since: recovery.since.to_string(),
            until: recovery.until.to_string(),
            created_at: recovery.created_at.to_string(),
            updated_at: recovery.updated_at.to_string(),
        }
    }
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-recover";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            recoveries: wiring.recoveries()?,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self
            .authenticator
            .authorized(&request, needed(request.method()))
            .await?
            .tenant_id();
        let id: NonZeroU64 = path_id(&request, "id", not_found)?;
        let job: Option<RecoveryId> = optional_path_id(&request, "jobId", no_job)?;
        match (request.method(), job) {
            (&Method::POST, None) => self.order(&tenant_id, id.get(), &request).await,
            (&Method::GET, Some(job)) if job.subscription_id == id.get() => {
                self.show(&tenant_id, job).await
            }
            (&Method::GET, Some(_)) => Err(no_job()),
            _ => Err(ApiError::new(ErrorStatus::NotFound, "No such route")),
        }
    }
}

impl Function {
    async fn order(&self, tenant_id: &str, id: u64, request: &Request) -> Result<Reply, ApiError> {
        let order = read_order(&Fields::parse(request.body())?)?;
        let ordered = self
            .recoveries
            .order(tenant_id, id, order)
            .await
            .map_err(not_ordered)?;
        let (message, recovery) = match ordered {
            OrderResult::Queued(recovery) => ("Recovery started", recovery),
            OrderResult::Before(recovery) => ("This recovery is under way", recovery),
            OrderResult::Busy(recovery) => return Err(busy(&recovery)),
            OrderResult::NoSubscription => return Err(not_found()),
            OrderResult::Inactive => {
                let message = "The webhook configuration is inactive; activate it first";
                return Err(ApiError::new(ErrorStatus::Conflict, message));
            }
            OrderResult::Future => return Err(wrong("since", "must be before now")),
            OrderResult::Expired => {
                return Err(wrong(
                    "until",
                    "must be within the days that events are kept",
                ));
            }
        };
        log::result(format_args!("{} {}", recovery.id, recovery.status.as_str()));
        Ok(Reply::accepted(&Accepted {
            success: true,
            message,
            job: View::of(&recovery),
        }))
    }

    async fn show(&self, tenant_id: &str, job: RecoveryId) -> Result<Reply, ApiError> {
        let found = self
            .recoveries
            .recoveries
            .find(tenant_id, job)
            .await
            .map_err(not_read)?;
        let recovery = found.ok_or_else(no_job)?.recovery;
        Ok(Reply::ok(&Found {
            success: true,
            job: View::of(&recovery),
        }))
    }
}

fn read_order(fields: &Fields) -> Result<RecoveryOrder, ApiError> {
    let since = fields
        .time("since")?
        .ok_or_else(|| wrong("since", "is required"))?;
    let until = fields.time("until")?;
    let status = match fields.name("status")?.as_deref() {
        None | Some("failed") => Recoverable::Failed,
        Some("pending") => Recoverable::Pending,
        Some(_) => return Err(wrong("status", "must be failed or pending")),
    };
    if until.is_some_and(|until| until <= since) {
        return Err(wrong("until", "must be after since"));
    }
    Ok(RecoveryOrder {
        since,
        until,
        status,
    })
}

fn no_job() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Recovery not found")
}

fn busy(recovery: &Recovery) -> ApiError {
    let message = format!(
        "The recovery {} is under way; wait for its end",
        recovery.id
    );
    ApiError::new(ErrorStatus::Conflict, message)
}

fn not_ordered(error: OrderError) -> ApiError {
    let message = "The recovery may not have started; send the same request again";
    ApiError::new(ErrorStatus::Internal, message).cause(error)
}

fn not_read(error: StoreError) -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "The recovery cannot be read; try again",
    )
    .cause(error)
}
