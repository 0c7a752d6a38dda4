//! The rows of one call, read from the history, where each is recorded under the id that the call
//! had then: its own, or that of a record that was found to be the same call.

use futures::future::try_join_all;

use super::{
    HistoryTable, INBOUND, InboundItem,
    deliveries::{OUTBOUND, read_delivery},
    ids_between, partitions,
};
use crate::{
    domain::{
        call::{Call, ReceivedSpan},
        delivery::Delivery,
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        item::{Item, find_string, number, read, read_number, string},
    },
};

/// DynamoDB compares with at most this many values at once.
const MAX_IDS: usize = 100;
/// All that is read of a row; a body may be large.
const WITHOUT_BODIES: &str = "id, v, direction, eventKey, #source, eventType, callId, userId, #status, \
     webhookConfigId, messageId, attempts, earlier, refused, nextAt, #response, recovery, occurredAt, createdAt, \
     updatedAt";

/// An event of a call, as the history has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEvent {
    /// The id of its row.
    pub id: u64,
    pub key: EventKey,
    /// The provider.
    pub source: String,
    /// The provider's name of the event's type.
    pub event_type: String,
    /// When it happened, by the provider's clock.
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
}

/// The part of a call's events that a query wants.
#[derive(Debug)]
pub struct Timeline<'a> {
    pub call: &'a Call,
    /// The tenant that owns the call.
    pub tenant_id: &'a str,
    /// What was received after this id; everything, if there is none.
    pub after: Option<u64>,
    /// How many events at most.
    pub limit: usize,
    /// How many megabytes of each partition are read at most; a busy tenant's other calls are stored
    /// between the events of a long one.
    pub megabytes: usize,
}

/// Events of a call, by their ids.
#[derive(Debug)]
pub struct CallEvents {
    pub events: Vec<CallEvent>,
    /// The id after which more may follow.
    pub more_after: Option<u64>,
}

/// Events of a call and the deliveries that they caused, by their ids.
#[derive(Debug)]
pub struct CallRows {
    pub events: Vec<CallEvent>,
    /// Without their bodies.
    pub deliveries: Vec<Delivery>,
    /// The id after which more may follow.
    pub more_after: Option<u64>,
}

/// Which rows of a call are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Events,
    All,
}

/// What was read of a partition.
struct PartitionPage {
    rows: Vec<(u64, Item)>,
    /// The last id that was read, if it was not the end.
    read_to: Option<u64>,
}

/// Rows of a call, by their ids.
struct FoundRows {
    rows: Vec<(u64, Item)>,
    more_after: Option<u64>,
}

impl HistoryTable {
    /// The events that the timeline wants, each once.
    pub async fn events_of(&self, timeline: &Timeline<'_>) -> Result<CallEvents, StoreError> {
        let found = self.rows(timeline, Wanted::Events).await?;
        let events = found.rows.iter().map(|(_, row)| read_event(row));
        Ok(CallEvents {
            events: events.collect::<Result<_, _>>()?,
            more_after: found.more_after,
        })
    }

    /// The same with the deliveries, which count against the limit.
    pub async fn rows_of(&self, timeline: &Timeline<'_>) -> Result<CallRows, StoreError> {
        let found = self.rows(timeline, Wanted::All).await?;
        let mut rows = CallRows {
            events: Vec::new(),
            deliveries: Vec::new(),
            more_after: found.more_after,
        };
        for (_, row) in &found.rows {
            if find_string(row, "direction") == Some(OUTBOUND) {
                rows.deliveries
                    .push(read_delivery(timeline.tenant_id, row)?);
            } else {
                rows.events.push(read_event(row)?);
            }
        }
        Ok(rows)
    }

    async fn rows(&self, timeline: &Timeline<'_>, wanted: Wanted) -> Result<FoundRows, StoreError> {
        let seen = timeline.call.received;
        let ids = ids_between(seen.from, seen.to.plus_millis(ReceivedSpan::SLACK_MILLIS));
        let start = timeline.after.map_or(*ids.start(), |after| {
            after.saturating_add(1).max(*ids.start())
        });
        if start > *ids.end() {
            return Ok(FoundRows {
                rows: Vec::new(),
                more_after: None,
            });
        }
        let call = timeline.call;
        let call_ids: Vec<CallId> = std::iter::once(call.id)
            .chain(call.absorbed.keys().copied())
            .collect();
        let partitions: Vec<String> = partitions(timeline.tenant_id).collect();
        let parts = partitions.iter().flat_map(|partition| {
            call_ids
                .chunks(MAX_IDS)
                .map(move |call_ids| (partition, call_ids))
        });
        let ids = (start, *ids.end());
        let parts = parts.map(|(partition, call_ids)| {
            self.partition_page(partition, call_ids, ids, timeline.megabytes, wanted)
        });
        let parts = try_join_all(parts).await?;
        // What follows the end of the shortest partition comes with the next page.
        let mut more_after = parts.iter().filter_map(|part| part.read_to).min();
        let rows = parts.into_iter().flat_map(|part| part.rows);
        let mut rows: Vec<_> = rows
            .filter(|(id, _)| more_after.is_none_or(|last| *id <= last))
            .collect();
        rows.sort_by_key(|(id, _)| *id);
        if rows.len() > timeline.limit {
            rows.truncate(timeline.limit);
            more_after = rows.last().map(|(id, _)| *id);
        }
        Ok(FoundRows { rows, more_after })
    }

    async fn partition_page(
        &self,
        partition: &str,
        call_ids: &[CallId],
        (first, last): (u64, u64),
        megabytes: usize,
        wanted: Wanted,
    ) -> Result<PartitionPage, StoreError> {
        let names: Vec<String> = (0..call_ids.len())
            .map(|number| format!(":call{number}"))
            .collect();
        let mut values = Item::from([
            (":partition".to_owned(), string(partition)),
            (":first".to_owned(), number(first)),
            (":last".to_owned(), number(last)),
        ]);
        let mut filter = format!("callId IN ({})", names.join(", "));
        if wanted == Wanted::Events {
            filter.push_str(" AND direction = :inbound");
            values.insert(":inbound".to_owned(), string(INBOUND));
        }
        values.extend(
            names
                .iter()
                .cloned()
                .zip(call_ids.iter().map(|id| string(id.to_string()))),
        );
        let query = self
            .table
            .query("tenantShard = :partition AND id BETWEEN :first AND :last")
            .filter_expression(filter)
            .projection_expression(WITHOUT_BODIES)
            .expression_attribute_names("#source", "source")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#response", "response")
            .set_expression_attribute_values(Some(values));
        let (mut rows, mut start) = (Vec::new(), None::<Item>);
        // A page ends at one megabyte, whatever the filter leaves of it.
        for _ in 0..megabytes {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(self.table.failed("Query"))?;
            for row in page.items.unwrap_or_default() {
                rows.push((read_number(&row, "id")?, row));
            }
            match page.last_evaluated_key {
                None => {
                    return Ok(PartitionPage {
                        rows,
                        read_to: None,
                    });
                }
                Some(key) => start = Some(key),
            }
        }
        let read_to = start.map_or(Ok(first), |key| read_number(&key, "id"));
        Ok(PartitionPage {
            rows,
            read_to: Some(read_to?),
        })
    }
}

fn read_event(row: &Item) -> Result<CallEvent, StoreError> {
    let item: InboundItem = read(row)?;
    Ok(CallEvent {
        id: read_number(row, "id")?,
        key: item.event_key,
        source: item.source,
        event_type: item.event_type,
        occurred_at: item.occurred_at,
        received_at: item.created_at,
    })
}
