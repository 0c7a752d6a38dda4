//! Payloads that no item can hold, in pieces. The table has no stream, and a piece is written before
//! the item that names it.

use futures::future::try_join_all;

use super::{
    Client, StoreError,
    item::{binary, item, number, read_binary, string},
};
use crate::domain::timestamp::Timestamp;

/// With its key and names a piece stays below DynamoDB's 400 KB.
const PIECE_BYTES: usize = 350 * 1_000;
/// More pieces than any body that Lambda can receive makes.
const MAX_PIECES: usize = 32;

/// The table `chunks`: pk `of`, sk `index`, with a TTL.
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
        let pieces = bytes.chunks(PIECE_BYTES).enumerate().map(async |(index, piece)| {
            let piece = item([
                ("of", string(of)),
                ("index", number(index)),
                ("v", number(1)),
                ("piece", binary(piece.to_vec())),
                ("expiresAt", number(expires_at.as_seconds())),
            ]);
            let put = self.client.put_item().table_name(&self.name).set_item(Some(piece)).send();
            put.await.map(drop).map_err(StoreError::unavailable("PutItem chunks"))
        });
        Ok(try_join_all(pieces).await?.len())
    }

    /// The first piece of what was put, if it has not expired.
    pub(super) async fn first(&self, of: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let get = self.client.get_item().table_name(&self.name);
        let get = get.key("of", string(of)).key("index", number(0)).send().await;
        let found = get.map_err(StoreError::unavailable("GetItem chunks"))?.item;
        found.map(|piece| read_binary(&piece, "piece").map(<[u8]>::to_vec)).transpose()
    }

    /// What was put in `count` pieces.
    pub(super) async fn get(&self, of: &str, count: usize) -> Result<Vec<u8>, StoreError> {
        let corrupt = || StoreError::Corrupt { what: "chunks" };
        if count > MAX_PIECES {
            return Err(corrupt());
        }
        let pieces = (0..count).map(async |index| {
            let get = self.client.get_item().table_name(&self.name);
            let get = get.key("of", string(of)).key("index", number(index)).consistent_read(true).send();
            let found = get.await.map_err(StoreError::unavailable("GetItem chunks"))?.item;
            read_binary(&found.ok_or_else(corrupt)?, "piece").map(<[u8]>::to_vec)
        });
        Ok(try_join_all(pieces).await?.concat())
    }
}
