//! The event log. One conditional put is both the idempotency check and the acceptance.

mod excerpts;

use aws_sdk_dynamodb::{
    operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};
use uuid::Uuid;

use super::{
    Client, StoreError,
    chunks::ChunkTable,
    item::{
        Item, LAYOUT, binary, check_layout, find_string, item, number, read_binary, read_number,
        read_string, read_time, string, time,
    },
    payload,
};
use crate::domain::{
    event::{Event, Source},
    key::EventKey,
    phone::Region,
};

pub use excerpts::Excerpt;

/// What became of an event that was offered to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the log now, by this very call.
    New,
    /// It was there before.
    Duplicate,
}

/// The table `events`: pk `key`, streamed, with a TTL. A payload too large for an item, and for the
/// stream's batches, lies in the table of chunks.
#[derive(Debug, Clone)]
pub struct EventTable {
    client: Client,
    name: String,
    chunks: ChunkTable,
    retention_days: u32,
}

/// Larger payloads, compressed, go into chunks: DynamoDB's items end at 400 KB, and a batch of ten
/// stream records must fit into the 6 MB of an invocation, in base64.
const MAX_INLINE_BYTES: usize = 200 * 1_000;

impl EventTable {
    /// The table of this name, whose entries are kept so long.
    #[must_use]
    pub fn new(client: Client, name: String, chunks: ChunkTable, retention_days: u32) -> Self {
        Self {
            client,
            name,
            chunks,
            retention_days,
        }
    }

    /// Appends an event, unless its key is there already. Once this returns, it is durable.
    ///
    /// A nonce tells the SDK's own retry, whose first attempt was written though its answer was
    /// lost, from a repetition by the provider: only one caller per key ever sees `New`.
    ///
    /// # Errors
    /// When it is not known whether the event was kept: the provider must send it again.
    pub async fn append(&self, event: &Event) -> Result<Accepted, StoreError> {
        let nonce = Uuid::new_v4().simple().to_string();
        let item = self.store_payload(event, &nonce).await?;
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", "key")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Accepted::New),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let ours =
                        failed.item().and_then(|old| find_string(old, "nonce")) == Some(&nonce);
                    Ok(if ours {
                        Accepted::New
                    } else {
                        Accepted::Duplicate
                    })
                }
                _ => Err(StoreError::unavailable("PutItem events")(error)),
            },
        }
    }

    /// The event of this key; `None` once it has expired.
    ///
    /// # Errors
    /// When the database fails or the item cannot be read.
    pub async fn find(&self, key: &EventKey) -> Result<Option<Event>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("key", string(key.as_str()));
        let answer = get.consistent_read(true).send().await;
        match answer
            .map_err(StoreError::unavailable("GetItem events"))?
            .item
        {
            Some(item) => self.read(&item).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads an event from an item of the table, also from the image that its stream carries.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the attribute; or the database fails to give the chunks.
    pub async fn read(&self, item: &Item) -> Result<Event, StoreError> {
        check_layout(item)?;
        let source = Source::parse(read_string(item, "source")?);
        let payload = if item.contains_key("chunks") {
            let chunks = self
                .chunks
                .get(read_string(item, "nonce")?, read_number(item, "chunks")?);
            payload::decompress(&chunks.await?)?
        } else {
            payload::decompress(read_binary(item, "payload")?)?
        };
        Ok(Event {
            key: EventKey::from_stored(read_string(item, "key")?.to_owned()),
            source: source.ok_or(StoreError::Corrupt { what: "source" })?,
            tenant_id: find_string(item, "tenantId").map(str::to_owned),
            region: find_string(item, "region").and_then(Region::parse),
            event_type: read_string(item, "eventType")?.to_owned(),
            occurred_at: read_time(item, "occurredAt")?,
            received_at: read_time(item, "receivedAt")?,
            payload,
        })
    }

    /// The event's item; a large payload is put into chunks first, under the nonce, so that nobody
    /// else's chunks are touched. If the event turns out a duplicate they expire.
    async fn store_payload(&self, event: &Event, nonce: &str) -> Result<Item, StoreError> {
        let expires_at = event.received_at.plus_days(self.retention_days);
        let payload = payload::compress(&event.payload)?;
        let mut item = item([
            ("key", string(event.key.as_str())),
            ("v", number(LAYOUT)),
            ("nonce", string(nonce)),
            ("source", string(event.source.as_str())),
            ("eventType", string(&event.event_type)),
            ("occurredAt", time(event.occurred_at)),
            ("receivedAt", time(event.received_at)),
            ("expiresAt", number(expires_at.as_seconds())),
        ]);
        if let Some(tenant_id) = &event.tenant_id {
            item.insert("tenantId".to_owned(), string(tenant_id));
        }
        if let Some(region) = event.region {
            item.insert("region".to_owned(), string(region.as_str()));
        }
        if payload.len() <= MAX_INLINE_BYTES {
            item.insert("payload".to_owned(), binary(payload));
        } else {
            let count = self.chunks.put(nonce, &payload, expires_at).await?;
            item.insert("chunks".to_owned(), number(count));
        }
        Ok(item)
    }
}
