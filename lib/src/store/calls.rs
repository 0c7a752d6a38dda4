//! Calls and the pointers that lead to them. An item's id is computed from a key of the call, so that any
//! key of a call finds it without an index.

mod announced;
mod receipts;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{
    Client, Retention, StoreError, counts,
    item::{Item, Json, find_string, from_item, item, number, read_string, string, to_item},
    list_position::SHARDS,
    table::{Table, Write, Wrote},
};
use crate::{
    clock::Clock,
    domain::{
        call::{
            Absorption, Call, ReceivedSpan, counts::Counted, facts::Facts, owner::Owner,
            waiting::Waiting,
        },
        hour::Hour,
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
};

/// A pointer leads to a call, an absorbed call to an older one; a chain longer than this is damage.
const MAX_HOPS: usize = 16;
/// DynamoDB takes 400 KB. No real call comes near it; one that does is being filled on purpose.
const MAX_BYTES: usize = 380_000;

#[skip_serializing_none]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallRecord<'a> {
    id: CallId,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    owner: Option<Json<Cow<'a, Owner>>>,
    /// The partition of the index `by-tenant`.
    tenant_shard: Option<String>,
    facts: Json<Cow<'a, Facts>>,
    announced: Json<announced::Stored>,
    waiting: Option<Json<Cow<'a, Waiting>>>,
    seen_from: Timestamp,
    seen_to: Timestamp,
    absorbed: Option<Json<Cow<'a, BTreeMap<CallId, Absorption>>>>,
    /// For an absorbed call: the older one, and the event that brought them together.
    into: Option<CallId>,
    by: Option<EventKey>,
}

/// A call as it was read, with the version that the next write must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCall {
    pub call: Call,
    version: u64,
}

/// The item under an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallItem {
    Call(Box<StoredCall>),
    Pointer(Pointer),
    Absorbed(Box<AbsorbedCall>),
}

impl CallItem {
    pub fn id(&self) -> CallId {
        match self {
            Self::Call(stored) => stored.call.id,
            Self::Pointer(pointer) => pointer.from,
            Self::Absorbed(absorbed) => absorbed.call.id,
        }
    }
}

/// A record that was found to be the same call as an older one. It is frozen and kept, so that its
/// id keeps answering, and the older one can be completed if the process that froze this died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsorbedCall {
    /// The call when it was frozen.
    pub call: Call,
    /// The older record.
    pub into: CallId,
    /// The event that brought them together.
    pub by: EventKey,
}

/// The call that an id leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedCall {
    pub stored: StoredCall,
    /// The absorbed records on the way.
    pub absorbed: Vec<AbsorbedCall>,
}

impl ResolvedCall {
    /// The call with all that the records on the way hold, even if it has not taken it over yet.
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

/// Leads from one key of a call to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pointer {
    /// The id of the key.
    #[serde(rename = "id")]
    pub from: CallId,
    /// The id of the call.
    pub to: CallId,
    /// For a room's name: the sid of the first room with that name. The name leads nowhere for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_sid: Option<String>,
}

/// The outcome of a write.
#[derive(Debug)]
pub enum Saved {
    Done,
    /// Another writer was faster and left this item; `None` if it is gone again.
    Conflict(Option<CallItem>),
    /// Nothing was written: the record would be larger than an item may be.
    Full,
}

/// The table `calls`: pk `id`, index `by-tenant`.
#[derive(Debug, Clone)]
pub struct CallTable {
    table: Table,
    kept: Retention,
    clock: Clock,
}

impl CallTable {
    /// The table of this name, whose calls are kept for ever.
    pub fn new(client: Client, name: String, clock: Clock) -> Self {
        Self {
            table: Table::new(client, name, "calls"),
            kept: Retention::default(),
            clock,
        }
    }

    /// The same table, which deletes a call this long after its last event.
    pub fn kept_for(self, kept: Retention) -> Self {
        Self { kept, ..self }
    }

    pub(super) fn name(&self) -> &str {
        &self.table.name
    }

    /// The call that this id leads to, through pointers and absorbed records.
    pub async fn find(&self, id: CallId) -> Result<Option<ResolvedCall>, StoreError> {
        match self.item(id).await? {
            Some(item) => self.follow(item, &HashMap::new()).await,
            None => Ok(None),
        }
    }

