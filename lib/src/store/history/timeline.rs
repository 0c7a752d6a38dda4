//! The events of one call, read from the history, where each is recorded under the id that the call
//! had then: its own, or that of a record that was found to be the same call.

use futures::future::try_join_all;

use super::{HistoryTable, INBOUND, InboundItem, ids_between, partitions};
use crate::{
    domain::{
        call::{Call, ReceivedSpan},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        item::{Item, number, read, read_number, string},
    },
};

/// DynamoDB compares with at most this many values at once.
const MAX_IDS: usize = 100;

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

/// What was read of a partition.
struct PartitionPage {
    rows: Vec<CallEvent>,
    /// The last id that was read, if it was not the end.
    read_to: Option<u64>,
}

impl HistoryTable {
    /// The events that the timeline wants, each once.
    pub async fn events_of(&self, timeline: &Timeline<'_>) -> Result<CallEvents, StoreError> {
        let seen = timeline.call.received;
        let ids = ids_between(seen.from, seen.to.plus_millis(ReceivedSpan::SLACK_MILLIS));
        let start = timeline.after.map_or(*ids.start(), |after| {
            after.saturating_add(1).max(*ids.start())
        });
        if start > *ids.end() {
            return Ok(CallEvents {
                events: Vec::new(),
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
        let parts = parts.map(|(partition, call_ids)| {
            self.partition_page(partition, call_ids, (start, *ids.end()), timeline.megabytes)
        });
        let parts = try_join_all(parts).await?;
        // What follows the end of the shortest partition comes with the next page.
        let mut more_after = parts.iter().filter_map(|part| part.read_to).min();
        let rows = parts.into_iter().flat_map(|part| part.rows);
        let mut events: Vec<_> = rows
            .filter(|row| more_after.is_none_or(|last| row.id <= last))
            .collect();
        events.sort_by_key(|event| event.id);
        if events.len() > timeline.limit {
            events.truncate(timeline.limit);
            more_after = events.last().map(|event| event.id);
        }
        Ok(CallEvents { events, more_after })
    }

    async fn partition_page(
        &self,
        partition: &str,
        call_ids: &[CallId],
        (first, last): (u64, u64),
        megabytes: usize,
    ) -> Result<PartitionPage, StoreError> {
        let names: Vec<String> = (0..call_ids.len())
            .map(|number| format!(":call{number}"))
            .collect();
        let mut values = Item::from([
            (":partition".to_owned(), string(partition)),
            (":first".to_owned(), number(first)),
            (":last".to_owned(), number(last)),
            (":inbound".to_owned(), string(INBOUND)),
        ]);
        values.extend(
            names
                .iter()
                .cloned()
                .zip(call_ids.iter().map(|id| string(id.to_string()))),
        );
        let query = self
            .table
            .query("tenantShard = :partition AND id BETWEEN :first AND :last")
            .filter_expression(format!(
                "callId IN ({}) AND direction = :inbound",
                names.join(", ")
            ))
            .set_expression_attribute_values(Some(values));
        let (mut rows, mut start) = (Vec::new(), None::<Item>);
        // A page ends at one megabyte, whatever the filter leaves of it.
        for _ in 0..megabytes {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(self.table.failed("Query"))?;
            rows.extend(
                page.items()
                    .iter()
                    .map(read_row)
                    .collect::<Result<Vec<_>, _>>()?,
            );
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

fn read_row(row: &Item) -> Result<CallEvent, StoreError> {
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
