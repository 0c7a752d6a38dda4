//! The rows of a tenant's history that match, newest first. Only the id, which is a time, is a key:
//! everything else is compared row by row, within a bound, and only ids are returned.

use std::{cmp::Reverse, collections::HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;

use super::{HistoryTable, ids_between, partitions};
use crate::{
    domain::{
        call::direction::Direction, delivery::DeliveryStatus, key::CallId, timestamp::Timestamp,
    },
    store::{
        StoreError,
        item::{Item, number, read_number, string, time},
    },
};

/// How many pages of each partition are read at most: a page ends at one megabyte, and large rows could
/// otherwise outlast the function.
const MAX_ROUNDS: usize = 40;
/// How many rows one query reads at most.
const MAX_STRIDE: usize = 10_000;
/// A search that has not found enough reads this many times as much in the next round.
const GROWTH: usize = 4;

/// The status of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStatus {
    /// An inbound event.
    Processed,
    Delivery(DeliveryStatus),
}

impl RowStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Delivery(status) => status.as_str(),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "processed" => Some(Self::Processed),
            _ => DeliveryStatus::parse(word).map(Self::Delivery),
        }
    }
}

/// What a row must be to match; `None` matches all.
#[derive(Debug, Clone, Default)]
pub struct RowFilter {
    pub direction: Option<Direction>,
    /// The provider, or the platform.
    pub source: Option<String>,
    pub event_type: Option<String>,
    pub status: Option<RowStatus>,
    pub subscription_id: Option<u64>,
    pub call_id: Option<CallId>,
    /// The `webhook-id` of a delivery.
    pub message_id: Option<String>,
    /// The tenant's user who owns the call.
    pub user_id: Option<String>,
}

#[derive(Debug)]
pub struct Search<'a> {
    pub tenant_id: &'a str,
    pub filter: &'a RowFilter,
    /// Received or announced from this moment on.
    pub from: Timestamp,
    /// Up to this moment.
    pub to: Timestamp,
    /// Only rows below this id; all, if there is none.
    pub below: Option<u64>,
    /// The search ends when this many rows are found.
    pub enough: usize,
    /// How many rows are read at most.
    pub examined: usize,
}

#[derive(Debug)]
pub struct SearchResult {
    /// The ids, newest first.
    pub ids: Vec<u64>,
    /// Below this id nothing was read; `None` when there is nothing.
    pub searched_to: Option<u64>,
}

/// A partition, as far as it was searched.
struct PartitionScan {
    name: String,
    ids: Vec<u64>,
    /// The highest id that was not read.
    next: Option<u64>,
}

impl HistoryTable {
    /// The newest rows that match. A row that is milliseconds old may be missing.
    pub async fn search(&self, search: &Search<'_>) -> Result<SearchResult, StoreError> {
        let ids = ids_between(search.from, search.to);
        let last = search
            .below
            .map_or(*ids.end(), |below| below.saturating_sub(1).min(*ids.end()));
        let first = *ids.start();
        let next = Some(last).filter(|last| first <= *last);
        let part = |name| PartitionScan {
            name,
            ids: Vec::new(),
            next,
        };
        let mut parts: Vec<PartitionScan> = partitions(search.tenant_id).map(part).collect();
        // Nothing is certain before every partition was read.
        let (mut left, mut stride) = (search.examined.max(parts.len()), search.enough);
        for _ in 0..MAX_ROUNDS {
            let mut open: Vec<&mut PartitionScan> = parts
                .iter_mut()
                .filter(|part| part.next.is_some())
                .collect();
            if open.is_empty() || left == 0 {
                break;
            }
            // Where only some can be read on, those that hide the newest rows.
            open.sort_by_key(|part| Reverse(part.next));
            let share = (left / open.len()).min(stride).clamp(1, MAX_STRIDE);
            let queries = open
                .iter_mut()
                .take(left)
                .map(|part| self.read_on(search, part, first, share));
            let examined: usize = try_join_all(queries).await?.into_iter().sum();
            left = left.saturating_sub(examined);
            stride = stride.saturating_mul(GROWTH);
            if known(&parts) >= search.enough {
                break;
            }
        }
        Ok(merged(parts, search.enough))
    }

