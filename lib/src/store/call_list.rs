//! A tenant's calls, newest first. The index knows when a call was created and whose it is; it is
//! spread over shards, so a list is a merge of them. The index lags behind its table by milliseconds.

use std::collections::{HashMap, VecDeque};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    calls::{self, CallItem, SHARDS, tenant_shard},
    item::{Item, item, read_time, string, time},
};
use crate::domain::{call::Call, key::CallId, timestamp::Timestamp};

/// The calls of the table `calls` as its index `by-tenant` lists them; read only.
#[derive(Debug, Clone)]
pub struct CallList {
    client: Client,
    table: String,
}

/// When calls were created, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From this moment on.
    pub from: Timestamp,
    /// Up to this moment.
    pub to: Timestamp,
}

/// A place in a list: after all calls that were created later than `at`, and after some of those
/// created at that very moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    at: Timestamp,
    /// Of each shard, the last call of that moment that was passed.
    passed: [Option<CallId>; SHARDS as usize],
}

impl ListPosition {
    fn pass(&mut self, shard: u8, entry: &Entry) {
        if self.at != entry.created_at {
            *self = Self {
                at: entry.created_at,
                passed: [None; SHARDS as usize],
            };
        }
        if let Some(passed) = self.passed.get_mut(usize::from(shard)) {
            *passed = Some(entry.id);
        }
    }

    fn passed(&self, shard: u8) -> Option<CallId> {
        self.passed.get(usize::from(shard)).copied().flatten()
    }
}

/// One entry of a list.
#[derive(Debug)]
pub struct ListedCall {
    /// The place after it.
    pub after: ListPosition,
    /// When its call was created.
    pub created_at: Timestamp,
    /// The call; `None` if it was just found to be the same call as an older one.
    pub call: Option<Call>,
}

#[derive(Debug, Clone)]
struct Entry {
    created_at: Timestamp,
    id: CallId,
}

impl CallList {
    /// The list of the table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The tenant's calls of the window that come after this place.
    #[must_use]
    pub fn newest<'a>(
        &'a self,
        tenant_id: &'a str,
        window: Window,
        after: Option<ListPosition>,
    ) -> CallCursor<'a> {
        let place = after.filter(|place| place.at <= window.to);
        let to = place.map_or(window.to, |place| place.at);
        let start = |number| {
            let id = place?.passed(number)?;
            Some(index_key(tenant_id, number, to, id))
        };
        let shard = |number| Shard {
            number,
            ahead: VecDeque::new(),
            // A query that begins nowhere within its window is refused.
            more: if window.from <= to {
                More::From(start(number))
            } else {
                More::Nothing
            },
        };
        CallCursor {
            list: self,
            tenant_id,
            window: Window {
                from: window.from,
                to,
            },
            place: place.unwrap_or(ListPosition {
                at: to,
                passed: [None; SHARDS as usize],
            }),
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    async fn read(&self, ids: &[CallId]) -> Result<HashMap<CallId, Call>, StoreError> {
        let batches = try_join_all(ids.chunks(BATCH).map(|ids| self.read_batch(ids))).await?;
        let mut calls = HashMap::with_capacity(ids.len());
        for item in batches.iter().flatten() {
            if let CallItem::Call(stored) = calls::read_item(item)? {
                calls.insert(stored.call.id, stored.call);
            }
        }
        Ok(calls)
    }

    async fn read_batch(&self, ids: &[CallId]) -> Result<Vec<Item>, StoreError> {
        let keys = ids
            .iter()
            .map(|id| item([("id", string(id.to_string()))]))
            .collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys));
        batch::read(&self.client, &self.table, keys, "BatchGetItem calls").await
    }
}

/// A tenant's calls from a place on.
#[derive(Debug)]
pub struct CallCursor<'a> {
    list: &'a CallList,
    tenant_id: &'a str,
    window: Window,
    place: ListPosition,
    shards: Vec<Shard>,
}

