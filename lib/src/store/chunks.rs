//! Payloads that no item can hold, in pieces. The table has no stream, and a piece is written before
//! the item that names it. Every piece has a partition of its own: a partition takes a thousand write
//! units a second, and three pieces are more than that.

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::{
    Client, StoreError,
    item::{from_item, item, number, string, to_item},
    table::Table,
};
use crate::domain::timestamp::Timestamp;

/// With its key and names a piece stays below DynamoDB's 400 KB.
const PIECE_BYTES: usize = 350 * 1_000;
/// More pieces than any body that Lambda can receive makes.
const MAX_PIECES: usize = 32;

/// The table `chunks`: pk `of` (the nonce and the number of the piece), sk `index`, with a TTL.
#[derive(Debug, Clone)]
pub struct ChunkTable(Table);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChunkItem {
    of: String,
    index: usize,
    #[serde(with = "serde_bytes")]
    piece: Vec<u8>,
    #[serde(skip_deserializing)]
    expires_at: i64,
}

impl ChunkTable {
    pub fn new(client: Client, name: String) -> Self {
        Self(Table::new(client, name, "chunks"))
    }

    /// Writes `bytes` in pieces, and returns how many. Once this returns, they are durable.
    pub(super) async fn put(
        &self,
        of: &str,
        bytes: &[u8],
        expires_at: Timestamp,
    ) -> Result<usize, StoreError> {
        let pieces = bytes
            .chunks(PIECE_BYTES)
            .enumerate()
            .map(async |(index, piece)| {
                let item = to_item(&ChunkItem {
                    of: partition(of, index),
                    index,
                    piece: piece.to_vec(),
                    expires_at: expires_at.as_seconds(),
                })?;
                self.0.write(self.0.put(item)).await
            });
        Ok(try_join_all(pieces).await?.len())
    }

    /// The first piece of a payload, if it has not expired.
    pub(super) async fn first(&self, of: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.piece(of, 0, Consistency::Eventual).await
    }

    /// The bytes that were put in `count` pieces.
    pub(super) async fn get(&self, of: &str, count: usize) -> Result<Vec<u8>, StoreError> {
        let corrupt = || StoreError::Corrupt { what: "chunks" };
        if count > MAX_PIECES {
            return Err(corrupt());
        }
        let pieces = (0..count).map(async |index| {
            self.piece(of, index, Consistency::Strong)
                .await?
                .ok_or_else(corrupt)
        });
        Ok(try_join_all(pieces).await?.concat())
    }

    /// A piece from its own partition, or from the one that all pieces of a payload once shared.
    async fn piece(
        &self,
        of: &str,
        index: usize,
        consistency: Consistency,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        for partition in [partition(of, index), of.to_owned()] {
            let key = item([("of", string(partition)), ("index", number(index))]);
            let get = self.0.client.get_item().table_name(&self.0.name);
            let get = get
                .set_key(Some(key))
                .consistent_read(consistency == Consistency::Strong);
            let answer = get.send().await.map_err(self.0.failed("GetItem"))?;
            if let Some(item) = answer.item {
                return from_item(&item).map(|chunk: ChunkItem| Some(chunk.piece));
            }
        }
        Ok(None)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Consistency {
    Eventual,
    Strong,
}

fn partition(of: &str, index: usize) -> String {
    format!("{of}#{index}")
}
