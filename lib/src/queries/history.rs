//! The events that a tenant received and its deliveries, as far as the caller may read them.

use crate::{
    auth::token::Caller,
    domain::{
        delivery::{Attempt, Delivery, DeliveryRef},
        event::Event,
        subscription::Subscription,
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        events::{EventTable, Excerpt},
        history::{HistoryTable, PackedRow, Received, Row, RowFilter, Search, SearchResult},
        subscriptions::SubscriptionTable,
    },
};

/// Bytes of a received payload that a list shows.
pub const EXCERPT_BYTES: usize = 64 * 1_024;

#[derive(Debug)]
pub struct EventQuery {
    pub filter: RowFilter,
    pub from: Timestamp,
    pub to: Timestamp,
    pub limit: usize,
    pub start: Start,
    pub count: Count,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Count {
    Not,
    /// As far as that is cheap.
    #[default]
    Some,
    /// As far as rows may be examined for one answer.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Counted from 1.
    Page(usize),
    Below(u64),
}

#[derive(Debug, Clone)]
pub struct History {
    pub rows: HistoryTable,
    pub events: EventTable,
    pub subscriptions: SubscriptionTable,
    pub examined: ExaminedRows,
}

/// How many rows are examined for one answer.
#[derive(Debug, Clone, Copy)]
pub struct ExaminedRows {
    /// The maximum unless the caller asks for a full count.
    pub usual: usize,
    /// The maximum of a full count.
    pub full_count: usize,
}

impl ExaminedRows {
    /// A page with a number needs the pages before it, and the partitions are not equally full.
    fn for_query(self, query: &EventQuery) -> usize {
        let page = match query.start {
            Start::Page(page) => page.saturating_mul(query.limit).saturating_mul(2),
            Start::Below(_) => query.limit,
        };
        match query.count {
            Count::All => self.full_count,
            Count::Some | Count::Not => self.usual.max(page).min(self.full_count),
        }
    }
}

#[derive(Debug)]
pub enum ListedEvent {
    /// A delivery, with its payload.
    Delivery(Box<Delivery>),
    /// A received event, and the beginning of its payload unless that has expired.
    Received(Received, Option<Excerpt>),
}

#[derive(Debug)]
pub struct EventPage {
    pub events: Vec<ListedEvent>,
    /// The counts, if a page was asked for by its number.
    pub counted: Option<Counted>,
    /// The id below which the list continues.
    pub next: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub total: usize,
    pub page: usize,
    pub pages: usize,
    pub is_exact: bool,
}

#[derive(Debug)]
pub enum EventDetail {
    Delivery {
        delivery: Box<Delivery>,
        /// By their numbers.
        failed: Vec<(u32, Attempt)>,
        /// `None` if it was deleted.
        subscription: Option<Box<Subscription>>,
    },
    /// A received event, and its entry in the log unless that has expired.
    Received(Received, Option<Box<Event>>),
}

impl History {
    /// A user without a role that sees the tenant gets only the events of its own calls.
    pub async fn page(&self, caller: &Caller, query: EventQuery) -> Result<EventPage, StoreError> {
        let tenant_id = caller.tenant_id();
        let examined = self.examined.for_query(&query);
        let mut filter = query.filter;
        filter.user_id = (!caller.sees_tenant()).then(|| caller.user_id().to_owned());
        let (below, enough) = match query.start {
            Start::Page(page) if query.count == Count::Not => {
                (None, page.saturating_mul(query.limit))
            }
            // Later rows are counted, too.
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
                (
                    ids.to_vec(),
                    Some(counted).filter(|_| query.count != Count::Not),
                    next,
                )
            }
        };
        Ok(EventPage {
            events: self.listed(&tenant_id, &ids).await?,
            counted,
            next,
        })
    }

    async fn listed(&self, tenant_id: &str, ids: &[u64]) -> Result<Vec<ListedEvent>, StoreError> {
        let rows = self.rows.read_rows(tenant_id, ids).await?;
        let received = rows.iter().filter_map(PackedRow::received);
        let mut excerpts = self.events.excerpts(received, EXCERPT_BYTES).await?;
        let listed = |row: &PackedRow| match row.unpack()? {
            Row::Outbound(delivery) => Ok(ListedEvent::Delivery(delivery)),
            Row::Inbound(received) => {
                let excerpt = excerpts.remove(&received.key);
                Ok(ListedEvent::Received(received, excerpt))
            }
        };
        rows.iter().map(listed).collect()
    }

    /// The event of this id, if the caller may read it.
    pub async fn find(&self, caller: &Caller, id: u64) -> Result<Option<EventDetail>, StoreError> {
        let at = DeliveryRef {
            tenant_id: caller.tenant_id(),
            id,
        };
        let visible = |row: &Row| caller.sees_tenant() || row.user_id() == Some(caller.user_id());
        match self.rows.find_row(&at).await?.filter(visible) {
            None => Ok(None),
            Some(Row::Inbound(received)) => self.received(received).await.map(Some),
            Some(Row::Outbound(delivery)) => self.sent(delivery).await.map(Some),
        }
    }

    async fn received(&self, received: Received) -> Result<EventDetail, StoreError> {
        let event = match self.events.find(&received.key).await {
            // The chunks of a payload may expire some hours before their event.
            Err(StoreError::Corrupt { what: "chunks" }) => None,
            found => found?,
        };
        Ok(EventDetail::Received(received, event.map(Box::new)))
    }

    async fn sent(&self, delivery: Box<Delivery>) -> Result<EventDetail, StoreError> {
        let (failed, subscription) = tokio::try_join!(
            self.rows.failed_attempts(&delivery.at),
            self.subscriptions
                .find(&delivery.at.tenant_id, delivery.subscription_id)
        )?;
        Ok(EventDetail::Delivery {
            delivery,
            failed,
            subscription: subscription.map(Box::new),
        })
    }
}

/// The page's ids, the counts, and the id below which the list continues.
fn cut(found: &SearchResult, page: usize, limit: usize) -> (&[u64], Counted, Option<u64>) {
    let total = found.ids.len();
    let start = page.saturating_sub(1).saturating_mul(limit).min(total);
    let end = start.saturating_add(limit).min(total);
    let ids = found.ids.get(start..end).unwrap_or_default();
    let next = if end < total {
        ids.last().copied()
    } else {
        found.searched_to
    };
    let is_exact = found.searched_to.is_none();
    (
        ids,
        Counted {
            total,
            page,
            pages: total.div_ceil(limit.max(1)),
            is_exact,
        },
        next,
    )
}
