//! A tenant's calls, newest first. The index holds the tenant and the creation time of a call; it is
//! spread over shards, so a list is a merge of them. The index lags behind its table by milliseconds.

use std::collections::{HashMap, VecDeque};

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::KeysAndAttributes};
use futures::future::try_join_all;
use serde::Deserialize;

pub use super::list_position::ListPosition;
use super::{
    Client, StoreError,
    batch::BATCH,
    calls::{self, CallItem, call_key, tenant_shard},
    item::{Item, item, read, string, time},
    list_position::SHARDS,
    table::Table,
};
use crate::domain::{call::Call, hour::Hour, key::CallId, timestamp::Timestamp};

/// The calls of the table `calls` as its index `by-tenant` lists them; read only.
#[derive(Debug, Clone)]
pub struct CallList(Table);

/// When calls were created, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Window {
    /// Its hours of UTC, the oldest first, each with its part of the window.
    pub fn hours(self) -> impl Iterator<Item = (Hour, Self)> {
        let last = Hour::of(self.to);
        let hours = std::iter::successors(Some(Hour::of(self.from)), |hour| Some(hour.plus(1)));
        let hours = hours.take_while(move |hour| *hour <= last && self.from <= self.to);
        hours.map(move |hour| {
            let part = Self {
                from: hour.start().max(self.from),
                to: hour.end().min(self.to),
            };
            (hour, part)
        })
    }
}

/// One entry of a list.
#[derive(Debug)]
pub struct ListedCall {
    /// The position after it.
    pub after: ListPosition,
    pub created_at: Timestamp,
    /// The call; `None` if it was just found to be the same call as an older one.
    pub call: Option<Call>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexEntry {
    created_at: Timestamp,
    id: CallId,
}

impl CallList {
    pub fn new(client: Client, table: String) -> Self {
        Self(Table::new(client, table, "calls"))
    }

    /// The tenant's calls of the window that come after this position.
    pub fn newest<'a>(
        &'a self,
        tenant_id: &'a str,
        window: Window,
        after: Option<ListPosition>,
    ) -> CallCursor<'a> {
        let position = after.filter(|position| position.at <= window.to);
        let to = position.map_or(window.to, |position| position.at);
        let start = |number| {
            let id = position?.passed(number)?;
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
            position: position.unwrap_or(ListPosition {
                at: to,
                passed: [None; SHARDS as usize],
            }),
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    /// When the tenant's first call of the window was created.
    pub async fn oldest(
        &self,
        tenant_id: &str,
        window: Window,
    ) -> Result<Option<Timestamp>, StoreError> {
        let shards = (0..SHARDS).map(async |number| {
            let query = self.query(tenant_id, number, window).limit(1);
            let page = query.send().await.map_err(self.0.failed("Query"))?;
            let first = page.items().first().map(read::<IndexEntry>);
            first.transpose()
        });
        let first = try_join_all(shards).await?.into_iter().flatten();
        Ok(first.map(|entry| entry.created_at).min())
    }

    /// The entries of a shard, the oldest first.
    fn query(&self, tenant_id: &str, shard: u8, window: Window) -> QueryFluentBuilder {
        self.0
            .query("tenantShard = :shard AND createdAt BETWEEN :from AND :to")
            .index_name("by-tenant")
            .expression_attribute_values(":shard", string(tenant_shard(tenant_id, shard)))
            .expression_attribute_values(":from", time(window.from))
            .expression_attribute_values(":to", time(window.to))
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
        let keys = ids.iter().map(|id| call_key(*id)).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys));
        self.0.read_batch(keys).await
    }
}

/// A tenant's calls from a position on.
#[derive(Debug)]
pub struct CallCursor<'a> {
    list: &'a CallList,
    tenant_id: &'a str,
    window: Window,
    position: ListPosition,
    shards: Vec<Shard>,
}

/// The entries of a shard that were read ahead, and where it goes on.
#[derive(Debug)]
struct Shard {
    number: u8,
    ahead: VecDeque<IndexEntry>,
    more: More,
}

/// What follows the entries that were read.
#[derive(Debug)]
enum More {
    /// A query after this key of the index; without one, from the window's last moment on.
    From(Option<Item>),
    Nothing,
}

impl CallCursor<'_> {
    /// The next `count` entries; fewer at the end of the list only.
    pub async fn next(&mut self, count: usize) -> Result<Vec<ListedCall>, StoreError> {
        let mut entries = Vec::with_capacity(count);
        while entries.len() < count {
            self.read_ahead(count).await?;
            let newest = self.shards.iter_mut().filter_map(|shard| {
                let IndexEntry { created_at, id } = *shard.ahead.front()?;
                Some(((created_at, id), shard))
            });
            let Some((_, shard)) = newest.max_by_key(|(order, _)| *order) else {
                break;
            };
            let Some(entry) = shard.ahead.pop_front() else {
                break;
            };
            self.position.pass(shard.number, entry.created_at, entry.id);
            entries.push((self.position, entry));
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
    pub fn is_at_end(&self) -> bool {
        self.shards
            .iter()
            .all(|shard| shard.ahead.is_empty() && matches!(shard.more, More::Nothing))
    }

    /// Reads on in every shard without a known entry: it may have the newest.
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

    async fn query(
        &self,
        shard: &Shard,
        count: usize,
    ) -> Result<(Vec<IndexEntry>, More), StoreError> {
        let More::From(start) = &shard.more else {
            return Ok((Vec::new(), More::Nothing));
        };
        let query = self
            .list
            .query(self.tenant_id, shard.number, self.window)
            .scan_index_forward(false)
            .limit(i32::try_from(count).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start.clone());
        let page = query.send().await.map_err(self.list.0.failed("Query"))?;
        let entries = page.items().iter().map(read);
        let entries = entries.collect::<Result<_, _>>()?;
        let more = page.last_evaluated_key.map(Some);
        Ok((entries, more.map_or(More::Nothing, More::From)))
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
