//! `POST /functions/v1/webhook-call-capture`: calls that a company's dialer submits.

use std::process::ExitCode;

use bytes::Bytes;
use lambda_http::Request;
use ringpost::{
    auth::limiter::Limiter,
    clock::Clock,
    domain::{
        directory::{ApiKey, Entry},
        timestamp::Timestamp,
    },
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        idempotency::idempotency_key,
        reply::Reply,
    },
    ingest::{
        capture::{Capture, CaptureResult},
        regions::region_for,
    },
    providers::capture::{Sender, Submission},
    store::{StoreError, directory::DirectoryTable},
};
use serde::Serialize;

use super::gate::{raw, too_large_for};
use crate::{
    limits,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// A recording is sent as a URL, so that no submission is larger.
const MAX_SUBMISSION_BYTES: usize = 256 * 1024;

/// What this function may touch: it appends to `events` and reads what it repeats, reads and writes
/// `calls`, and reads `directory`.
pub struct Function {
    pub capture: Capture,
    pub directory: DirectoryTable,
    pub clock: Clock,
    /// How many calls a tenant may submit, if that is limited.
    pub quota: Option<Limiter>,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: &'static str,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    call_history_id: String,
    created_at: String,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-capture";
    const ERRORS: ErrorShape = ErrorShape::CallCapture;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            capture: Capture::new(
                wiring.events()?,
                wiring.lookup()?,
                wiring.fold()?,
                wiring.calls()?,
            ),
            directory: wiring.directory()?,
            clock: Clock::system(),
            quota: wiring.limiter("capture", "SUBMITTED_CALLS_PER_MINUTE")?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let (head, body) = request.into_parts();
        let body = raw(body);
        if body.len() > MAX_SUBMISSION_BYTES {
            return Err(too_large_for(MAX_SUBMISSION_BYTES));
        }
        let shown = head
            .headers
            .get("x-api-key")
            .and_then(|key| key.to_str().ok());
        let api_key = self.key(shown.unwrap_or_default()).await?;
        limits::admit(self.quota.as_ref(), api_key.tenant_id(), 1).await?;
        let key = idempotency_key(&head.headers)?;
        self.capture(&api_key, key, body, self.clock.now()).await
    }
}

impl Function {
    /// The key that the sender has shown.
    async fn key(&self, key: &str) -> Result<ApiKey, ApiError> {
        if !ApiKey::may_be(key) {
            return Err(unauthorized("no API key"));
        }
        let found = self
            .directory
            .find::<ApiKey>(&ApiKey::hash(key))
            .await
            .map_err(failed)?;
        found.ok_or_else(|| unauthorized("unknown API key"))
    }

    async fn capture(
        &self,
        api_key: &ApiKey,
        key: Option<&str>,
        body: Bytes,
        now: Timestamp,
    ) -> Result<Reply, ApiError> {
        let submission = Submission::parse(&body)
            .map_err(|error| ApiError::new(ErrorStatus::BadRequest, error.to_string()))?;
        if submission.company_id != api_key.company_id {
            return Err(unauthorized("API key of another company"));
        }
        let sender = self.sender(api_key, &submission).await?;
        let captured = self
            .capture
            .record(&submission, &sender, key, body, now)
            .await
            .map_err(failed)?;
        let (result, record) = match captured {
            CaptureResult::Recorded(record) => ("recorded", record),
            CaptureResult::Repeated(record) => ("repeated", record),
            CaptureResult::KeyUsed => {
                let message = "This Idempotency-Key was used for another body";
                return Err(ApiError::new(ErrorStatus::Conflict, message));
            }
        };
        log::event_key(&record.event);
        log::call_id(record.call.id);
        log::result(result);
        let call = &record.call;
        Ok(Reply::created(&Answer {
            success: true,
            message: "Call record created successfully",
            data: Data {
                call_history_id: call.id.to_string(),
                created_at: call.created_at.to_string(),
            },
        }))
    }

    async fn sender(&self, api_key: &ApiKey, submission: &Submission) -> Result<Sender, ApiError> {
        let tenant_id = api_key.tenant_id().to_owned();
        let region = region_for(&self.directory, &tenant_id, submission.numbers())
            .await
            .map_err(failed)?;
        Ok(Sender { tenant_id, region })
    }
}

/// The reason is for the log; the sender learns only that it was refused.
fn unauthorized(reason: &'static str) -> ApiError {
    ApiError::new(ErrorStatus::Unauthorized, "Invalid or missing API key").cause(reason)
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "The call could not be recorded; please send it again",
    )
    .cause(error)
}
