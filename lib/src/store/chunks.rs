//! Payloads that no item can hold, in pieces. The table has no stream, and a piece is written before
//! the item that names it. Every piece has a partition of its own: a partition takes a thousand write
//! units a second, and three pieces are more than that.

use futures::future::try_join_all;

use super::{
    Client, StoreError,
    item::{LAYOUT, binary, check_layout, item, number, read_binary, string},
};
use crate::domain::timestamp::Timestamp;

/// With its key and names a piece stays below DynamoDB's 400 KB.
const PIECE_BYTES: usize = 350 * 1_000;
/// More pieces than any body that Lambda can receive makes.
const MAX_PIECES: usize = 32;

/// The table `chunks`: pk `of` (the nonce and the number of the piece), sk `index`, with a TTL.
#[derive(Debug, Clone)]
pub struct ChunkTable {
    client: Client,
    name: String,
}

impl ChunkTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Writes `bytes` in pieces, and tells how many. Once this returns, they are durable.
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
                let piece = item([
                    ("of", string(partition(of, index))),
                    ("index", number(index)),
                    ("v", number(LAYOUT)),
                    ("piece", binary(piece.to_vec())),
                    ("expiresAt", number(expires_at.as_seconds())),
                ]);
                let put = self
                    .client
                    .put_item()
                    .table_name(&self.name)
                    .set_item(Some(piece))
                    .send();
                put.await
                    .map(drop)
                    .map_err(StoreError::unavailable("PutItem chunks"))
            });
        Ok(try_join_all(pieces).await?.len())
    }

    /// The first piece of what was put, if it has not expired.
    pub(super) async fn first(&self, of: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.piece(of, 0, Consistency::Eventual).await
    }

    /// What was put in `count` pieces.
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
            let get = self.client.get_item().table_name(&self.name);
            let get = get.key("of", string(partition)).key("index", number(index));
            let answer = get
                .consistent_read(consistency == Consistency::Strong)
                .send()
                .await;
            if let Some(piece) = answer
                .map_err(StoreError::unavailable("GetItem chunks"))?
                .item
            {
                check_layout(&piece)?;
                return read_binary(&piece, "piece").map(|bytes| Some(bytes.to_vec()));
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
