//! What waits for its time, filed under the minute in which it is to be looked for.
//!
//! An entry whose time has passed already is filed under the present minute, so that a sweep through the
//! minutes still finds it. How far the sweep has come is an item of the same table.

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Client, StoreError,
    item::{Item, from_item, item, number, read_number, string, to_item},
    table::Table,
};
use crate::{
    crypto::sha256,
    domain::{
        due::{Due, Minute},
        timestamp::Timestamp,
    },
    telemetry,
};

/// How many partitions a minute is spread over.
const SHARDS: u8 = 4;
const WATERMARK: &str = "watermark";

/// The table `due`: pk `slot` (minute and shard), sk `id`.
#[derive(Debug, Clone)]
pub struct DueTable(Table);

/// An entry as it was read.
#[derive(Debug, Clone)]
pub struct DueEntry {
    pub due: Due,
    slot: String,
    nonce: String,
}

/// The entries of a minute or of a parking place.
#[derive(Debug, Default)]
pub struct DuePage {
    /// Each partition's earliest entry first.
    pub entries: Vec<DueEntry>,
    /// Whether these are all.
    pub is_whole: bool,
}

#[derive(Serialize, Deserialize)]
struct DueItem {
    slot: String,
    id: String,
    at: Timestamp,
    kind: String,
    reference: String,
    /// An entry that is filed again while it is being processed must remain.
    #[serde(default)]
    nonce: String,
}

#[derive(Serialize)]
struct Watermark {
    slot: &'static str,
    id: &'static str,
    minute: i64,
}

impl DueTable {
    pub fn new(client: Client, name: String) -> Self {
        Self(Table::new(client, name, "due"))
    }

    /// Files an entry under its minute, or under that of `now` if its own has passed. Filing it again
    /// changes nothing but its nonce.
    pub async fn file(&self, due: &Due, now: Timestamp) -> Result<(), StoreError> {
        self.file_under(Minute::of(due.at).max(Minute::of(now)), due)
            .await
    }

    /// Removes what was filed at `filed_at`: it need not be done any more.
    ///
    /// # Errors
    /// It will then be done.
    pub async fn withdraw(&self, due: &Due, filed_at: Timestamp) -> Result<(), StoreError> {
        let minute = Minute::of(due.at).max(Minute::of(filed_at));
        let slot = slot(minute, shard(&id(due)));
        let delete = self.0.delete(key(&slot, &id(due)));
        self.0.write(delete).await.map(drop)
    }

    /// Files an entry that could not be processed under a later minute, and then removes it from where
    /// it was.
    pub async fn postpone(&self, entry: &DueEntry, until: Minute) -> Result<(), StoreError> {
        self.file_under(until, &entry.due).await?;
        self.remove(entry).await
    }

    /// Files an entry outside of all minutes: it waits until [`DueTable::parked`] is read for its place.
    pub async fn park(&self, place: &str, due: &Due) -> Result<(), StoreError> {
        self.put(parked(place), due).await
    }

    /// The earliest entries that are parked in a place.
    pub async fn parked(&self, place: &str, limit: i32) -> Result<DuePage, StoreError> {
        self.read_slot(parked(place), limit).await
    }

    async fn file_under(&self, minute: Minute, due: &Due) -> Result<(), StoreError> {
        self.put(slot(minute, shard(&id(due))), due).await
    }

    async fn put(&self, slot: String, due: &Due) -> Result<(), StoreError> {
        let entry = to_item(&DueItem {
            slot,
            id: id(due),
            at: due.at,
            kind: due.kind.clone(),
            reference: due.reference.clone(),
            nonce: Uuid::new_v4().simple().to_string(),
        })?;
        self.0.write(self.0.put(entry)).await.map(drop)
    }

    /// What is filed under a minute, at most `limit` entries of each of its partitions.
    pub async fn read(&self, minute: Minute, limit: i32) -> Result<DuePage, StoreError> {
        let shards =
            try_join_all((0..SHARDS).map(|shard| self.read_slot(slot(minute, shard), limit)));
        let mut whole = DuePage {
            entries: Vec::new(),
            is_whole: true,
        };
        for shard in shards.await? {
            whole.entries.extend(shard.entries);
            whole.is_whole &= shard.is_whole;
        }
        Ok(whole)
    }

    async fn read_slot(&self, slot: String, limit: i32) -> Result<DuePage, StoreError> {
        // Strongly: what was filed last must not be missed, nor what was just removed be done twice.
        let query = self
            .0
            .query("slot = :slot")
            .expression_attribute_values(":slot", string(slot))
            .limit(limit)
            .consistent_read(true);
        let mut start = None::<Item>;
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(self.0.failed("Query"))?;
            // One that a later version wrote must not hold up the others.
            let entries: Vec<DueEntry> = page.items().iter().filter_map(readable).collect();
            start = page.last_evaluated_key;
            let is_whole = start.is_none();
            if is_whole || !entries.is_empty() {
                return Ok(DuePage { entries, is_whole });
            }
        }
    }

    /// Removes an entry that was processed, unless it has been filed again since it was read.
    pub async fn remove(&self, entry: &DueEntry) -> Result<(), StoreError> {
        let delete = self
            .0
            .delete(key(&entry.slot, &id(&entry.due)))
            .condition_expression("nonce = :read")
            .expression_attribute_values(":read", string(&entry.nonce));
        self.0.conditional(delete).await.map(drop)
    }

    /// The first minute whose entries may not all be done; `None` before the first sweep.
    pub async fn watermark(&self) -> Result<Option<Minute>, StoreError> {
        let found = self.0.get(key(WATERMARK, WATERMARK)).await?;
        found
            .map(|item| Ok(Minute::from_number(read_number(&item, "minute")?)))
            .transpose()
    }

    /// Records that all minutes before this one are done. It never goes back.
    pub async fn advance(&self, minute: Minute) -> Result<(), StoreError> {
        let minute = minute.as_number();
        let mark = to_item(&Watermark {
            slot: WATERMARK,
            id: WATERMARK,
            minute,
        })?;
        let put = self
            .0
            .put(mark)
            .condition_expression("attribute_not_exists(slot) OR #minute < :minute")
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_values(":minute", number(minute));
        self.0.conditional(put).await.map(drop)
    }
}

fn key(slot: &str, id: &str) -> Item {
    item([("slot", string(slot)), ("id", string(id))])
}

/// By time first, so that what is due comes before what is not yet.
fn id(due: &Due) -> String {
    format!("{:015}#{}#{}", due.at.as_millis(), due.kind, due.reference)
}

fn shard(id: &str) -> u8 {
    sha256(id.as_bytes())[0] % SHARDS
}

fn parked(place: &str) -> String {
    format!("parked#{place}")
}

fn slot(minute: Minute, shard: u8) -> String {
    format!("{minute}#{shard}")
}

fn readable(item: &Item) -> Option<DueEntry> {
    let entry = from_item(item).inspect_err(|error| {
        tracing::error!(cause = telemetry::chain(error), "unreadable due entry");
    });
    let DueItem {
        slot,
        at,
        kind,
        reference,
        nonce,
        ..
    } = entry.ok()?;
    Some(DueEntry {
        due: Due {
            at,
            kind,
            reference,
        },
        slot,
        nonce,
    })
}
