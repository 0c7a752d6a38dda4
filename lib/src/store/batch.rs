//! Many items in one trip.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, builders::KeysAndAttributesBuilder};

use super::{Client, StoreError, item::Item};

/// As many items as DynamoDB reads in one batch.
pub(super) const BATCH: usize = 100;
/// DynamoDB answers a part only when the batch has more than 16 MB, or when it is overloaded.
const MAX_ROUNDS: usize = 8;

/// Those of the items that are there, in no order. No key may be named twice, and at most [`BATCH`] may be.
pub(super) async fn read(
    client: &Client,
    table: &str,
    keys: KeysAndAttributesBuilder,
    operation: &'static str,
) -> Result<Vec<Item>, StoreError> {
    let keys: KeysAndAttributes = keys
        .build()
        .map_err(|_| StoreError::Corrupt { what: "keys" })?;
    let wanted = HashMap::from([(table.to_owned(), keys)]);
    let read = read_tables(client, wanted, operation).await?;
    Ok(read.into_iter().flat_map(|(_, items)| items).collect())
}

/// As [`read`], of several tables. A table may be there more than once.
pub(super) async fn read_tables(
    client: &Client,
    mut wanted: HashMap<String, KeysAndAttributes>,
    operation: &'static str,
) -> Result<Vec<(String, Vec<Item>)>, StoreError> {
    let mut read = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let answer = client
            .batch_get_item()
            .set_request_items(Some(wanted))
            .send()
            .await;
        let answer = answer.map_err(StoreError::unavailable(operation))?;
        read.extend(answer.responses.unwrap_or_default());
        wanted = answer.unprocessed_keys.unwrap_or_default();
        if wanted.is_empty() {
            return Ok(read);
        }
    }
    Err(StoreError::Contended)
}
