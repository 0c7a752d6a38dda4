//! Everything that folding events needs to read, in one trip: the items under all keys of their calls
//! and the directory's entries of their numbers and agents.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    calls::{self, CallItem, CallTable},
    directory::DirectoryTable,
    item::{Item, item, read_string, string},
};
use crate::domain::{
    call::{CallUpdate, owner::Owner},
    key::CallId,
};

/// What was found.
#[derive(Debug, Default)]
pub struct CallLookup {
    /// What stands under the ids of the event's keys.
    pub items: HashMap<CallId, CallItem>,
    /// Whose number or agent it is, if the directory knows one.
    pub owner: Option<Owner>,
}

/// Reads calls and directory together.
#[derive(Debug, Clone)]
pub struct Lookup {
    client: Client,
    calls: CallTable,
    directory: DirectoryTable,
}

impl Lookup {
    /// Reads from these tables.
    #[must_use]
    pub fn new(client: Client, calls: CallTable, directory: DirectoryTable) -> Self {
        Self {
            client,
            calls,
            directory,
        }
    }

    /// What stands under the keys of `update`, and who owns its number or agent.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn find(&self, update: &CallUpdate) -> Result<CallLookup, StoreError> {
        let read = self.read(&[update]).await?;
        read.of(update)
    }

    /// The same of each of the updates. `None` where an item cannot be read: looking at that update alone
    /// says why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_all(
        &self,
        updates: &[&CallUpdate],
    ) -> Result<Vec<Option<CallLookup>>, StoreError> {
        let read = self.read(updates).await?;
        Ok(updates.iter().map(|update| read.of(update).ok()).collect())
    }

    async fn read(&self, updates: &[&CallUpdate]) -> Result<Read, StoreError> {
        // No key may be named twice.
        let calls: BTreeSet<String> = updates.iter().flat_map(|update| ids(update)).collect();
        let owners: BTreeSet<String> = updates
            .iter()
            .flat_map(|update| DirectoryTable::owner_keys(&update.facts))
            .collect();
        let calls = calls
            .iter()
            .map(|id| (self.calls.name(), item([("id", string(id))])));
        let owners = owners
            .iter()
            .map(|key| (self.directory.name(), item([("key", string(key))])));
        let keys: Vec<(&str, Item)> = calls.chain(owners).collect();
        let mut read = Read::default();
        for some in keys.chunks(BATCH) {
            for (table, items) in
                batch::read_tables(&self.client, self.wanted(some)?, "BatchGetItem").await?
            {
                let (by, into) = match table == self.calls.name() {
                    true => ("id", &mut read.calls),
                    false => ("key", &mut read.owners),
                };
                for item in items {
                    into.insert(read_string(&item, by)?.to_owned(), item);
                }
            }
        }
        Ok(read)
    }

    fn wanted(
        &self,
        keys: &[(&str, Item)],
    ) -> Result<HashMap<String, KeysAndAttributes>, StoreError> {
        let mut wanted = HashMap::new();
        for table in [self.calls.name(), self.directory.name()] {
            let of_table: Vec<Item> = keys
                .iter()
                .filter(|(of, _)| *of == table)
                .map(|(_, key)| key.clone())
                .collect();
            if !of_table.is_empty() {
                // A strong read of the calls: a stale one would end in a conflict and cost a write.
                let keys = KeysAndAttributes::builder().consistent_read(table == self.calls.name());
                let keys = keys.set_keys(Some(of_table)).build();
                wanted.insert(
                    table.to_owned(),
                    keys.map_err(|_| StoreError::Corrupt { what: "keys" })?,
                );
            }
        }
        Ok(wanted)
    }
}

/// The items that were read, by their keys.
#[derive(Default)]
struct Read {
    calls: HashMap<String, Item>,
    owners: HashMap<String, Item>,
}

impl Read {
    fn of(&self, update: &CallUpdate) -> Result<CallLookup, StoreError> {
        let mut found = CallLookup::default();
        for item in ids(update).filter_map(|id| self.calls.get(&id)) {
            let item = calls::read_item(item)?;
            found.items.insert(item.id(), item);
        }
        let owners = DirectoryTable::owner_keys(&update.facts);
        found.owner = DirectoryTable::read_owner(owners.filter_map(|key| self.owners.get(&key)))?;
        Ok(found)
    }
}

fn ids(update: &CallUpdate) -> impl Iterator<Item = String> {
    update
        .keys
        .iter()
        .map(|key| update.keys.id_of(key).to_string())
}
