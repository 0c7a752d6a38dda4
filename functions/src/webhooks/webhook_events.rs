//! `GET /api/webhooks/events` and `GET /api/webhooks/events/{id}`: what was received and sent.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::{role::Role, token::Caller},
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        event_query,
        event_view::{EventView, SubscriptionView, detail},
        page::to_cursor,
        reply::Reply,
    },
    queries::history::{Count, EventPage, ExaminedRows, History},
    store::StoreError,
};
use serde::Serialize;

use super::no_event;
use crate::{
    authenticator::Authenticator,
    request::{optional_path_id, query},
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// Rows that are looked at for one answer, whatever the filter leaves of them: a read unit for eight of
/// them, which all that a tenant's deliveries do takes from the same partitions.
const EXAMINED: ExaminedRows = ExaminedRows {
    usual: 1_000,
    full_count: 10_000,
};

/// What this function may touch: it reads `history`, `events`, `chunks`, `webhook-configs` and the keys
/// of user tokens.
pub struct Function {
    pub history: History,
    pub authenticator: Authenticator,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    success: bool,
    count: usize,
    #[serde(flatten)]
    counted: Option<Pages>,
    events: Vec<EventView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pages {
    total: usize,
    page: usize,
    pages: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_is_exact: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    success: bool,
    event: EventView,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_config: Option<SubscriptionView>,
}

impl List {
    fn of(page: EventPage, caller: &Caller) -> Self {
        let events = page.events.into_iter().map(EventView::listed);
        Self {
            success: true,
            count: events.len(),
            counted: page.counted.map(|counted| Pages {
                total: counted.total,
                page: counted.page,
                pages: counted.pages,
                total_is_exact: (!counted.is_exact).then_some(false),
            }),
            events: events.map(|event| for_caller(event, caller)).collect(),
            next_cursor: page.next.as_ref().map(to_cursor),
        }
    }
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-events";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            history: History {
                rows: wiring.history()?,
                events: wiring.events()?,
                subscriptions: wiring.subscriptions()?,
                examined: EXAMINED,
            },
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.authorized(&request, Role::User).await?;
        match optional_path_id(&request, "id", no_event)? {
            Some(id) => self.show(&caller, id).await,
            None => self.list(&caller, &request).await,
        }
    }
}

impl Function {
    async fn list(&self, caller: &Caller, request: &Request) -> Result<Reply, ApiError> {
        let query = event_query::parse(query(request))?;
        if query.count == Count::All {
            self.authenticator.is_expensive_for(caller).await?;
        }
        let page = self.history.page(caller, query).await.map_err(failed)?;
        log::result(format_args!("{} events", page.events.len()));
        Ok(Reply::ok(&List::of(page, caller)))
    }

    async fn show(&self, caller: &Caller, id: u64) -> Result<Reply, ApiError> {
        let found = self
            .history
            .find(caller, id)
            .await
            .map_err(failed)?
            .ok_or_else(no_event)?;
        let (event, subscription) = detail(found);
        Ok(Reply::ok(&Detail {
            success: true,
            event: for_caller(event, caller),
            // Its URL may be a credential: only those who may read the configuration see it.
            webhook_config: subscription.filter(|_| caller.sees_tenant()),
        }))
    }
}

/// An endpoint's response may hold more than a caller without a view of its tenant may know.
fn for_caller(event: EventView, caller: &Caller) -> EventView {
    if caller.sees_tenant() {
        event
    } else {
        event.without_answers()
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to read the history").cause(error)
}
