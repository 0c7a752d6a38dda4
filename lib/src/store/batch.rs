//! Many items in one request.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, builders::KeysAndAttributesBuilder};

use super::{Client, StoreError, item::Item};

/// As many items as DynamoDB reads in one batch.
pub(super) const BATCH: usize = 100;
/// DynamoDB answers a part only when the batch has more than 16 MB, or when it is overloaded.
const MAX_ROUNDS: usize = 8;

/// Those of the items that exist, in no order. No key may be named twice, and at most [`BATCH`] keys may be.
pub(super) async fn read(
    client: &Client,
    table: &str,
    keys: KeysAndAttributesBuilder,
    operation: &str,
) -> Result<Vec<Item>, StoreError> {
    let wanted = HashMap::from([(table.to_owned(), build(keys)?)]);
    let read = read_tables(client, wanted, operation).await?;
    Ok(read.into_iter().flat_map(|(_, items)| items).collect())
}

/// As [`read`], for keys of several tables; each table says whether it is read strongly. A table may occur
/// more than once in the answer.
pub(super) async fn read_keys<'a>(
    client: &Client,
    keys: impl IntoIterator<Item = (&'a str, bool, Item)>,
) -> Result<Vec<(String, Vec<Item>)>, StoreError> {
    let mut wanted: HashMap<String, KeysAndAttributesBuilder> = HashMap::new();
    for (table, is_strong, key) in keys {
        let of_table = wanted
            .remove(table)
            .unwrap_or_else(KeysAndAttributes::builder);
        let of_table = of_table.consistent_read(is_strong).keys(key);
        wanted.insert(table.to_owned(), of_table);
    }
    let wanted = wanted
        .into_iter()
        .map(|(table, keys)| Ok((table, build(keys)?)))
        .collect::<Result<_, StoreError>>()?;
    read_tables(client, wanted, "BatchGetItem").await
}

fn build(keys: KeysAndAttributesBuilder) -> Result<KeysAndAttributes, StoreError> {
    keys.build()
        .map_err(|_| StoreError::Corrupt { what: "keys" })
}

async fn read_tables(
    client: &Client,
    mut wanted: HashMap<String, KeysAndAttributes>,
    operation: &str,
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
