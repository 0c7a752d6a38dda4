//! How the deliveries to a subscription went, newest first, within a bound of what is read for one answer.

use futures::future::try_join_all;
use serde::Deserialize;

use super::{HistoryTable, deliveries::OUTBOUND, ids_between, moment_of, partitions};
use crate::{
    domain::{
        delivery::{Attempt, DeliveryStatus},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        call_list::Window,
        endpoints::SubscriptionRef,
        item::{Item, Json, number, read, read_number, string, time},
    },
};

/// How much is read for one answer: a page has this many rows, and at most a megabyte.
#[derive(Debug, Clone, Copy)]
pub struct ReadBound {
    /// Pages of each partition.
    pub pages: usize,
    pub rows: i32,
}

/// A delivery as far as its row says how it went.
#[derive(Debug, Clone)]
pub struct DeliveryOutcome {
    pub announced_at: Timestamp,
    pub status: DeliveryStatus,
    pub last: Option<Attempt>,
}

#[derive(Debug)]
pub struct DeliveryOutcomes {
    pub deliveries: Vec<DeliveryOutcome>,
    /// From when on deliveries are known, if older ones were not read.
    pub cut_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutcomeItem {
    status: String,
    created_at: Timestamp,
    response: Option<Json<Attempt>>,
}

/// A partition, as far as it was read.
struct Part {
    name: String,
    /// The highest id that was not read.
    next: Option<u64>,
    found: Vec<Item>,
}

impl HistoryTable {
    /// The subscription's deliveries that were announced in the window.
    pub async fn outcomes(
        &self,
        endpoint: &SubscriptionRef,
        window: Window,
        bound: ReadBound,
    ) -> Result<DeliveryOutcomes, StoreError> {
        let ids = ids_between(window.from, window.to);
        let mut parts: Vec<Part> = partitions(&endpoint.tenant_id)
            .map(|name| Part {
                name,
                next: Some(*ids.end()),
                found: Vec::new(),
            })
            .collect();
        for _ in 0..bound.pages {
            let reads = parts
                .iter_mut()
                .map(|part| self.read_page(endpoint, window, part, bound.rows));
            try_join_all(reads).await?;
        }
        // What is announced after the moment of an id has a higher id.
        let unread = parts.iter().filter_map(|part| part.next).max();
        let cut_at = unread.map(|id| moment_of(id).plus_millis(1));
        let found = parts.iter().flat_map(|part| &part.found).map(outcome);
        let mut deliveries = found.collect::<Result<Vec<_>, _>>()?;
        deliveries.retain(|delivery| cut_at.is_none_or(|cut_at| cut_at <= delivery.announced_at));
        Ok(DeliveryOutcomes { deliveries, cut_at })
    }

    async fn read_page(
        &self,
        endpoint: &SubscriptionRef,
        window: Window,
        part: &mut Part,
        rows: i32,
    ) -> Result<(), StoreError> {
        let first = *ids_between(window.from, window.to).start();
        let Some(last) = part.next.filter(|last| first <= *last) else {
            part.next = None;
            return Ok(());
        };
        let query = self
            .table
            .query("tenantShard = :partition AND id BETWEEN :first AND :last")
            .filter_expression(
                "direction = :outbound AND webhookConfigId = :subscription AND createdAt BETWEEN :from AND :to",
            )
            .projection_expression("#status, createdAt, #response")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#response", "response")
            .expression_attribute_values(":partition", string(&part.name))
            .expression_attribute_values(":first", number(first))
            .expression_attribute_values(":last", number(last))
            .expression_attribute_values(":outbound", string(OUTBOUND))
            .expression_attribute_values(":subscription", number(endpoint.id))
            .expression_attribute_values(":from", time(window.from))
            .expression_attribute_values(":to", time(window.to))
            .scan_index_forward(false)
            .limit(rows);
        let page = query.send().await.map_err(self.table.failed("Query"))?;
        part.next = match &page.last_evaluated_key {
            Some(key) => Some(read_number::<u64>(key, "id")?.saturating_sub(1)),
            None => None,
        };
        part.found.extend(page.items.unwrap_or_default());
        Ok(())
    }
}

fn outcome(row: &Item) -> Result<DeliveryOutcome, StoreError> {
    let row: OutcomeItem = read(row)?;
    let status = DeliveryStatus::parse(&row.status);
    Ok(DeliveryOutcome {
        announced_at: row.created_at,
        status: status.ok_or(StoreError::Corrupt { what: "status" })?,
        last: row.response.map(|Json(attempt)| attempt),
    })
}
