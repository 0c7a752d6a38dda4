//! Calls and the pointers that lead to them. An item's id is computed from a key of the call, so
//! whoever knows any key finds the call without an index.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::{
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};

use super::{
    Client, StoreError,
    item::{Item, find_string, item, number, read_number, read_string, read_time, string, time},
};
use crate::domain::{
    call::{Announcement, Call},
    key::{CallId, EventKey},
};

/// How many partitions of the index a tenant's calls are spread over.
const SHARDS: u8 = 4;
/// Pointers lead straight to a call; a chain longer than this is damage.
const MAX_HOPS: usize = 4;

/// A call as it was read, with the version that the next write must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// The call.
    pub call: Call,
    version: u64,
}

/// What stands under an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallItem {
    /// A call.
    Call(Box<StoredCall>),
    /// The way to the call that another key of it created.
    Pointer(Pointer),
}

/// The way from one key of a call to the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The id of the key.
    pub from: CallId,
    /// The id of the call.
    pub to: CallId,
    /// For a room's name: the sid of the first room that bore it. The name leads nowhere for others.
    pub room_sid: Option<String>,
}

/// What became of a write.
#[derive(Debug)]
pub enum Saved {
    /// It is written.
    Done,
    /// Somebody else had written this before; `None` if it is gone again.
    Conflict(Option<CallItem>),
}

/// The table `calls`: pk `id`, index `by-tenant`.
#[derive(Debug, Clone)]
pub struct CallTable {
    client: Client,
    name: String,
}

impl CallTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The call that this id leads to, through pointers.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn find(&self, id: CallId) -> Result<Option<StoredCall>, StoreError> {
        let mut id = id;
        for _ in 0..MAX_HOPS {
            let get = self.client.get_item().table_name(&self.name).key("id", string(id.to_string()));
            let answer = get.consistent_read(true).send().await;
            match answer.map_err(StoreError::unavailable("GetItem calls"))?.item {
                None => return Ok(None),
                Some(item) => match read_item(&item)? {
                    CallItem::Call(stored) => return Ok(Some(*stored)),
                    CallItem::Pointer(pointer) => id = pointer.to,
                },
            }
        }
        Err(StoreError::Corrupt { what: "to" })
    }

    /// Writes a call that nobody has written yet.
    ///
    /// # Errors
    /// When the database fails: whether it was written is unknown, and writing again is safe.
    pub async fn create(&self, call: &Call) -> Result<Saved, StoreError> {
        let put = self.put(to_item(call, 1)?).condition_expression("attribute_not_exists(id)");
        self.save(put).await
    }

    /// Replaces `read` by `call`, unless somebody else has changed it since.
    ///
    /// # Errors
    /// As [`CallTable::create`].
    pub async fn replace(&self, read: &StoredCall, call: &Call) -> Result<Saved, StoreError> {
        let put = self
            .put(to_item(call, read.version + 1)?)
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read.version));
        self.save(put).await
    }

    /// Writes a pointer, unless something stands under its id: the first binding of a key holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn point(&self, pointer: &Pointer) -> Result<(), StoreError> {
        let mut attributes = item([
            ("id", string(pointer.from.to_string())),
            ("v", number(1)),
            ("to", string(pointer.to.to_string())),
        ]);
        if let Some(room_sid) = &pointer.room_sid {
            attributes.insert("roomSid".to_owned(), string(room_sid));
        }
        let put = self.put(attributes).condition_expression("attribute_not_exists(id)");
        self.save(put).await.map(drop)
    }

    fn put(&self, item: Item) -> PutItemFluentBuilder {
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn save(&self, put: PutItemFluentBuilder) -> Result<Saved, StoreError> {
        let Err(error) = put.send().await else {
            return Ok(Saved::Done);
        };
        match error.as_service_error() {
            // The item comes with the refusal, so that the next try needs no read.
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Saved::Conflict(failed.item().map(read_item).transpose()?))
            }
            _ => Err(StoreError::unavailable("PutItem calls")(error)),
        }
    }
}

fn to_item(call: &Call, version: u64) -> Result<Item, StoreError> {
    let announced: BTreeMap<&str, &EventKey> =
        call.announced.iter().map(|(announcement, key)| (announcement.as_str(), key)).collect();
    let mut attributes = item([
        ("id", string(call.id.to_string())),
        ("v", number(1)),
        ("version", number(version)),
        ("createdAt", time(call.created_at)),
        ("updatedAt", time(call.updated_at)),
        ("facts", string(to_json(&call.facts)?)),
        ("announced", string(to_json(&announced)?)),
    ]);
    if let Some(owner) = &call.owner {
        attributes.insert("owner".to_owned(), string(to_json(owner)?));
        let shard = format!("{}#{}", owner.tenant_id, call.id.shard(SHARDS));
        attributes.insert("tenantShard".to_owned(), string(shard));
    }
    if !call.waiting.is_empty() {
        attributes.insert("waiting".to_owned(), string(to_json(&call.waiting)?));
    }
    Ok(attributes)
}

pub(super) fn read_item(item: &Item) -> Result<CallItem, StoreError> {
    let id = read_id(item, "id")?;
    if item.contains_key("to") {
        let room_sid = find_string(item, "roomSid").map(str::to_owned);
        return Ok(CallItem::Pointer(Pointer { from: id, to: read_id(item, "to")?, room_sid }));
    }
    let announced: BTreeMap<String, EventKey> = from_json(read_string(item, "announced")?, "announced")?;
    let waiting: Option<BTreeSet<EventKey>> =
        find_string(item, "waiting").map(|json| from_json(json, "waiting")).transpose()?;
    let call = Call {
        id,
        created_at: read_time(item, "createdAt")?,
        updated_at: read_time(item, "updatedAt")?,
        owner: find_string(item, "owner").map(|json| from_json(json, "owner")).transpose()?,
        facts: from_json(read_string(item, "facts")?, "facts")?,
        announced: announced
            .into_iter()
            .filter_map(|(name, key)| Some((Announcement::parse(&name)?, key)))
            .collect(),
        waiting: waiting.unwrap_or_default(),
    };
    Ok(CallItem::Call(Box::new(StoredCall { call, version: read_number(item, "version")? })))
}

fn read_id(item: &Item, name: &'static str) -> Result<CallId, StoreError> {
    CallId::parse(read_string(item, name)?).ok_or(StoreError::Corrupt { what: name })
}

fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { what: "call" })
}

fn from_json<T: serde::de::DeserializeOwned>(json: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Corrupt { what })
}
