//! Everything that folding an event needs to read, in one trip: the items under all keys of its call
//! and the directory's entries of its number and agent.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{
    Client, StoreError,
    calls::{self, CallItem, CallTable},
    directory::{DirectoryTable, OwnerKeys},
    item::{Item, item, string},
};
use crate::domain::{call::CallUpdate, key::CallId, owner::Owner, phone::PhoneNumber};

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
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

/// DynamoDB answers a part only when it is overloaded.
const MAX_ROUNDS: usize = 4;

impl Lookup {
    /// Reads from these tables.
    #[must_use]
    pub fn new(client: Client, calls: CallTable, directory: DirectoryTable) -> Self {
        Self { client, calls, directory }
    }

    /// What stands under the keys of `update`, and who owns its number or agent.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn find(&self, update: &CallUpdate) -> Result<Found, StoreError> {
        let mut wanted = self.wanted(update)?;
        let (mut found, mut directory) = (Found::default(), Vec::new());
        for _ in 0..MAX_ROUNDS {
            let answer = self.client.batch_get_item().set_request_items(Some(wanted)).send().await;
            let answer = answer.map_err(StoreError::unavailable("BatchGetItem"))?;
            for (table, items) in answer.responses.unwrap_or_default() {
                if table == self.directory.name() {
                    directory.extend(items);
                } else {
                    read_calls(&items, &mut found)?;
                }
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                found.owner = DirectoryTable::read_owner(&directory)?;
                return Ok(found);
            }
        }
        Err(StoreError::Contended)
    }

    fn wanted(&self, update: &CallUpdate) -> Result<HashMap<String, KeysAndAttributes>, StoreError> {
        let ids = update.keys.iter().map(|key| item([("id", string(update.keys.id_of(key).to_string()))]));
        // A strong read: a stale one would end in a conflict and cost a write.
        let calls = KeysAndAttributes::builder().set_keys(Some(ids.collect())).consistent_read(true);
        let mut wanted = HashMap::from([(self.calls.name().to_owned(), keys(calls.build())?)]);
        let facts = &update.facts;
        let owners = DirectoryTable::owner_keys(&OwnerKeys {
            number: facts.line_number().map(PhoneNumber::as_str),
            agent_id: facts.agent_id().map(String::as_str),
        });
        if let Some(owners) = owners {
            wanted.insert(self.directory.name().to_owned(), owners);
        }
        Ok(wanted)
    }
}

fn read_calls(items: &[Item], found: &mut Found) -> Result<(), StoreError> {
    for item in items {
        let item = calls::read_item(item)?;
        found.items.insert(item.id(), item);
    }
    Ok(())
}

fn keys<E>(built: Result<KeysAndAttributes, E>) -> Result<KeysAndAttributes, StoreError> {
    built.map_err(|_| StoreError::Corrupt { what: "keys" })
}
