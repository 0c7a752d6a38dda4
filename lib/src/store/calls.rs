//! Calls and the pointers that lead to them. An item's id is computed from a key of the call, so
//! whoever knows any key finds the call without an index.

mod announced;
mod receipts;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::{
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};

use super::{
    Client, Retention, StoreError,
    item::{
        Item, LAYOUT, check_layout, find_string, item, number, read_number, read_string, read_time,
        string, time,
    },
};
use crate::domain::{
    call::{Absorption, Call, Seen, waiting::Waiting},
    key::{CallId, EventKey},
};

/// How many partitions of the index a tenant's calls are spread over.
pub(super) const SHARDS: u8 = 4;
/// A pointer leads to a call, an absorbed call to an older one; a chain longer than this is damage.
const MAX_HOPS: usize = 16;

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
    /// A record that was found to be the same call as an older one.
    Absorbed(Box<AbsorbedCall>),
}

impl CallItem {
    /// The id under which it stands.
    #[must_use]
    pub fn id(&self) -> CallId {
        match self {
            Self::Call(stored) => stored.call.id,
            Self::Pointer(pointer) => pointer.from,
            Self::Absorbed(absorbed) => absorbed.call.id,
        }
    }
}

/// A record that was found to be the same call as an older one. It is frozen and kept, so that its
/// id keeps answering, and the older one can be completed if whoever froze this died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsorbedCall {
    /// What it held when it was frozen.
    pub call: Call,
    /// The older record.
    pub into: CallId,
    /// The event that brought them together.
    pub by: EventKey,
}

/// Where an id leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedCall {
    /// The call at its end.
    pub stored: StoredCall,
    /// The absorbed records on the way.
    pub absorbed: Vec<AbsorbedCall>,
}

impl ResolvedCall {
    /// The call with all that the records on the way hold, even if it has not taken it over yet.
    #[must_use]
    pub fn whole(&self) -> Call {
        let mut call = self.stored.call.clone();
        for absorbed in self
            .absorbed
            .iter()
            .filter(|record| !self.stored.call.absorbed.contains_key(&record.call.id))
        {
            call.absorb(&absorbed.call, &absorbed.by);
        }
        call
    }
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
    /// Nothing was: the record would be larger than an item may be.
    Full,
}

/// DynamoDB takes 400 KB. No real call comes near it; one that does is being filled on purpose.
const MAX_BYTES: usize = 380_000;

/// The table `calls`: pk `id`, index `by-tenant`.
#[derive(Debug, Clone)]
pub struct CallTable {
    client: Client,
    name: String,
    kept: Retention,
}

