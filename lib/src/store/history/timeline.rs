//! The events of one call, read from the history, where each is recorded under the id that the call
//! had then: its own, or that of a record that was found to be the same call.

use futures::future::try_join_all;

use super::{HistoryTable, ids_between, partitions};
use crate::{
    domain::{
        call::{Call, ReceivedSpan},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        item::{Item, number, read_number, read_string, read_time, string},
    },
};

/// DynamoDB compares with at most so many values at once.
const MAX_IDS: usize = 100;

/// An event of a call, as the history has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEvent {
    /// The id of its row.
    pub id: u64,
    /// The event.
    pub key: EventKey,
    /// Who reported it.
    pub source: String,
    /// The provider's name for what happened.
    pub event_type: String,
    /// When it happened, as the provider says.
    pub occurred_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
}

/// Which part of a call's events is wanted.
#[derive(Debug)]
pub struct Timeline<'a> {
    /// The call.
    pub call: &'a Call,
    /// The tenant that owns it.
    pub tenant_id: &'a str,
    /// What was received after this id; everything, if there is none.
    pub after: Option<u64>,
    /// How many events at most.
    pub limit: usize,
    /// How many megabytes of each partition are looked through at most; a busy tenant's other calls
    /// lie between the events of a long one.
    pub megabytes: usize,
}

/// Events of a call, by their ids.
#[derive(Debug)]
pub struct CallEvents {
    /// The events.
    pub events: Vec<CallEvent>,
    /// The id after which more may follow.
    pub more_after: Option<u64>,
}

/// What a partition told.
struct Part {
    rows: Vec<CallEvent>,
    /// Up to here it was read, if not to the end.
    read_to: Option<u64>,
}

impl HistoryTable {
    /// The events that the timeline wants, each once.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
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
            self.part(partition, call_ids, (start, *ids.end()), timeline.megabytes)
        });
        let parts = try_join_all(parts).await?;
        // What lies behind the place where one partition was left comes with the next page.
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

    async fn part(
        &self,
        partition: &str,
        call_ids: &[CallId],
        (first, last): (u64, u64),
        megabytes: usize,
    ) -> Result<Part, StoreError> {
        let names: Vec<String> = (0..call_ids.len())
            .map(|number| format!(":call{number}"))
            .collect();
        let mut values = Item::from([
            (":partition".to_owned(), string(partition)),
            (":first".to_owned(), number(first)),
            (":last".to_owned(), number(last)),
            (":inbound".to_owned(), string("inbound")),
        ]);
        values.extend(
            names
                .iter()
                .cloned()
                .zip(call_ids.iter().map(|id| string(id.to_string()))),
        );
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("tenantShard = :partition AND id BETWEEN :first AND :last")
            .filter_expression(format!(
                "callId IN ({}) AND direction = :inbound",
                names.join(", ")
            ))
            .set_expression_attribute_values(Some(values));
        let (mut rows, mut start) = (Vec::new(), None::<Item>);
        // A page ends at one megabyte, whatever the filter leaves of it.
        for _ in 0..megabytes {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(StoreError::unavailable("Query history"))?;
            rows.extend(
                page.items()
                    .iter()
                    .map(read_row)
                    .collect::<Result<Vec<_>, _>>()?,
            );
            match page.last_evaluated_key {
                None => {
                    return Ok(Part {
                        rows,
                        read_to: None,
                    });
                }
                Some(key) => start = Some(key),
            }
        }
        let read_to = start.map_or(Ok(first), |key| read_number(&key, "id"));
        Ok(Part {
            rows,
            read_to: Some(read_to?),
        })
    }
}

fn read_row(row: &Item) -> Result<CallEvent, StoreError> {
    Ok(CallEvent {
        id: read_number(row, "id")?,
        key: EventKey::from_stored(read_string(row, "eventKey")?.to_owned()),
        source: read_string(row, "source")?.to_owned(),
        event_type: read_string(row, "eventType")?.to_owned(),
        occurred_at: read_time(row, "occurredAt")?,
        received_at: read_time(row, "createdAt")?,
    })
}