    /// The call that an item leads to. Items that are known are not read again.
    pub async fn follow(
        &self,
        item: CallItem,
        known: &HashMap<CallId, CallItem>,
    ) -> Result<Option<ResolvedCall>, StoreError> {
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
            let found = match known.get(&next) {
                Some(found) => Some(found.clone()),
                None => self.item(next).await?,
            };
            match found {
                Some(found) => item = found,
                None => return Ok(None),
            }
        }
        Err(StoreError::Corrupt { what: "to" })
    }

    async fn item(&self, id: CallId) -> Result<Option<CallItem>, StoreError> {
        let found = self.table.get(call_key(id)).await?;
        found.map(|item| read_item(&item)).transpose()
    }

    /// Writes a call that is not stored yet.
    pub async fn create(&self, call: &Call) -> Result<Saved, StoreError> {
        let put = self
            .put(to_item(&CallRecord::of(call, 1))?, call)
            .condition_expression("attribute_not_exists(id)");
        self.drop_counts(None, Some(call)).await?;
        self.save(put).await
    }

    /// Replaces `read` by `call`, unless another writer has changed it since.
    pub async fn replace(&self, read: &StoredCall, call: &Call) -> Result<Saved, StoreError> {
        let item = to_item(&CallRecord::of(call, read.version + 1))?;
        if size(&item) > MAX_BYTES {
            return Ok(Saved::Full);
        }
        self.drop_counts(Some(&read.call), Some(call)).await?;
        self.save(self.put_over(read, item, call)).await
    }

    /// Whether an item can hold the call.
    pub fn fits(&self, call: &Call) -> Result<bool, StoreError> {
        Ok(size(&to_item(&CallRecord::of(call, 0))?) <= MAX_BYTES)
    }

    /// Freezes `read`, for it is the same call as the older one `into`, unless another writer has
    /// changed it since. Lists do not show it any more.
    pub async fn freeze(
        &self,
        read: &StoredCall,
        into: CallId,
        by: &EventKey,
    ) -> Result<Saved, StoreError> {
        let frozen = to_item(&CallRecord {
            tenant_shard: None,
            into: Some(into),
            by: Some(by.clone()),
            ..CallRecord::of(&read.call, read.version + 1)
        })?;
        self.drop_counts(Some(&read.call), None).await?;
        self.save(self.put_over(read, frozen, &read.call)).await
    }

    /// Before a write that changes a count: removes the stored counts of the call's hour, if there may be any.
    async fn drop_counts(
        &self,
        before: Option<&Call>,
        after: Option<&Call>,
    ) -> Result<(), StoreError> {
        let owned = after.and_then(owned_hour);
        let Some((tenant_id, hour)) = owned.or_else(|| before.and_then(owned_hour)) else {
            return Ok(());
        };
        // The age first: nearly every call is young, and what is counted of it takes its views.
        let now = self.clock.now();
        if !counts::may_be_kept(hour, now)
            || after.and_then(Counted::of) == before.and_then(Counted::of)
        {
            return Ok(());
        }
        counts::drop_hour(&self.table, tenant_id, hour, now).await
    }

    /// Writes a pointer to a call, unless there is an item under its id: the first binding of a key holds.
    pub async fn point(&self, pointer: &Pointer, call: &Call) -> Result<Saved, StoreError> {
        let put = self
            .put(to_item(pointer)?, call)
            .condition_expression("attribute_not_exists(id)");
        self.save(put).await
    }

    /// Lets a pointer that led to an absorbed record lead straight to the call.
    pub async fn repair(&self, pointer: &Pointer, call: &Call) -> Result<(), StoreError> {
        let repaired = Pointer {
            to: call.id,
            ..pointer.clone()
        };
        let put = self
            .put(to_item(&repaired)?, call)
            .condition_expression("#to = :old")
            .expression_attribute_names("#to", "to")
            .expression_attribute_values(":old", string(pointer.to.to_string()));
        self.table.conditional(put).await.map(drop)
    }

    fn put(&self, mut item: Item, call: &Call) -> PutItemFluentBuilder {
        let last = call.received.to.max(call.updated_at);
        self.kept.set_expiry(&mut item, last);
        self.table.put(item)
    }

    fn put_over(&self, read: &StoredCall, item: Item, call: &Call) -> PutItemFluentBuilder {
        self.put(item, call)
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read.version))
    }

    /// The item comes with the refusal, so that the next try needs no read.
    async fn save(&self, put: PutItemFluentBuilder) -> Result<Saved, StoreError> {
        match self.table.conditional(put.returning_old()).await? {
            Wrote::Done(_) => Ok(Saved::Done),
            Wrote::Refused(old) => Ok(Saved::Conflict(old.as_ref().map(read_item).transpose()?)),
        }
    }
}

