//! The beginnings of many payloads at once. A list shows no more of them, and whole ones would take
//! more memory than a function has.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use bytes::Bytes;
use futures::future::try_join_all;
use serde::Deserialize;

use super::{EventTable, event_key};
use crate::{
    domain::key::EventKey,
    store::{
        StoreError,
        batch::BATCH,
        item::{Item, read},
        payload,
    },
};

/// How many payloads are read at the same time.
const CONCURRENCY: usize = 8;

/// A payload, or the beginning of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub bytes: Bytes,
    /// Whether these are all bytes of the payload.
    pub is_whole: bool,
}

/// The attributes of an event that an excerpt needs.
#[derive(Deserialize)]
struct PayloadItem {
    key: EventKey,
    nonce: Option<String>,
    #[serde(default, with = "serde_bytes")]
    payload: Option<Vec<u8>>,
    chunks: Option<usize>,
}

impl EventTable {
    /// The first `bytes` bytes of the payloads of these events; an event that has expired is left out.
    pub async fn excerpts(
        &self,
        keys: impl IntoIterator<Item = EventKey>,
        bytes: usize,
    ) -> Result<HashMap<EventKey, Excerpt>, StoreError> {
        // DynamoDB refuses a batch that names a key twice.
        let keys: BTreeSet<EventKey> = keys.into_iter().collect();
        let keys: Vec<Item> = keys.iter().map(event_key).collect();
        let mut excerpts = HashMap::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(keys.to_vec()))
                .projection_expression("#key, nonce, payload, chunks")
                .expression_attribute_names("#key", "key");
            let items = self.table.read_batch(keys).await?;
            for items in items.chunks(CONCURRENCY) {
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
        let stored: PayloadItem = read(item)?;
        let corrupt = |what| StoreError::Corrupt { what };
        let is_inline = stored.chunks.is_none();
        let piece = if is_inline {
            stored.payload.ok_or(corrupt("payload"))?
        } else {
            let nonce = stored.nonce.ok_or(corrupt("nonce"))?;
            match self.chunks.first(&nonce).await? {
                Some(piece) => piece,
                None => return Ok(None),
            }
        };
        let (bytes, is_all) = payload::beginning(&piece, bytes)?;
        let is_whole = is_inline && is_all;
        Ok(Some((stored.key, Excerpt { bytes, is_whole })))
    }
}
