//! The event log. One conditional put is both the idempotency check and the acceptance.

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure};
use uuid::Uuid;

use super::{
    Client, StoreError,
    item::{Item, binary, find_string, item, number, read_binary, read_string, read_time, string, time},
    payload,
};
use crate::domain::{
    event::{Event, Source},
    key::EventKey,
};

/// What became of an event that was offered to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the log now, by this very call.
    New,
    /// It was there before.
    Duplicate,
}

/// The table `events`: pk `key`, streamed, with a TTL.
#[derive(Debug, Clone)]
pub struct EventTable {
    client: Client,
    name: String,
    retention_days: u32,
}

impl EventTable {
    /// The table of this name, whose entries are kept so long.
    #[must_use]
    pub fn new(client: Client, name: String, retention_days: u32) -> Self {
        Self { client, name, retention_days }
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
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(self.to_item(event, &nonce)?))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", "key")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Accepted::New),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let ours = failed.item().and_then(|old| find_string(old, "nonce")) == Some(&nonce);
                    Ok(if ours { Accepted::New } else { Accepted::Duplicate })
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
        let get = self.client.get_item().table_name(&self.name).key("key", string(key.as_str()));
        let answer = get.consistent_read(true).send().await;
        let item = answer.map_err(StoreError::unavailable("GetItem events"))?.item;
        item.map(|item| read_event(&item)).transpose()
    }

    fn to_item(&self, event: &Event, nonce: &str) -> Result<Item, StoreError> {
        Ok(item([
            ("key", string(event.key.as_str())),
            ("v", number(1)),
            ("nonce", string(nonce)),
            ("source", string(event.source.as_str())),
            ("eventType", string(&event.event_type)),
            ("occurredAt", time(event.occurred_at)),
            ("receivedAt", time(event.received_at)),
            ("payload", binary(payload::compress(&event.payload)?)),
            ("expiresAt", number(event.received_at.plus_days(self.retention_days).as_seconds())),
        ]))
    }
}

/// Reads an event from an item of the table, also from the image that its stream carries.
///
/// # Errors
/// [`StoreError::Corrupt`] names the attribute.
pub fn read_event(item: &Item) -> Result<Event, StoreError> {
    Ok(Event {
        key: EventKey::from_stored(read_string(item, "key")?.to_owned()),
        source: Source::parse(read_string(item, "source")?).ok_or(StoreError::Corrupt { what: "source" })?,
        event_type: read_string(item, "eventType")?.to_owned(),
        occurred_at: read_time(item, "occurredAt")?,
        received_at: read_time(item, "receivedAt")?,
        payload: payload::decompress(read_binary(item, "payload")?)?,
    })
}
