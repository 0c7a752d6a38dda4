//! The history that tenants see: one row per inbound event and one per delivery, under an id that is
//! an integer and a time.

mod bodies;
mod deliveries;
mod outcomes;
mod recoverable;
mod rows;
mod search;
mod timeline;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{
    Client, StoreError,
    item::{Item, find_string, item, number, string, to_item},
    table::{Table, Write, Wrote},
};
use crate::domain::{
    delivery::DeliveryRef,
    event::Event,
    key::{CallId, EventKey},
    timestamp::Timestamp,
};

pub use bodies::Packed;
pub(super) use bodies::unpack;
pub use deliveries::RecordedDelivery;
pub(super) use deliveries::read_delivery;
pub use outcomes::{DeliveryOutcome, ReadBound};
pub use recoverable::RecoverablePage;
pub use rows::{PackedRow, Received, Row};
pub use search::{RowFilter, RowStatus, Search, SearchResult};
pub use timeline::{CallEvent, CallEvents, Timeline};

/// How many partitions a tenant's history is spread over, for rows from a moment on (ms since 1970). It is a part
/// of a row's address: to raise it add a line for a moment to come, and leave the others as they are. Powers of
/// two up to [`SLOTS`].
const SHARDS: [(i64, u64); 1] = [(EPOCH_MILLIS, 4)];
/// Ids count milliseconds from here, so that they stay below 2^53, what a JSON reader keeps exact.
const EPOCH_MILLIS: i64 = 1_577_836_800_000;
/// Ids per millisecond: 10 bits.
const SLOTS: u64 = 1_024;
/// More events of one tenant than this in one slot and the slots after it are not a coincidence.
const MAX_PROBES: usize = 512;

/// The table `history`: pk `tenantShard`, sk `id`, with a TTL.
#[derive(Debug, Clone)]
pub struct HistoryTable {
    table: Table,
    retention_days: u32,
}

const INBOUND: &str = "inbound";

/// An inbound row; [`row_key`] is its key.
#[skip_serializing_none]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InboundItem {
    #[serde(skip_deserializing)]
    direction: &'static str,
    #[serde(skip_deserializing)]
    status: &'static str,
    event_key: EventKey,
    source: String,
    event_type: String,
    call_id: Option<CallId>,
    user_id: Option<String>,
    occurred_at: Timestamp,
    created_at: Timestamp,
    #[serde(skip_deserializing)]
    expires_at: i64,
}

impl HistoryTable {
    /// The table of this name, whose rows are kept for `retention_days`.
    pub fn new(client: Client, name: String, retention_days: u32) -> Self {
        Self {
            table: Table::new(client, name, "history"),
            retention_days,
        }
    }

    /// What was received before this moment is not kept any more.
    pub fn kept_since(&self, now: Timestamp) -> Timestamp {
        now.minus_days(self.retention_days)
    }

    /// Records that a tenant received an event; `user_id` is the tenant's user who owns the call.
    /// Recording it again changes nothing.
    pub async fn record_inbound(
        &self,
        event: &Event,
        tenant_id: &str,
        call_id: Option<CallId>,
        user_id: Option<&str>,
    ) -> Result<(), StoreError> {
        let row = to_item(&InboundItem {
            direction: INBOUND,
            status: "processed",
            event_key: event.key.clone(),
            source: event.source.provider().to_owned(),
            event_type: event.event_type.clone(),
            call_id,
            user_id: user_id.map(str::to_owned),
            occurred_at: event.occurred_at,
            created_at: event.received_at,
            expires_at: self.kept_until(event.received_at).as_seconds(),
        })?;
        self.put_row(tenant_id, &event.key, event.received_at, row)
            .await
            .map(drop)
    }

    /// When a row of this moment expires.
    fn kept_until(&self, created_at: Timestamp) -> Timestamp {
        created_at.plus_days(self.retention_days)
    }

    /// Puts a row at the id of its time and key, unless it is there. Where another key holds that id, the
    /// row moves on, the same way at every try.
    async fn put_row(
        &self,
        tenant_id: &str,
        key: &EventKey,
        at: Timestamp,
        mut row: Item,
    ) -> Result<PutRow, StoreError> {
        // By the event, not by its call: records are united, and a row must be found where it was put.
        let first = first_id(at, key.digest());
        // In steps of the partitions: the tries stay in one of them.
        let step = usize::try_from(shards(&SHARDS, first)).unwrap_or(1);
        for id in (first..).step_by(step).take(MAX_PROBES) {
            row.extend(row_key(&DeliveryRef {
                tenant_id: tenant_id.to_owned(),
                id,
            }));
            let put = self
                .table
                .put(row.clone())
                .condition_expression("attribute_not_exists(id)")
                .returning_old();
            match self.table.conditional(put).await? {
                Wrote::Done(_) => return Ok(PutRow::New(id)),
                Wrote::Refused(Some(old))
                    if find_string(&old, "eventKey") == Some(key.as_str()) =>
                {
                    return Ok(PutRow::Existing(old));
                }
                Wrote::Refused(_) => {}
            }
        }
        Err(StoreError::Contended)
    }
}

