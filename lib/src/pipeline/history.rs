//! What a tenant received and was sent, for somebody who may see all or some of it.

use crate::{
    domain::delivery::{Delivery, DeliveryRef},
    http::{
        event_payload::{EXCERPT_BYTES, Payload},
        event_query::{Count, EventQuery, Start},
        event_view::{EventView, SubscriptionView},
        token::Caller,
    },
    store::{
        StoreError,
        events::EventTable,
        history::{Found, HistoryTable, PackedRow, Received, Row, Search},
        subscriptions::SubscriptionTable,
    },
};

/// Where events and deliveries are read.
#[derive(Debug, Clone)]
pub struct History {
    /// The rows.
    pub rows: HistoryTable,
    /// The log, which has the payloads of what was received.
    pub events: EventTable,
    /// Where deliveries go.
    pub subscriptions: SubscriptionTable,
    /// How many rows are looked at for one answer.
    pub examined: Examined,
}

/// How many rows are looked at for one answer.
#[derive(Debug, Clone, Copy)]
pub struct Examined {
    /// At most, unless the caller asks for more.
    pub unasked: usize,
    /// At most, whatever the caller asks for.
    pub asked: usize,
}

impl Examined {
    /// For this question: a page by its number lies behind all pages before it, and its partitions are not
    /// equally full.
    fn by(self, query: &EventQuery) -> usize {
        let page = match query.start {
            Start::Page(page) => page.saturating_mul(query.limit).saturating_mul(2),
            Start::Below(_) => query.limit,
        };
        match query.count {
            Count::All => self.asked,
            Count::Some | Count::Not => self.unasked.max(page).min(self.asked),
        }
    }
}

/// A part of the list.
#[derive(Debug)]
pub struct EventPage {
    /// The events, newest first.
    pub events: Vec<EventView>,
    /// How many there are, if a page was asked for by its number, and that.
    pub counted: Option<Counted>,
    /// Below which id the list goes on, if it may.
    pub next: Option<u64>,
}

/// How many events a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Events, as far as they were counted.
    pub total: usize,
    /// Which page this is.
    pub page: usize,
    /// Pages, as far as they were counted.
    pub pages: usize,
    /// Whether all were counted.
    pub is_exact: bool,
}

/// An event with everything that is known of it.
#[derive(Debug)]
pub struct EventDetail {
    /// The event.
    pub event: EventView,
    /// Where it goes, unless that was deleted.
    pub subscription: Option<SubscriptionView>,
}

impl History {
    /// The part of the list that the caller asks for: its tenant's events, and without being an admin
    /// only those of its own calls.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn page(&self, caller: &Caller, query: EventQuery) -> Result<EventPage, StoreError> {
        let tenant_id = caller.tenant_id();
        let examined = self.examined.by(&query);
        let mut filter = query.filter;
        filter.user_id = (!caller.sees_tenant()).then(|| caller.user_id().to_owned());
        let (below, enough) = match query.start {
            Start::Page(page) if query.count == Count::Not => (None, page.saturating_mul(query.limit)),
            // What comes after the page is counted.
            Start::Page(_) => (None, usize::MAX),
            Start::Below(id) => (Some(id), query.limit),
        };
        let search = Search {
            tenant_id: &tenant_id,
            filter: &filter,
            from: query.from,
            to: query.to,
            below,
            enough,
            examined,
        };
        let found = self.rows.search(&search).await?;
        let (ids, counted, next) = match query.start {
            Start::Below(_) => (found.ids, None, found.searched_to),
            Start::Page(page) => {
                let (ids, counted, next) = cut(&found, page, query.limit);
                (ids.to_vec(), Some(counted).filter(|_| query.count != Count::Not), next)
            }
        };
        let events = self.listed(&tenant_id, &ids).await?.into_iter();
        let events = events.map(|event| for_caller(event, caller)).collect();
        Ok(EventPage { events, counted, next })
    }

    async fn listed(&self, tenant_id: &str, ids: &[u64]) -> Result<Vec<EventView>, StoreError> {
        let rows = self.rows.read_rows(tenant_id, ids).await?;
        let received = rows.iter().filter_map(PackedRow::received);
        let mut excerpts = self.events.excerpts(received, EXCERPT_BYTES).await?;
        let view = |row: &PackedRow| match row.unpack()? {
            Row::Outbound(delivery) => Ok(EventView::listed(&delivery)),
            Row::Inbound(received) => {
                let excerpt = excerpts.remove(&received.key);
                let payload = excerpt.map(|excerpt| Payload::listed(&received.source, &excerpt));
                Ok(EventView::received(received, payload.unwrap_or_else(Payload::expired)))
            }
        };
        rows.iter().map(view).collect()
    }

    /// The event of this id, if it is the caller's tenant's and the caller may see it.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub async fn find(&self, caller: &Caller, id: u64) -> Result<Option<EventDetail>, StoreError> {
        let at = DeliveryRef { tenant_id: caller.tenant_id(), id };
        let visible = |row: &Row| caller.sees_tenant() || row.user_id() == Some(caller.user_id());
        match self.rows.find_row(&at).await?.filter(visible) {
            None => Ok(None),
            Some(Row::Inbound(received)) => self.received(received).await.map(Some),
            Some(Row::Outbound(delivery)) => {
                let mut detail = self.sent(&delivery).await?;
                // Its URL may be a credential: a configuration is shown to those who may read it.
                detail.subscription = detail.subscription.filter(|_| caller.sees_tenant());
                detail.event = for_caller(detail.event, caller);
                Ok(Some(detail))
            }
        }
    }

    async fn received(&self, received: Received) -> Result<EventDetail, StoreError> {
        let event = match self.events.find(&received.key).await {
            // The pieces of a payload may expire some hours before the event that names them.
            Err(StoreError::Corrupt { what: "chunks" }) => None,
            found => found?,
        };
        let payload = event.map(|event| Payload::whole(&received.source, &event.payload));
        let event = EventView::received(received, payload.unwrap_or_else(Payload::expired));
        Ok(EventDetail { event, subscription: None })
    }

    async fn sent(&self, delivery: &Delivery) -> Result<EventDetail, StoreError> {
        let (failed, found) = tokio::try_join!(
            self.rows.failed_attempts(&delivery.at),
            self.subscriptions.find(&delivery.at.tenant_id, delivery.subscription_id)
        )?;
        let subscription = found.map(SubscriptionView::of);
        Ok(EventDetail { event: EventView::detailed(delivery, failed), subscription })
    }
}

/// What an endpoint answered may hold more than its caller is to know.
fn for_caller(event: EventView, caller: &Caller) -> EventView {
    if caller.sees_tenant() { event } else { event.without_answers() }
}

/// A page of what was found, how much that is, and where the list goes on after it.
fn cut(found: &Found, page: usize, limit: usize) -> (&[u64], Counted, Option<u64>) {
    let total = found.ids.len();
    let start = page.saturating_sub(1).saturating_mul(limit).min(total);
    let end = start.saturating_add(limit).min(total);
    let ids = found.ids.get(start..end).unwrap_or_default();
    let next = if end < total { ids.last().copied() } else { found.searched_to };
    let is_exact = found.searched_to.is_none();
    (ids, Counted { total, page, pages: total.div_ceil(limit.max(1)), is_exact }, next)
}
