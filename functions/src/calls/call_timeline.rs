//! `GET /api/calls/{id}/timeline`: a call and everything that was reported of it, oldest first.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::{
        call::public_leg::{self, PublicLeg},
        key::CallId,
        summary::summary,
    },
    http::{
        call_log::CallLog,
        error::{ApiError, ErrorShape, ErrorStatus},
        page::{from_cursor, to_cursor},
        reply::Reply,
    },
    queries::call::find_readable,
    store::{
        StoreError,
        calls::CallTable,
        history::{CallEvent, HistoryTable, Timeline},
    },
};
use serde::Serialize;

use crate::{
    authenticator::Authenticator,
    request::{parameter, path_id},
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// Events of one page.
pub const MAX_EVENTS: usize = 1_000;
/// How much of a partition is looked through for one page.
const MAX_MEGABYTES: usize = 5;

/// What this function may touch: it reads `calls`, `history` and the keys of user tokens.
pub struct Function {
    pub calls: CallTable,
    pub history: HistoryTable,
    pub authenticator: Authenticator,
    /// How many events a page has at most.
    pub events: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    success: bool,
    call: WithLegs<'a>,
    events: Vec<EventView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A call, and the phones and persons that took part.
#[derive(Serialize)]
struct WithLegs<'a> {
    #[serde(flatten)]
    call: CallLog<'a>,
    legs: Vec<PublicLeg>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView<'a> {
    id: u64,
    source: &'a str,
    event_type: &'a str,
    occurred_at: String,
    received_at: String,
    summary: String,
}

impl<'a> EventView<'a> {
    fn of(event: &'a CallEvent) -> Self {
        Self {
            id: event.id,
            source: &event.source,
            event_type: &event.event_type,
            occurred_at: event.occurred_at.to_string(),
            received_at: event.received_at.to_string(),
            summary: summary(&event.source, &event.event_type),
        }
    }
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-timeline";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            calls: wiring.calls()?,
            history: wiring.history()?,
            authenticator: wiring.authenticator().await?,
            events: MAX_EVENTS,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        let id: CallId = path_id(&request, "id", not_found)?;
        log::call_id(id);
        let after = from_cursor(parameter(&request, "cursor"))?;
        let found = find_readable(&self.calls, &caller, id)
            .await
            .map_err(failed)?;
        let (call, owner) = found.ok_or_else(not_found)?;
        let wanted = Timeline {
            call: &call,
            tenant_id: &owner.tenant_id,
            after,
            limit: self.events,
            megabytes: MAX_MEGABYTES,
        };
        let mut found = self.history.events_of(&wanted).await.map_err(failed)?;
        found
            .events
            .sort_by_key(|event| (event.occurred_at, event.id));
        Ok(Reply::ok(&Answer {
            success: true,
            call: WithLegs {
                call: CallLog::of(&call, &owner),
                legs: public_leg::of(&call.facts),
            },
            events: found.events.iter().map(EventView::of).collect(),
            next_cursor: found.more_after.as_ref().map(to_cursor),
        }))
    }
}

fn not_found() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Call not found")
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to read the timeline").cause(error)
}
