//! The beginnings of many payloads at once. A list shows no more of them, and whole ones would take
//! more memory than a function has.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use bytes::Bytes;
use futures::future::try_join_all;

use super::EventTable;
use crate::{
    domain::key::EventKey,
    store::{
        StoreError,
        batch::{self, BATCH},
        item::{Item, item, read_binary, read_string, string},
        payload,
    },
};

/// Pieces that are read at the same time.
const CONCURRENTLY: usize = 8;

/// A payload, or the beginning of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether these are all.
    pub is_whole: bool,
}

impl EventTable {
    /// The first so many bytes of the payloads of these events; an event that has expired is left out.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn excerpts(
        &self,
        keys: impl IntoIterator<Item = EventKey>,
        bytes: usize,
    ) -> Result<HashMap<EventKey, Excerpt>, StoreError> {
        // DynamoDB refuses a batch that names a key twice.
        let keys: Vec<EventKey> = keys
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut excerpts = HashMap::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let items = self.read_batch(keys).await?;
            for items in items.chunks(CONCURRENTLY) {
                let read = try_join_all(items.iter().map(|item| self.excerpt(item, bytes))).await?;
                excerpts.extend(read.into_iter().flatten());
            }
        }
        Ok(excerpts)
    }

    async fn excerpt(
        &self,
        item: &Item,
        bytes: usize,
    ) -> Result<Option<(EventKey, Excerpt)>, StoreError> {
        let key = EventKey::from_stored(read_string(item, "key")?.to_owned());
        if !item.contains_key("chunks") {
            let (bytes, is_whole) = payload::beginning(read_binary(item, "payload")?, bytes)?;
            return Ok(Some((key, Excerpt { bytes, is_whole })));
        }
        let Some(piece) = self.chunks.first(read_string(item, "nonce")?).await? else {
            return Ok(None);
        };
        let (bytes, _) = payload::beginning(&piece, bytes)?;
        Ok(Some((
            key,
            Excerpt {
                bytes,
                is_whole: false,
            },
        )))
    }

    async fn read_batch(&self, keys: &[EventKey]) -> Result<Vec<Item>, StoreError> {
        let keys = keys
            .iter()
            .map(|key| item([("key", string(key.as_str()))]))
            .collect();
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .projection_expression("#key, nonce, payload, chunks")
            .expression_attribute_names("#key", "key");
        batch::read(&self.client, &self.name, keys, "BatchGetItem events").await
    }
}
