//! The event log. One conditional put is both the idempotency check and the acceptance.

mod excerpts;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use uuid::Uuid;

use super::{
    Client, StoreError,
    chunks::ChunkTable,
    item::{Item, find_string, from_item, item, string, to_item},
    payload,
    table::{Table, Write, Wrote},
};
use crate::domain::{
    event::{Event, Source},
    key::EventKey,
    phone::Region,
    timestamp::Timestamp,
};

pub use excerpts::Excerpt;

/// The outcome of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the log now, by this very call.
    New,
    /// It was in the log before.
    Duplicate,
}

/// The table `events`: pk `key`, streamed, with a TTL. A payload too large for an item, and for the
/// stream's batches, is kept in the table of chunks.
#[derive(Debug, Clone)]
pub struct EventTable {
    table: Table,
    chunks: ChunkTable,
    retention_days: u32,
}

/// Larger payloads, compressed, go into chunks: DynamoDB's items end at 400 KB, and a batch of ten
/// stream records must fit into the 6 MB of an invocation, in base64.
const MAX_INLINE_BYTES: usize = 200 * 1_000;

#[skip_serializing_none]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventItem {
    key: EventKey,
    nonce: Option<String>,
    source: String,
    event_type: String,
    occurred_at: Timestamp,
    received_at: Timestamp,
    #[serde(skip_deserializing)]
    expires_at: i64,
    tenant_id: Option<String>,
    region: Option<String>,
    /// The payload, compressed, unless it is in chunks.
    #[serde(default, with = "serde_bytes")]
    payload: Option<Vec<u8>>,
    /// How many chunks hold the payload.
    chunks: Option<usize>,
}

impl EventTable {
    pub fn new(client: Client, name: String, chunks: ChunkTable, retention_days: u32) -> Self {
        Self {
            table: Table::new(client, name, "events"),
            chunks,
            retention_days,
        }
    }

    /// Appends an event, unless its key is there already. Once this returns, it is durable.
    ///
    /// The SDK may repeat a put whose answer was lost. A nonce distinguishes that repetition from one by the
    /// provider: only one caller per key ever sees `New`.
    ///
    /// # Errors
    /// It is then unknown whether the event was kept: the provider must send it again.
    pub async fn append(&self, event: &Event) -> Result<Accepted, StoreError> {
        let nonce = Uuid::new_v4().simple().to_string();
        let item = self.store_payload(event, &nonce).await?;
        let put = self
            .table
            .put(item)
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", "key")
            .returning_old();
        match self.table.conditional(put).await? {
            Wrote::Done(_) => Ok(Accepted::New),
            Wrote::Refused(Some(old)) if find_string(&old, "nonce") == Some(&nonce) => {
                Ok(Accepted::New)
            }
            Wrote::Refused(_) => Ok(Accepted::Duplicate),
        }
    }

    /// The event of this key; `None` once it has expired.
    pub async fn find(&self, key: &EventKey) -> Result<Option<Event>, StoreError> {
        match self.table.get(event_key(key)).await? {
            Some(item) => self.read(&item).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads an event from an item of the table, also from the image in the table's stream.
    pub async fn read(&self, item: &Item) -> Result<Event, StoreError> {
        let stored: EventItem = from_item(item)?;
        let source = Source::parse(&stored.source);
        let source = source.ok_or(StoreError::Corrupt { what: "source" })?;
        let payload = match stored.chunks {
            None => stored.inline_payload().and_then(payload::decompress)?,
            Some(count) => {
                let chunks = self.chunks.get(stored.nonce()?, count).await?;
                payload::decompress(&chunks)?
            }
        };
        Ok(Event {
            key: stored.key,
            source,
            tenant_id: stored.tenant_id,
            region: stored.region.as_deref().and_then(Region::parse),
            event_type: stored.event_type,
            occurred_at: stored.occurred_at,
            received_at: stored.received_at,
            payload,
        })
    }

    /// The event's item. A large payload is put into chunks first, under the nonce, so that the chunks of
    /// another append are not touched. If the event turns out a duplicate they expire.
    async fn store_payload(&self, event: &Event, nonce: &str) -> Result<Item, StoreError> {
        let expires_at = event.received_at.plus_days(self.retention_days);
        let payload = payload::compress(&event.payload)?;
        let (payload, chunks) = if payload.len() <= MAX_INLINE_BYTES {
            (Some(payload), None)
        } else {
            let count = self.chunks.put(nonce, &payload, expires_at).await?;
            (None, Some(count))
        };
        to_item(&EventItem {
            key: event.key.clone(),
            nonce: Some(nonce.to_owned()),
            source: event.source.as_str().to_owned(),
            event_type: event.event_type.clone(),
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            expires_at: expires_at.as_seconds(),
            tenant_id: event.tenant_id.clone(),
            region: event.region.map(|region| region.as_str().to_owned()),
            payload,
            chunks,
        })
    }
}

impl EventItem {
    fn nonce(&self) -> Result<&str, StoreError> {
        let nonce = self.nonce.as_deref();
        nonce.ok_or(StoreError::Corrupt { what: "nonce" })
    }

    fn inline_payload(&self) -> Result<&[u8], StoreError> {
        let payload = self.payload.as_deref();
        payload.ok_or(StoreError::Corrupt { what: "payload" })
    }
}

fn event_key(key: &EventKey) -> Item {
    item([("key", string(key.as_str()))])
}
