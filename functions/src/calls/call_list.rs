//! `GET /api/calls`: the calls that the caller may read, newest first.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    http::{
        call_log::CallLog,
        call_query::CallQuery,
        error::{ApiError, ErrorShape, ErrorStatus},
        page::to_cursor,
        reply::Reply,
    },
    ingest::regions::region_for,
    queries::call_list::{PageRequest, named, page},
    store::{StoreError, call_list::CallList, calls::CallTable, directory::DirectoryTable},
};
use serde::Serialize;

use crate::{
    authenticator::Authenticator,
    request::query,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// Calls that are looked at for one page, whatever the filter leaves of them.
pub const MAX_EXAMINED: usize = 1_000;

/// What this function may touch: it reads `calls` with its index, the tenant's settings in `directory`,
/// and the keys of user tokens.
pub struct Function {
    pub calls: CallList,
    /// The same calls by the names that providers gave them.
    pub by_name: CallTable,
    /// Where the tenant says where its numbers are from.
    pub directory: DirectoryTable,
    pub authenticator: Authenticator,
    /// How many calls are looked at for one page at most.
    pub examined: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    success: bool,
    count: usize,
    calls: Vec<CallLog<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-list";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            calls: wiring.call_list()?,
            by_name: wiring.calls()?,
            directory: wiring.directory()?,
            authenticator: wiring.authenticator().await?,
            examined: MAX_EXAMINED,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let numbers = query(&request)
            .filter(|(name, _)| *name == "phoneNumber")
            .map(|(_, number)| number);
        let region = region_for(&self.directory, &caller.tenant_id(), numbers)
            .await
            .map_err(failed)?;
        let CallQuery {
            window,
            names,
            filter,
            limit,
            after,
        } = CallQuery::parse(query(&request), region)?;
        let wanted = PageRequest {
            window,
            filter: &filter,
            after,
            limit,
            examined: self.examined,
        };
        let found = match names.as_slice() {
            [] => page(&self.calls, &caller, &wanted).await,
            names => named(&self.by_name, &caller, names, &wanted).await,
        };
        let found = found.map_err(failed)?;
        log::result(format_args!("{} calls", found.calls.len()));
        Ok(Reply::ok(&Answer {
            success: true,
            count: found.calls.len(),
            calls: found
                .calls
                .iter()
                .map(|(call, owner)| CallLog::of(call, owner))
                .collect(),
            next_cursor: found.next.as_ref().map(to_cursor),
        }))
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to list calls").cause(error)
}
