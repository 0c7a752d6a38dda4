//! The counts of a tenant's calls by hour, kept so that statistics need not read the calls again: one item per
//! day of UTC in the table `calls`, with an attribute `h07` for the calls that were created in its eighth hour.
//!
//! ```text
//! reader: the hour is closed ── read the day's item ── count its calls ── store, unless `d07` has changed
//! writer: the hour may be counted ── remove `h07`, set `d07` ── write the call
//! ```
//!
//! `d07` says until when the writer may still be at work, and until then no reader stores. Writers take an hour
//! for counted earlier than readers count it, by the same margin. So every write of a call either comes before
//! all readings that are stored, or prevents them (ADR 40).

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{
    Client, Retention, StoreError,
    batch::BATCH,
    item::{Item, find_number, find_string, item, number, read_string, string, time},
    list_position::ListPosition,
    table::Table,
};
use crate::domain::{
    call::counts::Counts,
    hour::{Day, Hour},
    timestamp::Timestamp,
};

/// Longer than any function runs, than a request stays valid, and than the index lags.
const MARGIN_MILLIS: u64 = 15 * 60 * 1_000;
/// An hour is counted this long after its end: most calls have ended by then, and change no more.
const CLOSED_AFTER_MILLIS: u64 = 60 * 60 * 1_000;
/// An hour with larger counts is counted anew each time, so that a day fits into an item of 400 KB.
const MAX_HOUR_BYTES: usize = 15_000;

/// The counts of an hour's calls, all of them or the newest.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HourCounts {
    pub counts: Counts,
    /// After the last call that is counted, if there may be more.
    pub after: Option<ListPosition>,
}

/// What is kept of an hour.
#[derive(Debug, Clone, Default)]
pub struct KeptHour {
    pub counts: Option<HourCounts>,
    dirty_until: Option<Timestamp>,
}

/// Counts of an hour, to be stored if nothing has changed since `read`.
#[derive(Debug)]
pub struct NewCounts {
    pub hour: Hour,
    pub read: KeptHour,
    pub counts: HourCounts,
}

/// The counts in the table `calls`: pk `id`.
#[derive(Debug, Clone)]
pub struct CountTable {
    table: Table,
    kept: Retention,
}

impl CountTable {
    /// The table of this name, whose calls are kept this long.
    pub fn new(client: Client, name: String, kept: Retention) -> Self {
        let table = Table::new(client, name, "calls");
        Self { table, kept }
    }

    /// As many days as [`CountTable::read`] reads in one request.
    pub const DAYS: usize = BATCH;

    /// What is kept of the hours of these days.
    pub async fn read(
        &self,
        tenant_id: &str,
        days: &[Day],
        now: Timestamp,
    ) -> Result<HashMap<Hour, KeptHour>, StoreError> {
        let by_id: HashMap<String, Day> =
            days.iter().map(|day| (id(tenant_id, *day), *day)).collect();
        let keys = by_id.keys().map(|id| key(id.clone())).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys));
        let mut kept = HashMap::new();
        for item in self.table.read_batch(keys).await? {
            let day = by_id.get(read_string(&item, "id")?);
            let day = *day.ok_or(StoreError::Corrupt { what: "id" })?;
            for hour in day.newest_hours() {
                kept.insert(hour, self.read_hour(&item, hour, now)?);
            }
        }
        Ok(kept)
    }

    fn read_hour(&self, item: &Item, hour: Hour, now: Timestamp) -> Result<KeptHour, StoreError> {
        // DynamoDB deletes an expired item some time later, and the calls that it counts as well.
        let expires_at = find_number(item, "expiresAt")?;
        let is_over = expires_at.is_some_and(|at: i64| at <= now.as_seconds());
        let stored = find_string(item, &counts_of(hour));
        let stored = stored.filter(|_| !is_over && !self.kept.is_over(hour.start(), now));
        let counts = stored.map(serde_json::from_str).transpose();
        let dirty_until = item.get(&dirty_of(hour)).map(read_time).transpose();
        Ok(KeptHour {
            counts: counts.map_err(|_| StoreError::Corrupt { what: "h" })?,
            dirty_until: dirty_until?,
        })
    }

    /// Whether counts of the hour may be stored that are counted from now on.
    pub fn may_store(&self, hour: Hour, read: &KeptHour, now: Timestamp) -> bool {
        now >= hour.end().plus_millis(CLOSED_AFTER_MILLIS)
            && read.dirty_until.is_none_or(|until| until <= now)
            && !self.kept.is_over(hour.start(), now)
    }

    /// Stores the counts of hours of one day, all of them or none: a change in the meantime prevents it.
    pub async fn store(
        &self,
        tenant_id: &str,
        day: Day,
        hours: &[NewCounts],
    ) -> Result<(), StoreError> {
        let (mut set, mut conditions, mut values) = (Vec::new(), Vec::new(), BTreeMap::new());
        for NewCounts { hour, read, counts } in hours {
            let json = serde_json::to_string(counts);
            let json = json.map_err(|_| StoreError::Corrupt { what: "h" })?;
            if json.len() > MAX_HOUR_BYTES {
                continue;
            }
            let (name, dirty) = (counts_of(*hour), dirty_of(*hour));
            set.push(format!("{name} = :{name}"));
            values.insert(format!(":{name}"), string(json));
            match read.dirty_until {
                None => conditions.push(format!("attribute_not_exists({dirty})")),
                Some(until) => {
                    conditions.push(format!("{dirty} = :{dirty}"));
                    values.insert(format!(":{dirty}"), time(until));
                }
            }
        }
        if set.is_empty() {
            return Ok(());
        }
        // The first of the day's calls may expire then.
        if let Some(expires_at) = self.kept.expiry(day.hour(0).start()) {
            set.push("expiresAt = :expiresAt".to_owned());
            values.insert(":expiresAt".to_owned(), number(expires_at));
        }
        let update = self
            .table
            .update(key(id(tenant_id, day)), &format!("SET {}", set.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .set_expression_attribute_values(Some(values.into_iter().collect()));
        self.table.conditional(update).await.map(drop)
    }
}

/// Whether an hour may be counted by now, so that a write of its calls has to drop its counts.
pub(super) fn may_be_kept(hour: Hour, now: Timestamp) -> bool {
    now >= hour.end().plus_millis(CLOSED_AFTER_MILLIS - MARGIN_MILLIS)
}

/// Removes the counts of an hour before a call of it is written.
pub(super) async fn drop_hour(
    table: &Table,
    tenant_id: &str,
    hour: Hour,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (counts, dirty) = (counts_of(hour), dirty_of(hour));
    let update = table
        .update(
            key(id(tenant_id, hour.day())),
            &format!("SET {dirty} = :until REMOVE {counts}"),
        )
        .expression_attribute_values(":until", time(now.plus_millis(MARGIN_MILLIS)));
    table.write(update).await.map(drop)
}

fn read_time(value: &AttributeValue) -> Result<Timestamp, StoreError> {
    let millis = value.as_n().ok().and_then(|text| text.parse().ok());
    millis
        .and_then(Timestamp::from_millis)
        .ok_or(StoreError::Corrupt { what: "d" })
}

fn counts_of(hour: Hour) -> String {
    format!("h{:02}", hour.number_in_day())
}

fn dirty_of(hour: Hour) -> String {
    format!("d{:02}", hour.number_in_day())
}

fn id(tenant_id: &str, day: Day) -> String {
    format!("counts#{tenant_id}#{day}")
}

fn key(id: String) -> Item {
    item([("id", string(id))])
}
