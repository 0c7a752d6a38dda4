//! `GET /api/calls/stats`: how the calls of a window ended, counted.

use std::{collections::BTreeMap, process::ExitCode};

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    http::{
        call_query::stats_window,
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    queries::call_stats::{Reason, count_calls},
    store::{StoreError, call_list::CallList},
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

/// What this function may touch: it reads `calls` with its index, and the keys of user tokens.
pub struct Function {
    pub calls: CallList,
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
    count: usize,
    by_status: BTreeMap<&'static str, usize>,
    by_agent_status: BTreeMap<&'static str, usize>,
    by_outcome: BTreeMap<&'static str, usize>,
    by_failure_reason: Vec<Reason>,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-stats";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            calls: wiring.call_list()?,
            authenticator: wiring.authenticator().await?,
            examined: MAX_EXAMINED,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let window = stats_window(query(&request), self.authenticator.clock.now())?;
        self.authenticator.is_expensive_for(&caller).await?;
        let counted = count_calls(&self.calls, &caller, window, self.examined)
            .await
            .map_err(failed)?;
        log::result(format_args!(
            "{} of {} calls",
            counted.calls, counted.examined
        ));
        let message = format!(
            "The window has more calls than the newest {} that were counted; ask for a shorter one",
            counted.examined
        );
        Ok(Reply::ok(&Answer {
            success: true,
            from: window.from.to_string(),
            to: window.to.to_string(),
            complete: counted.cut_at.is_none(),
            message: counted.cut_at.map(|_| message.as_str()),
            counted_from: counted.cut_at.map(|time| time.to_string()),
            count: counted.calls,
            by_status: counted.by_status,
            by_agent_status: counted.by_agent_status,
            by_outcome: counted.by_outcome,
            by_failure_reason: counted.by_failure_reason,
        }))
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to count calls").cause(error)
}
