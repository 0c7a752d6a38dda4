//! Everything that folding events needs to read, in one request: the items under all keys of their calls
//! and the directory's entries of their numbers and agents.

use std::collections::{BTreeSet, HashMap};

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    calls::{self, CallItem, CallTable},
    directory::{self, DirectoryTable},
    item::{Item, item, read_string, string},
};
use crate::domain::{
    call::{CallUpdate, owner::Owner},
    key::CallId,
};

/// What the tables hold for an update of a call.
#[derive(Debug, Default)]
pub struct CallLookup {
    /// The items under the ids of the update's keys.
    pub items: HashMap<CallId, CallItem>,
    /// The owner of its number or agent, if the directory has one.
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
    pub fn new(client: Client, calls: CallTable, directory: DirectoryTable) -> Self {
        Self {
            client,
            calls,
            directory,
        }
    }

    pub async fn find(&self, update: &CallUpdate) -> Result<CallLookup, StoreError> {
        let read = self.read(&[update]).await?;
        read.of(update)
    }

    /// The same for each of the updates. `None` where an item cannot be read: a lookup of that update alone
    /// returns the reason.
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
        // A strong read of the calls: a stale one would end in a conflict and cost a write.
        let calls = calls
            .into_iter()
            .map(|id| (self.calls.name(), true, item([("id", string(id))])));
        let owners = owners
            .into_iter()
            .map(|key| (self.directory.name(), false, directory::item_key(key)));
        let keys: Vec<_> = calls.chain(owners).collect();
        let mut read = Read::default();
        for keys in keys.chunks(BATCH) {
            for (table, items) in batch::read_keys(&self.client, keys.iter().cloned()).await? {
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