impl CallTable {
    /// The table of this name, whose calls are kept for ever.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self {
            client,
            name,
            kept: Retention::default(),
        }
    }

    /// The same table, which forgets a call so long after its last event.
    #[must_use]
    pub fn kept_for(self, kept: Retention) -> Self {
        Self { kept, ..self }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The call that this id leads to, through pointers and absorbed records.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn find(&self, id: CallId) -> Result<Option<ResolvedCall>, StoreError> {
        match self.item(id).await? {
            Some(item) => self.follow(item).await,
            None => Ok(None),
        }
    }

    /// The call that an item leads to.
    ///
    /// # Errors
    /// As [`CallTable::find`].
    pub async fn follow(&self, item: CallItem) -> Result<Option<ResolvedCall>, StoreError> {
        let (mut item, mut absorbed) = (item, Vec::new());
        for _ in 0..MAX_HOPS {
            let next = match item {
                CallItem::Call(stored) => {
                    return Ok(Some(ResolvedCall {
                        stored: *stored,
                        absorbed,
                    }));
                }
                CallItem::Pointer(pointer) => pointer.to,
                CallItem::Absorbed(record) => {
                    let into = record.into;
                    absorbed.push(*record);
                    into
                }
            };
            match self.item(next).await? {
                Some(found) => item = found,
                None => return Ok(None),
            }
        }
        Err(StoreError::Corrupt { what: "to" })
    }

    async fn item(&self, id: CallId) -> Result<Option<CallItem>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("id", string(id.to_string()));
        let answer = get.consistent_read(true).send().await;
        let item = answer
            .map_err(StoreError::unavailable("GetItem calls"))?
            .item;
        item.map(|item| read_item(&item)).transpose()
    }

    /// Writes a call that nobody has written yet.
    ///
    /// # Errors
    /// When the database fails: whether it was written is unknown, and writing again is safe.
    pub async fn create(&self, call: &Call) -> Result<Saved, StoreError> {
        let put = self
            .put(to_item(call, 1)?, call)
            .condition_expression("attribute_not_exists(id)");
        self.save(put).await
    }

    /// Replaces `read` by `call`, unless somebody else has changed it since.
    ///
    /// # Errors
    /// As [`CallTable::create`].
    pub async fn replace(&self, read: &StoredCall, call: &Call) -> Result<Saved, StoreError> {
        let item = to_item(call, read.version + 1)?;
        if size(&item) > MAX_BYTES {
            return Ok(Saved::Full);
        }
        let put = self
            .put(item, call)
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read.version));
        self.save(put).await
    }

    /// Whether an item can hold the call.
    ///
    /// # Errors
    /// Never in practice: it has string keys only.
    pub fn fits(&self, call: &Call) -> Result<bool, StoreError> {
        Ok(size(&to_item(call, 0)?) <= MAX_BYTES)
    }

    /// Freezes `read`, for it is the same call as the older one `into`, unless somebody else has
    /// changed it since. Lists do not show it any more.
    ///
    /// # Errors
    /// As [`CallTable::create`].
    pub async fn freeze(
        &self,
        read: &StoredCall,
        into: CallId,
        by: &EventKey,
    ) -> Result<Saved, StoreError> {
        let mut frozen = to_item(&read.call, read.version + 1)?;
        frozen.remove("tenantShard");
        frozen.insert("into".to_owned(), string(into.to_string()));
        frozen.insert("by".to_owned(), string(by.as_str()));
        let put = self
            .put(frozen, &read.call)
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read.version));
        self.save(put).await
    }

    /// Writes a pointer to a call, unless something stands under its id: the first binding of a key holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn point(&self, pointer: &Pointer, call: &Call) -> Result<Saved, StoreError> {
        let put = self
            .put(pointer_item(pointer), call)
            .condition_expression("attribute_not_exists(id)");
        self.save(put).await
    }

    /// Lets a pointer that led to an absorbed record lead straight to the call.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn repair(&self, pointer: &Pointer, call: &Call) -> Result<(), StoreError> {
        let repaired = Pointer {
            to: call.id,
            ..pointer.clone()
        };
        let put = self
            .put(pointer_item(&repaired), call)
            .condition_expression("#to = :old")
            .expression_attribute_names("#to", "to")
            .expression_attribute_values(":old", string(pointer.to.to_string()));
        self.save(put).await.map(drop)
    }

    fn put(&self, mut item: Item, call: &Call) -> PutItemFluentBuilder {
        self.kept
            .write(&mut item, call.seen.to.max(call.updated_at));
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

/// The partition of the index in which a tenant's calls of this shard are.
pub(super) fn tenant_shard(tenant_id: &str, shard: u8) -> String {
    format!("{tenant_id}#{shard}")
}

fn pointer_item(pointer: &Pointer) -> Item {
    let mut attributes = item([
        ("id", string(pointer.from.to_string())),
        ("v", number(LAYOUT)),
        ("to", string(pointer.to.to_string())),
    ]);
    if let Some(room_sid) = &pointer.room_sid {
        attributes.insert("roomSid".to_owned(), string(room_sid));
    }
    attributes
}

fn to_item(call: &Call, version: u64) -> Result<Item, StoreError> {
    let mut attributes = item([
        ("id", string(call.id.to_string())),
        ("v", number(LAYOUT)),
        ("version", number(version)),
        ("createdAt", time(call.created_at)),
        ("updatedAt", time(call.updated_at)),
        ("facts", string(to_json(&call.facts)?)),
        ("announced", string(to_json(&announced::write(call))?)),
        ("seenFrom", time(call.seen.from)),
        ("seenTo", time(call.seen.to)),
    ]);
    if let Some(owner) = &call.owner {
        attributes.insert("owner".to_owned(), string(to_json(owner)?));
        let shard = tenant_shard(&owner.tenant_id, call.id.shard(SHARDS));
        attributes.insert("tenantShard".to_owned(), string(shard));
    }
    if !call.waiting.is_empty() {
        attributes.insert("waiting".to_owned(), string(to_json(&call.waiting)?));
    }
    if !call.absorbed.is_empty() {
        attributes.insert("absorbed".to_owned(), string(to_json(&call.absorbed)?));
    }
    Ok(attributes)
}

/// The bytes of an item's names and texts, which is all of it but some numbers.
fn size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value.as_s().map_or(0, String::len))
        .sum()
}

pub(super) fn read_item(item: &Item) -> Result<CallItem, StoreError> {
    check_layout(item)?;
    let id = read_id(item, "id")?;
    if item.contains_key("to") {
        let room_sid = find_string(item, "roomSid").map(str::to_owned);
        return Ok(CallItem::Pointer(Pointer {
            from: id,
            to: read_id(item, "to")?,
            room_sid,
        }));
    }
    let waiting: Option<Waiting> = find_string(item, "waiting")
        .map(|json| from_json(json, "waiting"))
        .transpose()?;
    let absorbed: Option<BTreeMap<CallId, Absorption>> = find_string(item, "absorbed")
        .map(|json| from_json(json, "absorbed"))
        .transpose()?;
    let mut call = Call {
        id,
        created_at: read_time(item, "createdAt")?,
        updated_at: read_time(item, "updatedAt")?,
        owner: find_string(item, "owner")
            .map(|json| from_json(json, "owner"))
            .transpose()?,
        facts: from_json(read_string(item, "facts")?, "facts")?,
        announced: BTreeMap::new(),
        recordings: BTreeMap::new(),
        transfers: BTreeMap::new(),
        updates: BTreeMap::new(),
        retold: BTreeSet::new(),
        waiting: waiting.unwrap_or_default(),
        seen: Seen {
            from: read_time(item, "seenFrom")?,
            to: read_time(item, "seenTo")?,
        },
        absorbed: absorbed.unwrap_or_default(),
    };
    announced::read(
        from_json(read_string(item, "announced")?, "announced")?,
        &mut call,
    )?;
    if item.contains_key("into") {
        let by = EventKey::from_stored(read_string(item, "by")?.to_owned());
        return Ok(CallItem::Absorbed(Box::new(AbsorbedCall {
            call,
            into: read_id(item, "into")?,
            by,
        })));
    }
    Ok(CallItem::Call(Box::new(StoredCall {
        call,
        version: read_number(item, "version")?,
    })))
}

pub(super) fn read_id(item: &Item, name: &'static str) -> Result<CallId, StoreError> {
    CallId::parse(read_string(item, name)?).ok_or(StoreError::Corrupt { what: name })
}

fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { what: "call" })
}

fn from_json<T: serde::de::DeserializeOwned>(
    json: &str,
    what: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Corrupt { what })
}
