//! The events that a tenant received and the deliveries that it was sent, as far as the caller may read them.

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

/// Bytes of a received payload that a list needs.
pub const EXCERPT_BYTES: usize = 64 * 1_024;

/// A request for a list of events.
#[derive(Debug)]
pub struct EventQuery {
    /// Which rows match.
    pub filter: RowFilter,
    /// The first moment at which they were received or announced.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
    /// The largest number of rows in the answer.
    pub limit: usize,
    /// Which part of the list.
    pub start: Start,
    /// How far events are counted.
    pub count: Count,
}

/// How far the events of a list are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Count {
    /// Not at all.
    Not,
    /// As far as that is cheap.
    #[default]
    Some,
    /// As far as rows are examined for one answer.
    All,
}

/// Where a part of a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this page, counted from 1.
    Page(usize),
    /// Below this id.
    Below(u64),
}

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

/// A row of the list, with what a list shows of its payload.
#[derive(Debug)]
pub enum ListedEvent {
    /// A delivery, which carries its payload.
    Delivery(Box<Delivery>),
    /// An event that was received, and the beginning of its payload unless that has expired.
    Received(Received, Option<Excerpt>),
}

/// A part of the list.
#[derive(Debug)]
pub struct EventPage {
    /// The events, newest first.
    pub events: Vec<ListedEvent>,
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

/// A row with everything that is stored about it.
#[derive(Debug)]
pub enum EventDetail {
    /// A delivery.
    Delivery {
        /// The row.
        delivery: Box<Delivery>,
        /// Its failed attempts by their numbers.
        failed: Vec<(u32, Attempt)>,
        /// Where it goes, unless that was deleted.
        subscription: Option<Box<Subscription>>,
    },
    /// An event that was received, and its entry in the log unless that has expired.
    Received(Received, Option<Box<Event>>),
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
            Start::Page(page) if query.count == Count::Not => {
                (None, page.saturating_mul(query.limit))
            }
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

    /// The event of this id, if it is the caller's tenant's and the caller may see it.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
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
            // The pieces of a payload may expire some hours before the event that names them.
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

/// A page of what was found, how much that is, and where the list goes on after it.
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
