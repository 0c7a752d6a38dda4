//! `GET /api/calls/stats`: how the calls of a window ended, counted.

use std::{collections::BTreeMap, process::ExitCode};

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::call::counts::Counts,
    http::{
        call_query::stats_query,
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    queries::call_stats::{Bucket, CallCounter, Reason, rate},
    store::StoreError,
};
use serde::Serialize;

use crate::{
    authenticator::Authenticator,
    request::query,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// Calls that are looked at for one answer.
pub const MAX_EXAMINED: usize = 10_000;

const MORE: &str = "The window has more calls than one answer can count, and those before countedFrom are left out; \
    ask again or for a shorter one";

/// What this function may touch: it reads `calls` with its index, keeps counts there, and reads the keys of user
/// tokens.
pub struct Function {
    pub counter: CallCounter,
    pub authenticator: Authenticator,
    /// How many calls are looked at for one answer at most.
    pub examined: usize,
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    success: bool,
    from: String,
    to: String,
    /// Whether every call of the window is counted.
    complete: bool,
    message: Option<&'a str>,
    counted_from: Option<String>,
    #[serde(flatten)]
    counts: CountsView<'a>,
    failed: Failed,
    by_failure_reason: &'a [Reason],
    buckets: Option<Vec<BucketView<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountsView<'a> {
    count: usize,
    by_status: &'a BTreeMap<String, usize>,
    by_agent_status: &'a BTreeMap<String, usize>,
    by_outcome: &'a BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Failed {
    count: usize,
    rate: f64,
}

#[derive(Serialize)]
struct BucketView<'a> {
    from: String,
    to: String,
    #[serde(flatten)]
    counts: CountsView<'a>,
}

impl<'a> CountsView<'a> {
    fn of(counts: &'a Counts) -> Self {
        Self {
            count: counts.calls,
            by_status: &counts.by_status,
            by_agent_status: &counts.by_agent_status,
            by_outcome: &counts.by_outcome,
        }
    }
}

impl<'a> BucketView<'a> {
    fn of(bucket: &'a Bucket) -> Self {
        Self {
            from: bucket.window.from.to_string(),
            to: bucket.window.to.to_string(),
            counts: CountsView::of(&bucket.counts),
        }
    }
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-stats";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            counter: wiring.call_counter()?,
            authenticator: wiring.authenticator().await?,
            examined: MAX_EXAMINED,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let asked = stats_query(query(&request), self.authenticator.clock.now())?;
        self.authenticator.is_expensive_for(&caller).await?;
        let counted = self.counter.count(&caller, asked, self.examined).await;
        let counted = counted.map_err(failed)?;
        log::result(format_args!(
            "{} calls, {} read, {} hours looked up",
            counted.counts.calls, counted.examined, counted.kept_hours
        ));
        let message = counted.cut_at.map(|_| MORE);
        let buckets = counted.buckets.as_ref();
        Ok(Reply::ok(&Answer {
            success: true,
            from: asked.window.from.to_string(),
            to: asked.window.to.to_string(),
            complete: counted.cut_at.is_none(),
            message,
            counted_from: counted.cut_at.map(|time| time.to_string()),
            counts: CountsView::of(&counted.counts),
            failed: Failed {
                count: counted.counts.failed,
                rate: rate(counted.counts.failed, counted.counts.calls),
            },
            by_failure_reason: &counted.by_failure_reason,
            buckets: buckets.map(|buckets| buckets.iter().map(BucketView::of).collect()),
        }))
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to count calls").cause(error)
}
