//! The directory: what tenants configure, and their leads. The key of a number or agent is global, so that an
//! event finds its owner by it alone; a campaign's has its tenant in it. The index lists a tenant's entries of
//! a kind.

use aws_sdk_dynamodb::operation::put_item::{PutItemError, builders::PutItemFluentBuilder};
use serde::{Deserialize, Serialize};

use super::{
    Client, StoreError,
    item::{Item, LAYOUT, check_layout, item, number, read_string, string},
};
use crate::domain::{
    call::{facts::Facts, owner::Owner},
    directory::{Agent, Entry, PhoneNumberEntry},
};

/// What became of an entry that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is written.
    Done,
    /// It is not the tenant's.
    Refused,
}

/// A part of a tenant's entries of a kind.
#[derive(Debug)]
pub struct Page<T> {
    /// The entries, by their keys.
    pub entries: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Position>,
}

/// A place in a list of entries. It comes back from callers, who may have made it up: within its own
/// list, any is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Position(String);

impl Position {
    /// The place after this entry.
    #[must_use]
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

/// The table `directory`: pk `key`, index `by-tenant` (pk `tenantKind`, sk `key`).
#[derive(Debug, Clone)]
pub struct DirectoryTable {
    client: Client,
    name: String,
}

impl DirectoryTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The entry of this key, whosever it is.
    ///
    /// # Errors
    /// When the database fails or the entry cannot be read.
    pub async fn find<T: Entry>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("key", item_key::<T>(key));
        let answer = get.consistent_read(true).send().await;
        let found = answer
            .map_err(StoreError::unavailable("GetItem directory"))?
            .item;
        found.map(|item| read_entry(&item)).transpose()
    }

    /// Creates or replaces an entry, unless its key belongs to another tenant.
    ///
    /// # Errors
    /// When the database fails; putting again is safe.
    pub async fn put<T: Entry>(&self, entry: &T) -> Result<Put, StoreError> {
        let put = self
            .put_item(entry)?
            .condition_expression("attribute_not_exists(#key) OR tenantKind = :ours")
            .expression_attribute_names("#key", "key")
            .expression_attribute_values(":ours", tenant_kind::<T>(entry.tenant_id()));
        sent(put).await
    }

    /// Replaces an entry that its tenant has.
    ///
    /// # Errors
    /// When the database fails; replacing again is safe.
    pub async fn replace<T: Entry>(&self, entry: &T) -> Result<Put, StoreError> {
        let put = self
            .put_item(entry)?
            .condition_expression("tenantKind = :ours")
            .expression_attribute_values(":ours", tenant_kind::<T>(entry.tenant_id()));
        sent(put).await
    }

    /// Gives a key to the entry's tenant, whoever has it now.
    ///
    /// # Errors
    /// When the database fails; assigning again is safe.
    pub async fn assign<T: Entry>(&self, entry: &T) -> Result<(), StoreError> {
        sent(self.put_item(entry)?).await.map(drop)
    }

    fn put_item<T: Entry>(&self, entry: &T) -> Result<PutItemFluentBuilder, StoreError> {
        Ok(self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(to_item(entry)?)))
    }

    /// Deletes an entry. Tells whether the tenant had it.
    ///
    /// # Errors
    /// When the database fails; deleting again is safe.
    pub async fn delete<T: Entry>(&self, tenant_id: &str, key: &str) -> Result<bool, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("key", item_key::<T>(key))
            .condition_expression("tenantKind = :ours")
            .expression_attribute_values(":ours", tenant_kind::<T>(tenant_id));
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_conditional_check_failed_exception() => Ok(false),
                _ => Err(StoreError::unavailable("DeleteItem directory")(error)),
            },
        }
    }

    /// At most `limit` of a tenant's entries of a kind, by their keys. A new entry may be missing for
    /// some milliseconds, as an index lags.
    ///
    /// # Errors
    /// When the database fails or an entry cannot be read.
    pub async fn list<T: Entry>(
        &self,
        tenant_id: &str,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<Page<T>, StoreError> {
        let start = after.map(|Position(key)| {
            item([
                ("key", string(key)),
                ("tenantKind", tenant_kind::<T>(tenant_id)),
            ])
        });
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by-tenant")
            .key_condition_expression("tenantKind = :ours")
            .expression_attribute_values(":ours", tenant_kind::<T>(tenant_id))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let answer = query
            .send()
            .await
            .map_err(StoreError::unavailable("Query directory"))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .map(|key| read_string(key, "key"));
        Ok(Page {
            entries: answer
                .items()
                .iter()
                .map(read_entry)
                .collect::<Result<_, _>>()?,
            next: next.transpose()?.map(|key| Position(key.to_owned())),
        })
    }

    /// The keys of the entries that can tell whose these facts are.
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

    /// The owner that these entries tell: the number's, with what the agent's entry of the same tenant
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

async fn sent(put: PutItemFluentBuilder) -> Result<Put, StoreError> {
    match put.send().await {
        Ok(_) => Ok(Put::Done),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Put::Refused),
            _ => Err(StoreError::unavailable("PutItem directory")(error)),
        },
    }
}

/// Whether an entry may have this id. Another is not asked for: a key that DynamoDB refuses fails the whole
/// read.
pub(crate) fn may_be_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len())
}

/// The longest id that an entry may have.
const MAX_ID_BYTES: usize = 256;

fn item_key<T: Entry>(key: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    string(text_key::<T>(key))
}

fn text_key<T: Entry>(key: &str) -> String {
    format!("{}#{key}", T::KIND)
}

fn tenant_kind<T: Entry>(tenant_id: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    string(format!("{}#{tenant_id}", T::KIND))
}

pub(super) fn to_item<T: Entry>(entry: &T) -> Result<Item, StoreError> {
    let json = serde_json::to_string(entry).map_err(|_| StoreError::Corrupt { what: "entry" })?;
    Ok(item([
        ("key", item_key::<T>(&entry.key())),
        ("v", number(LAYOUT)),
        ("tenantKind", tenant_kind::<T>(entry.tenant_id())),
        ("entry", string(json)),
    ]))
}

pub(super) fn read_entry<T: Entry>(item: &Item) -> Result<T, StoreError> {
    check_layout(item)?;
    serde_json::from_str(read_string(item, "entry")?)
        .map_err(|_| StoreError::Corrupt { what: "entry" })
}