/// What is known of a shard: the entries that were read ahead, and where it goes on.
#[derive(Debug)]
struct Shard {
    number: u8,
    ahead: VecDeque<Entry>,
    more: More,
}

/// What lies behind the entries that were read.
#[derive(Debug)]
enum More {
    /// A query after this key of the index; without one, from the window's last moment on.
    From(Option<Item>),
    Nothing,
}

impl CallCursor<'_> {
    /// The next `count` entries; fewer at the end of the list only.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn next(&mut self, count: usize) -> Result<Vec<ListedCall>, StoreError> {
        let mut entries = Vec::with_capacity(count);
        while entries.len() < count {
            self.read_ahead(count).await?;
            let newest = self.shards.iter_mut().filter_map(|shard| {
                let Entry { created_at, id } = *shard.ahead.front()?;
                Some(((created_at, id), shard))
            });
            let Some((_, shard)) = newest.max_by_key(|(order, _)| *order) else {
                break;
            };
            let Some(entry) = shard.ahead.pop_front() else {
                break;
            };
            self.place.pass(shard.number, &entry);
            entries.push((self.place, entry));
        }
        let ids: Vec<CallId> = entries.iter().map(|(_, entry)| entry.id).collect();
        let mut calls = self.list.read(&ids).await?;
        let listed = entries.into_iter().map(|(after, entry)| ListedCall {
            after,
            created_at: entry.created_at,
            call: calls.remove(&entry.id),
        });
        Ok(listed.collect())
    }

    /// Whether nothing follows. False does not promise that something does.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.shards
            .iter()
            .all(|shard| shard.ahead.is_empty() && matches!(shard.more, More::Nothing))
    }

    /// Reads on in every shard of which no entry is known: the newest may be there.
    async fn read_ahead(&mut self, count: usize) -> Result<(), StoreError> {
        while self.shards.iter().any(Shard::is_blind) {
            let blind = self.shards.iter().filter(|shard| shard.is_blind());
            let pages = try_join_all(blind.map(|shard| self.query(shard, count))).await?;
            for (shard, (entries, more)) in self
                .shards
                .iter_mut()
                .filter(|shard| shard.is_blind())
                .zip(pages)
            {
                shard.ahead.extend(entries);
                shard.more = more;
            }
        }
        Ok(())
    }

    async fn query(&self, shard: &Shard, count: usize) -> Result<(Vec<Entry>, More), StoreError> {
        let More::From(start) = &shard.more else {
            return Ok((Vec::new(), More::Nothing));
        };
        let query = self
            .list
            .client
            .query()
            .table_name(&self.list.table)
            .index_name("by-tenant")
            .key_condition_expression("tenantShard = :shard AND createdAt BETWEEN :from AND :to")
            .expression_attribute_values(
                ":shard",
                string(tenant_shard(self.tenant_id, shard.number)),
            )
            .expression_attribute_values(":from", time(self.window.from))
            .expression_attribute_values(":to", time(self.window.to))
            .scan_index_forward(false)
            .limit(i32::try_from(count).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start.clone());
        let answer = query
            .send()
            .await
            .map_err(StoreError::unavailable("Query calls"))?;
        let entries = answer.items().iter().map(|item| {
            Ok(Entry {
                created_at: read_time(item, "createdAt")?,
                id: calls::read_id(item, "id")?,
            })
        });
        let entries = entries.collect::<Result<_, StoreError>>()?;
        Ok((
            entries,
            answer
                .last_evaluated_key
                .map_or(More::Nothing, |key| More::From(Some(key))),
        ))
    }
}

impl Shard {
    fn is_blind(&self) -> bool {
        self.ahead.is_empty() && matches!(self.more, More::From(_))
    }
}

fn index_key(tenant_id: &str, shard: u8, created_at: Timestamp, id: CallId) -> Item {
    item([
        ("tenantShard", string(tenant_shard(tenant_id, shard))),
        ("createdAt", time(created_at)),
        ("id", string(id.to_string())),
    ])
}
