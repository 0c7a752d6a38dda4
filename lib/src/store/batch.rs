//! Many items of one table in one trip.

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
    let keys: KeysAndAttributes = keys.build().map_err(|_| StoreError::Corrupt { what: "keys" })?;
    let (mut wanted, mut items) = (HashMap::from([(table.to_owned(), keys)]), Vec::new());
    for _ in 0..MAX_ROUNDS {
        let answer = client.batch_get_item().set_request_items(Some(wanted)).send().await;
        let answer = answer.map_err(StoreError::unavailable(operation))?;
        items.extend(answer.responses.unwrap_or_default().into_values().flatten());
        wanted = answer.unprocessed_keys.unwrap_or_default();
        if wanted.is_empty() {
            return Ok(items);
        }
    }
    Err(StoreError::Contended)
}
