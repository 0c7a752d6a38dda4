//! Everything that folding events needs to read: the items under all keys of their calls, the calls that
//! these lead to, and the directory's entries of their numbers and agents. One request reads the items and
//! the entries of many events; another one is needed only for calls that none of the keys names itself.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    mem,
};

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    calls::{self, CallItem, CallTable},
    directory::{self, DirectoryTable},
    item::{Item, read_string},
};
use crate::domain::{
    call::{CallUpdate, owner::Owner},
    key::CallId,
};

/// What the tables hold for an update of a call.
#[derive(Debug, Default)]
pub struct CallLookup {
    /// The items under the ids of the update's keys, and those that they lead to.
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
        let mut read = Read::default();
        let mut calls: Vec<CallId> = updates.iter().flat_map(|update| ids(update)).collect();
        let mut owners: BTreeSet<String> = updates
            .iter()
            .flat_map(|update| DirectoryTable::owner_keys(&update.facts))
            .collect();
        // No key may be named twice.
        let mut asked = HashSet::new();
        loop {
            calls.retain(|id| asked.insert(*id));
            if calls.is_empty() && owners.is_empty() {
                return Ok(read);
            }
            self.read_items(calls, mem::take(&mut owners), &mut read)
                .await?;
            calls = read.calls.values().filter_map(calls::next_id).collect();
        }
    }

    async fn read_items(
        &self,
        calls: Vec<CallId>,
        owners: BTreeSet<String>,
        read: &mut Read,
    ) -> Result<(), StoreError> {
        // A strong read of the calls: a stale one would end in a conflict and cost a write.
        let calls = calls
            .into_iter()
            .map(|id| (self.calls.name(), true, calls::call_key(id)));
        let owners = owners
            .into_iter()
            .map(|key| (self.directory.name(), false, directory::item_key(key)));
        let keys: Vec<_> = calls.chain(owners).collect();
        for keys in keys.chunks(BATCH) {
            for (table, items) in batch::read_keys(&self.client, keys.iter().cloned()).await? {
                for item in items {
                    if table == self.calls.name() {
                        read.calls.insert(calls::read_id(&item)?, item);
                    } else {
                        let key = read_string(&item, "key")?.to_owned();
                        read.owners.insert(key, item);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The items that were read, by their keys.
#[derive(Default)]
struct Read {
    calls: HashMap<CallId, Item>,
    owners: HashMap<String, Item>,
}

impl Read {
    fn of(&self, update: &CallUpdate) -> Result<CallLookup, StoreError> {
        let mut found = CallLookup::default();
        let mut next: Vec<CallId> = ids(update).collect();
        while let Some(id) = next.pop() {
            if let Some(item) = self.calls.get(&id)
                && !found.items.contains_key(&id)
            {
                next.extend(calls::next_id(item));
                found.items.insert(id, calls::read_item(item)?);
            }
        }
        let owners = DirectoryTable::owner_keys(&update.facts);
        found.owner = DirectoryTable::read_owner(owners.filter_map(|key| self.owners.get(&key)))?;
        Ok(found)
    }
}

fn ids(update: &CallUpdate) -> impl Iterator<Item = CallId> {
    update.keys.iter().map(|key| update.keys.id_of(key))
}