/// The outcome of putting a row.
enum PutRow {
    /// It is stored under this id.
    New(u64),
    /// It was stored before.
    Existing(Item),
}

/// The key of a row, of either direction.
pub(super) fn row_key(at: &DeliveryRef) -> Item {
    item([
        ("tenantShard", string(partition_of(at))),
        ("id", number(at.id)),
    ])
}

/// The partition of a row: its id determines it, by its last bits and its time.
pub(super) fn partition_of(at: &DeliveryRef) -> String {
    shard(&at.tenant_id, at.id % shards(&SHARDS, at.id))
}

fn shard(tenant_id: &str, number: u64) -> String {
    format!("{tenant_id}#{number}")
}

/// The number of partitions at the time of this id.
fn shards(raises: &[(i64, u64)], id: u64) -> u64 {
    let millis = i64::try_from(id / SLOTS)
        .unwrap_or(i64::MAX)
        .saturating_add(EPOCH_MILLIS);
    let raised = raises.iter().rev().find(|(since, _)| *since <= millis);
    raised.map_or(1, |(_, shards)| *shards)
}

/// The most partitions that there ever were.
fn most_shards() -> u64 {
    SHARDS.iter().map(|(_, shards)| *shards).max().unwrap_or(1)
}

/// The id that an event gets unless another event holds it: its time, then ten bits of its digest.
fn first_id(received_at: Timestamp, digest: u64) -> u64 {
    first_id_at(received_at) + digest % SLOTS
}

fn first_id_at(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis() - EPOCH_MILLIS).unwrap_or(0) * SLOTS
}

/// The moment that an id says.
fn moment_of(id: u64) -> Timestamp {
    Timestamp::EPOCH.plus_millis(EPOCH_MILLIS.unsigned_abs() + id / SLOTS)
}

/// The ids of everything that was received between two moments, both included. Some of what was
/// received just after them may be among them, for an id moves on where another event holds it.
pub(super) fn ids_between(from: Timestamp, to: Timestamp) -> RangeInclusive<u64> {
    first_id_at(from)..=first_id_at(to) + (SLOTS - 1) + (MAX_PROBES as u64 - 1) * most_shards()
}

/// Every partition of a tenant's history.
pub(super) fn partitions(tenant_id: &str) -> impl Iterator<Item = String> {
    (0..most_shards()).map(move |number| shard(tenant_id, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_between_two_moments_hold_every_slot_of_both_and_no_earlier_one() {
        let at = |millis: i64| Timestamp::from_millis(1_761_751_845_000 + millis).unwrap();
        let ids = ids_between(at(5), at(7));
        for (millis, digest) in [(5, 0), (5, u64::MAX), (6, 7), (7, 0), (7, u64::MAX)] {
            assert!(
                ids.contains(&first_id(at(millis), digest)),
                "{millis} {digest}"
            );
        }
        // The last slot of the last moment may have moved on.
        assert!(
            ids.contains(&(first_id(at(7), u64::MAX) + (MAX_PROBES as u64 - 1) * most_shards()))
        );
        assert!(!ids.contains(&first_id(at(4), u64::MAX)) && !ids.contains(&first_id(at(10), 0)));
    }

    #[test]
    fn raising_the_number_of_partitions_moves_no_row() {
        let at = |millis: i64| Timestamp::from_millis(1_761_751_845_000 + millis).unwrap();
        let raises = [
            (EPOCH_MILLIS, 4),
            (at(100).as_millis(), 16),
            (at(200).as_millis(), 64),
        ];
        for (millis, expected) in [
            (-1_000_000, 4),
            (99, 4),
            (100, 16),
            (199, 16),
            (200, 64),
            (9_999, 64),
        ] {
            for digest in [0, 1, 7, 1_023, u64::MAX] {
                let id = first_id(at(millis), digest);
                assert_eq!(shards(&raises, id), expected, "{millis}");
                // A try that moved on within its millisecond or into the next is found by its id alone.
                assert!(expected <= shards(&raises, id + expected * MAX_PROBES as u64));
            }
        }
        assert!(
            SHARDS
                .iter()
                .all(|(_, shards)| shards.is_power_of_two() && SLOTS.is_multiple_of(*shards))
        );
        assert!(SHARDS.is_sorted() && SHARDS[0].0 == EPOCH_MILLIS);
    }

    #[test]
    fn ids_follow_time_and_stay_exact_in_json() {
        let now = Timestamp::parse_rfc3339("2025-10-29T15:30:45.123Z").unwrap();
        let later = Timestamp::from_millis(now.as_millis() + 1).unwrap();
        assert!(first_id(now, u64::MAX) < first_id(later, 0));
        let far = Timestamp::parse_rfc3339("2290-01-01T00:00:00Z").unwrap();
        assert!(first_id(far, u64::MAX) < 1 << 53);
    }
}
