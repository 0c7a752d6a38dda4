//! The directory: what tenants configure, and their leads. The key of a number or agent is global, so that an
//! event finds its owner by it alone; the key of a campaign contains its tenant. The index lists a tenant's
//! entries of a kind.

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Client, StoreError,
    item::{Item, Json, from_item, item, read_string, string, to_item},
    table::{Table, Wrote},
};
use crate::domain::{
    call::{facts::Facts, owner::Owner},
    directory::{Agent, Entry, PhoneNumberEntry},
};

/// The outcome of writing an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    Done,
    /// The entry is not the tenant's.
    Refused,
}

/// A page of a tenant's entries of a kind.
#[derive(Debug)]
pub struct Page<T> {
    /// The entries, by their keys.
    pub entries: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Position>,
}

/// A position in a list of entries. It comes back from callers, who may have made it up: within its own
/// list, any is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Position(String);

impl Position {
    /// The position after this entry.
    pub fn of<T: Entry>(entry: &T) -> Self {
        Self(text_key::<T>(&entry.key()))
    }
}

impl TryFrom<String> for Position {
    type Error = &'static str;

    fn try_from(key: String) -> Result<Self, Self::Error> {
        // What DynamoDB takes as a sort key.
        if (1..=1_024).contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err("no key")
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: DeserializeOwned"))]
struct EntryItem<T> {
    key: String,
    tenant_kind: String,
    entry: Json<T>,
}

/// The table `directory`: pk `key`, index `by-tenant` (pk `tenantKind`, sk `key`).
#[derive(Debug, Clone)]
pub struct DirectoryTable(Table);

impl DirectoryTable {
    pub fn new(client: Client, name: String) -> Self {
        Self(Table::new(client, name, "directory"))
    }

    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    /// The entry of this key, of any tenant.
    pub async fn find<T: Entry>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let found = self.0.get(item_key(text_key::<T>(key))).await?;
        found.map(|item| read_entry(&item)).transpose()
    }

    /// Creates or replaces an entry, unless its key belongs to another tenant.
    pub async fn put<T: Entry>(&self, entry: &T) -> Result<Put, StoreError> {
        let put = self
            .put_item(entry)?
            .condition_expression("attribute_not_exists(#key) OR tenantKind = :ours")
            .expression_attribute_names("#key", "key");
        self.put_owned(put, entry).await
    }

    /// Replaces an entry that its tenant has.
    pub async fn replace<T: Entry>(&self, entry: &T) -> Result<Put, StoreError> {
        let put = self
            .put_item(entry)?
            .condition_expression("tenantKind = :ours");
        self.put_owned(put, entry).await
    }

    /// Gives a key to the entry's tenant, even if another tenant has it now.
    pub async fn assign<T: Entry>(&self, entry: &T) -> Result<(), StoreError> {
        self.0.write(self.put_item(entry)?).await.map(drop)
    }

    fn put_item<T: Entry>(&self, entry: &T) -> Result<PutItemFluentBuilder, StoreError> {
        Ok(self.0.put(to_entry_item(entry)?))
    }

    async fn put_owned<T: Entry>(
        &self,
        put: PutItemFluentBuilder,
        entry: &T,
    ) -> Result<Put, StoreError> {
        let ours = string(tenant_kind::<T>(entry.tenant_id()));
        let put = put.expression_attribute_values(":ours", ours);
        Ok(match self.0.conditional(put).await? {
            Wrote::Done(_) => Put::Done,
            Wrote::Refused(_) => Put::Refused,
        })
    }

    /// Deletes an entry. Returns whether the tenant had it.
    pub async fn delete<T: Entry>(&self, tenant_id: &str, key: &str) -> Result<bool, StoreError> {
        let delete = self
            .0
            .delete(item_key(text_key::<T>(key)))
            .condition_expression("tenantKind = :ours")
            .expression_attribute_values(":ours", string(tenant_kind::<T>(tenant_id)));
        Ok(self.0.conditional(delete).await?.is_done())
    }

    /// At most `limit` of a tenant's entries of a kind, by their keys. A new entry may be missing for
    /// some milliseconds, as an index lags.
    pub async fn list<T: Entry>(
        &self,
        tenant_id: &str,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<Page<T>, StoreError> {
        let ours = string(tenant_kind::<T>(tenant_id));
        let start =
            after.map(|Position(key)| item([("key", string(key)), ("tenantKind", ours.clone())]));
        let query = self
            .0
            .query("tenantKind = :ours")
            .index_name("by-tenant")
            .expression_attribute_values(":ours", ours)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let page = query.send().await.map_err(self.0.failed("Query"))?;
        let next = page.last_evaluated_key();
        let next = next.map(|key| read_string(key, "key")).transpose()?;
        let entries = page.items().iter().map(read_entry);
        Ok(Page {
            entries: entries.collect::<Result<_, _>>()?,
            next: next.map(|key| Position(key.to_owned())),
        })
    }

    /// The keys of the entries that decide which tenant owns these facts.
    pub(super) fn owner_keys(facts: &Facts) -> impl Iterator<Item = String> + use<> {
        let number = facts
            .line_number()
            .map(|number| text_key::<PhoneNumberEntry>(number.as_str()));
        let agent = facts
            .agent_id()
            .filter(|id| may_be_id(id))
            .map(|id| text_key::<Agent>(id));
        number.into_iter().chain(agent)
    }

    /// The owner by these entries: the number's, with what the agent's entry of the same tenant
    /// adds.
    pub(super) fn read_owner<'a>(
        items: impl Iterator<Item = &'a Item>,
    ) -> Result<Option<Owner>, StoreError> {
        let (mut line, mut agent) = (None, None);
        for item in items {
            match read_string(item, "key")?.split('#').next() {
                Some(PhoneNumberEntry::KIND) => {
                    line = Some(read_entry::<PhoneNumberEntry>(item)?.owner());
                }
                _ => agent = Some(read_entry::<Agent>(item)?.owner()),
            }
        }
        let Some(mut owner) = line else {
            return Ok(agent);
        };
        agent.iter().for_each(|agent| owner.fill_in(agent));
        Ok(Some(owner))
    }
}

/// Whether an entry may have this id. Another is not looked up: a key that DynamoDB refuses fails the whole
/// read.
pub(crate) fn may_be_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len())
}

/// The longest id that an entry may have.
const MAX_ID_BYTES: usize = 256;

pub(super) fn item_key(key: String) -> Item {
    item([("key", string(key))])
}

fn text_key<T: Entry>(key: &str) -> String {
    format!("{}#{key}", T::KIND)
}

fn tenant_kind<T: Entry>(tenant_id: &str) -> String {
    format!("{}#{tenant_id}", T::KIND)
}

pub(super) fn to_entry_item<T: Entry>(entry: &T) -> Result<Item, StoreError> {
    to_item(&EntryItem {
        key: text_key::<T>(&entry.key()),
        tenant_kind: tenant_kind::<T>(entry.tenant_id()),
        entry: Json(entry),
    })
}

pub(super) fn read_entry<T: Entry>(item: &Item) -> Result<T, StoreError> {
    from_item(item).map(|item: EntryItem<T>| item.entry.0)
}