/// The partition of the index in which a tenant's calls of this shard are.
pub(super) fn tenant_shard(tenant_id: &str, shard: u8) -> String {
    format!("{tenant_id}#{shard}")
}

pub(super) fn call_key(id: CallId) -> Item {
    item([("id", string(id.to_string()))])
}

impl<'a> CallRecord<'a> {
    fn of(call: &'a Call, version: u64) -> Self {
        let owner = call.owner.as_ref();
        let waiting = Some(&call.waiting).filter(|waiting| !waiting.is_empty());
        let absorbed = Some(&call.absorbed).filter(|absorbed| !absorbed.is_empty());
        Self {
            id: call.id,
            version,
            created_at: call.created_at,
            updated_at: call.updated_at,
            owner: owner.map(borrowed),
            tenant_shard: owner.map(|owner| tenant_shard(&owner.tenant_id, call.id.shard(SHARDS))),
            facts: borrowed(&call.facts),
            announced: Json(announced::write(call)),
            waiting: waiting.map(borrowed),
            seen_from: call.received.from,
            seen_to: call.received.to,
            absorbed: absorbed.map(borrowed),
            into: None,
            by: None,
        }
    }
}

fn borrowed<T: Clone>(value: &T) -> Json<Cow<'_, T>> {
    Json(Cow::Borrowed(value))
}

fn owned<T: Clone>(Json(value): Json<Cow<'_, T>>) -> T {
    value.into_owned()
}

/// The bytes of an item's names and texts, which is all of it but some numbers.
fn size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value.as_s().map_or(0, String::len))
        .sum()
}

/// The id of an item.
pub(super) fn read_id(item: &Item) -> Result<CallId, StoreError> {
    CallId::parse(read_string(item, "id")?).ok_or(StoreError::Corrupt { what: "id" })
}

/// The item that this one leads to, if it is no call itself.
pub(super) fn next_id(item: &Item) -> Option<CallId> {
    let next = find_string(item, "to").or_else(|| find_string(item, "into"));
    next.and_then(CallId::parse)
}

pub(super) fn read_item(item: &Item) -> Result<CallItem, StoreError> {
    if item.contains_key("to") {
        return from_item(item).map(CallItem::Pointer);
    }
    let record: CallRecord<'_> = from_item(item)?;
    let mut call = Call {
        id: record.id,
        created_at: record.created_at,
        updated_at: record.updated_at,
        owner: record.owner.map(owned),
        facts: owned(record.facts),
        announced: BTreeMap::new(),
        recordings: BTreeMap::new(),
        transfers: BTreeMap::new(),
        updates: BTreeMap::new(),
        rematch_events: BTreeSet::new(),
        waiting: record.waiting.map(owned).unwrap_or_default(),
        received: ReceivedSpan {
            from: record.seen_from,
            to: record.seen_to,
        },
        absorbed: record.absorbed.map(owned).unwrap_or_default(),
    };
    announced::read(record.announced.0, &mut call)?;
    let version = record.version;
    Ok(match record.into {
        None => CallItem::Call(Box::new(StoredCall { call, version })),
        Some(into) => CallItem::Absorbed(Box::new(AbsorbedCall {
            call,
            into,
            by: record.by.ok_or(StoreError::Corrupt { what: "by" })?,
        })),
    })
}

/// The tenant and the hour in whose counts a call is.
fn owned_hour(call: &Call) -> Option<(&str, Hour)> {
    let owner = call.owner.as_ref()?;
    Some((&owner.tenant_id, Hour::of(call.created_at)))
}