    /// Reads the next rows of a partition, and returns how many.
    async fn read_on(
        &self,
        search: &Search<'_>,
        part: &mut PartitionScan,
        first: u64,
        rows: usize,
    ) -> Result<usize, StoreError> {
        let Some(last) = part.next else { return Ok(0) };
        let conditions = Conditions::of(search);
        let query = self
            .table
            .query("tenantShard = :partition AND id BETWEEN :first AND :last")
            .filter_expression(conditions.texts.join(" AND "))
            .set_expression_attribute_names(Some(conditions.names))
            .set_expression_attribute_values(Some(conditions.values))
            .expression_attribute_values(":partition", string(&part.name))
            .expression_attribute_values(":first", number(first))
            .expression_attribute_values(":last", number(last))
            .projection_expression("id")
            .scan_index_forward(false)
            .limit(i32::try_from(rows).unwrap_or(i32::MAX));
        let page = query.send().await.map_err(self.table.failed("Query"))?;
        for row in page.items() {
            part.ids.push(read_number(row, "id")?);
        }
        let reached = page
            .last_evaluated_key
            .map(|key| read_number::<u64>(&key, "id"))
            .transpose()?;
        part.next = reached.filter(|id| first < *id).map(|id| id - 1);
        Ok(usize::try_from(page.scanned_count).unwrap_or_default())
    }
}

/// The conditions on attributes that are no keys.
#[derive(Default)]
struct Conditions {
    texts: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Conditions {
    fn of(search: &Search<'_>) -> Self {
        let filter = search.filter;
        let mut conditions = Self::default();
        // An id may have moved on into the time after its own.
        conditions.name("createdAt", "BETWEEN :from AND :to");
        conditions
            .values
            .insert(":from".to_owned(), time(search.from));
        conditions.values.insert(":to".to_owned(), time(search.to));
        let direction = filter.direction.map(|direction| match direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        });
        conditions.equal("direction", direction.map(string));
        conditions.equal("source", filter.source.as_ref().map(string));
        conditions.equal("eventType", filter.event_type.as_ref().map(string));
        conditions.equal(
            "status",
            filter.status.map(|status| string(status.as_str())),
        );
        conditions.equal("webhookConfigId", filter.subscription_id.map(number));
        conditions.equal("callId", filter.call_id.map(|id| string(id.to_string())));
        conditions.equal("messageId", filter.message_id.as_ref().map(string));
        conditions.equal("userId", filter.user_id.as_ref().map(string));
        conditions
    }

    fn equal(&mut self, name: &str, value: Option<AttributeValue>) {
        if let Some(value) = value {
            self.name(name, &format!("= :{name}"));
            self.values.insert(format!(":{name}"), value);
        }
    }

    fn name(&mut self, name: &str, must: &str) {
        self.texts.push(format!("#{name} {must}"));
        self.names.insert(format!("#{name}"), name.to_owned());
    }
}

/// The highest id that was not read: everything above it is known.
fn frontier(parts: &[PartitionScan]) -> Option<u64> {
    parts.iter().filter_map(|part| part.next).max()
}

fn known(parts: &[PartitionScan]) -> usize {
    let frontier = frontier(parts);
    let ids = parts.iter().flat_map(|part| &part.ids);
    ids.filter(|id| frontier.is_none_or(|frontier| frontier < **id))
        .count()
}

fn merged(parts: Vec<PartitionScan>, enough: usize) -> SearchResult {
    let frontier = frontier(&parts);
    let ids = parts.into_iter().flat_map(|part| part.ids);
    let mut ids: Vec<u64> = ids
        .filter(|id| frontier.is_none_or(|frontier| frontier < *id))
        .collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    if enough < ids.len() {
        ids.truncate(enough);
        let searched_to = ids.last().copied();
        return SearchResult { ids, searched_to };
    }
    SearchResult {
        ids,
        searched_to: frontier.map(|frontier| frontier + 1),
    }
}
