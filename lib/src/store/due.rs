//! What waits for its time, filed under the minute in which it is to be looked for.
//!
//! An entry whose time has passed already is filed under the present minute, so that whoever goes
//! through the minutes still comes by. How far that one has come is an item of the same table.

use aws_sdk_dynamodb::{
    operation::{delete_item::DeleteItemError, put_item::PutItemError},
    types::AttributeValue,
};
use futures::future::try_join_all;
use uuid::Uuid;

use super::{
    Client, StoreError,
    item::{
        Item, LAYOUT, check_layout, find_string, item, number, read_number, read_string, read_time,
        string, time,
    },
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
pub struct DueTable {
    client: Client,
    name: String,
}

/// An entry as it was read.
#[derive(Debug, Clone)]
pub struct DueEntry {
    /// What is due.
    pub due: Due,
    slot: String,
    nonce: String,
}

/// What is filed under a minute.
#[derive(Debug, Default)]
pub struct DuePage {
    /// The entries, each partition's earliest first.
    pub entries: Vec<DueEntry>,
    /// Whether these are all.
    pub is_whole: bool,
}

impl DueTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Files an entry under its minute, or under that of `now` if its own has passed. Filing it again
    /// changes nothing but its nonce.
    ///
    /// # Errors
    /// When the database fails; filing again is safe.
    pub async fn file(&self, due: &Due, now: Timestamp) -> Result<(), StoreError> {
        self.file_under(Minute::of(due.at).max(Minute::of(now)), due)
            .await
    }

    /// Takes back what was filed at `filed_at`: it need not be done any more.
    ///
    /// # Errors
    /// When the database fails: it will be done.
    pub async fn withdraw(&self, due: &Due, filed_at: Timestamp) -> Result<(), StoreError> {
        let minute = Minute::of(due.at).max(Minute::of(filed_at));
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("slot", string(slot(minute, shard(&id(due)))))
            .key("id", string(id(due)));
        delete
            .send()
            .await
            .map(drop)
            .map_err(StoreError::unavailable("DeleteItem due"))
    }

    /// Files an entry that could not be dealt with under a later minute, and then takes it from where
    /// it was.
    ///
    /// # Errors
    /// As [`DueTable::file`].
    pub async fn postpone(&self, filed: &DueEntry, until: Minute) -> Result<(), StoreError> {
        self.file_under(until, &filed.due).await?;
        self.remove(filed).await
    }

    /// Files an entry where no minute comes by: it waits until somebody asks for what is parked there.
    ///
    /// # Errors
    /// As [`DueTable::file`].
    pub async fn park(&self, place: &str, due: &Due) -> Result<(), StoreError> {
        self.put(parked(place), due).await
    }

    /// The earliest entries that are parked in a place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parked(&self, place: &str, limit: i32) -> Result<DuePage, StoreError> {
        self.read_slot(parked(place), limit).await
    }

    async fn file_under(&self, minute: Minute, due: &Due) -> Result<(), StoreError> {
        self.put(slot(minute, shard(&id(due))), due).await
    }

    async fn put(&self, slot: String, due: &Due) -> Result<(), StoreError> {
        let entry = item([
            ("slot", string(slot)),
            ("id", string(id(due))),
            ("v", number(LAYOUT)),
            ("at", time(due.at)),
            ("kind", string(&due.kind)),
            ("reference", string(&due.reference)),
            // An entry that is filed again while it is being dealt with must outlive that.
            ("nonce", string(Uuid::new_v4().simple().to_string())),
        ]);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(entry))
            .send()
            .await;
        put.map(drop)
            .map_err(StoreError::unavailable("PutItem due"))
    }

    /// What is filed under a minute, at most `limit` entries of each of its partitions.
    ///
    /// # Errors
    /// When the database fails or an entry cannot be read.
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
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("slot = :slot")
            .expression_attribute_values(":slot", string(slot))
            .limit(limit)
            .consistent_read(true);
        let mut start = None::<Item>;
        loop {
            let answer = query.clone().set_exclusive_start_key(start).send().await;
            let answer = answer.map_err(StoreError::unavailable("Query due"))?;
            // One that a later version wrote must not hold up the others.
            let entries: Vec<DueEntry> = answer.items().iter().filter_map(readable).collect();
            start = answer.last_evaluated_key;
            if start.is_none() || !entries.is_empty() {
                return Ok(DuePage {
                    entries,
                    is_whole: start.is_none(),
                });
            }
        }
    }

    /// Removes an entry that was dealt with, unless it has been filed again since it was read.
    ///
    /// # Errors
    /// When the database fails; removing again is safe.
    pub async fn remove(&self, filed: &DueEntry) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("slot", string(&filed.slot))
            .key("id", string(id(&filed.due)))
            .condition_expression("nonce = :read")
            .expression_attribute_values(":read", string(&filed.nonce));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::unavailable("DeleteItem due")(error)),
            },
        }
    }

    /// The first minute that is not known to be done with; `None` before the first time.
    ///
    /// # Errors
    /// When the database fails or the item cannot be read.
    pub async fn watermark(&self) -> Result<Option<Minute>, StoreError> {
        let [slot, id] = watermark_key();
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(slot.0, slot.1)
            .key(id.0, id.1);
        let answer = get.consistent_read(true).send().await;
        let found = answer.map_err(StoreError::unavailable("GetItem due"))?.item;
        found
            .map(|item| Ok(Minute::from_number(read_number(&item, "minute")?)))
            .transpose()
    }

    /// Says that all minutes before this one are done with. It never goes back.
    ///
    /// # Errors
    /// When the database fails; saying it again is safe.
    pub async fn advance(&self, minute: Minute) -> Result<(), StoreError> {
        let [slot, id] = watermark_key();
        let mark = item([
            slot,
            id,
            ("v", number(LAYOUT)),
            ("minute", number(minute.as_number())),
        ]);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(mark))
            .condition_expression("attribute_not_exists(slot) OR #minute < :minute")
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_values(":minute", number(minute.as_number()));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::unavailable("PutItem due")(error)),
            },
        }
    }
}

fn watermark_key() -> [(&'static str, AttributeValue); 2] {
    [("slot", string(WATERMARK)), ("id", string(WATERMARK))]
}

/// By time first, so that what is due stands before what is not yet.
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
    read_entry(item)
        .inspect_err(|error| {
            tracing::error!(cause = telemetry::chain(error), "unreadable due entry");
        })
        .ok()
}

fn read_entry(item: &Item) -> Result<DueEntry, StoreError> {
    check_layout(item)?;
    Ok(DueEntry {
        due: Due {
            at: read_time(item, "at")?,
            kind: read_string(item, "kind")?.to_owned(),
            reference: read_string(item, "reference")?.to_owned(),
        },
        slot: read_string(item, "slot")?.to_owned(),
        nonce: find_string(item, "nonce").unwrap_or_default().to_owned(),
    })
}
