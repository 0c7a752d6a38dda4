//! The bodies of deliveries. A body that goes to several subscriptions is kept once, in a partition of its own
//! beside their rows: the cost of a message must not grow by its size with every subscription. A small body
//! is kept in each row, where it costs no write unit and no second read.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::Serialize;

use super::HistoryTable;
use crate::{
    domain::delivery::Message,
    store::{
        Client, StoreError,
        batch::{self, BATCH},
        item::{Item, find_string, item, number, read_string, string, to_item},
        payload,
    },
};

/// A row with a body of at most this size is one write unit.
const SMALL_BYTES: usize = 512;

/// A body is kept longer than the history of its time by this: a delivery that was queued again at the very end
/// is on its way for a schedule of two days, five days of waiting and seven days of its row.
const DAYS_LONGER: u32 = 14;

/// The only body in its partition.
const ID: u64 = 0;

/// A message whose body is ready for its rows, or is stored beside them already.
#[derive(Debug)]
pub struct Packed<'a> {
    pub(super) message: &'a Message,
    pub(super) in_row: Option<Vec<u8>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BodyItem {
    #[serde(with = "serde_bytes")]
    payload: Vec<u8>,
    expires_at: i64,
}

impl HistoryTable {
    /// Packs a message for this number of subscriptions: stores its body if they are to share it. A body
    /// that is stored is not replaced, so that all of them get the same, whenever their rows are made.
    pub async fn pack<'a>(
        &self,
        message: &'a Message,
        subscriptions: usize,
    ) -> Result<Packed<'a>, StoreError> {
        let body = payload::compress(&message.body)?;
        if subscriptions < 2 || body.len() <= SMALL_BYTES {
            return Ok(Packed {
                message,
                in_row: Some(body),
            });
        }
        let days = self.retention_days + DAYS_LONGER;
        let mut item = to_item(&BodyItem {
            payload: body,
            expires_at: message.announced_at.plus_days(days).as_seconds(),
        })?;
        item.extend(key(&message.tenant_id, &message.id));
        let put = self.table.put(item);
        let put = put.condition_expression("attribute_not_exists(id)");
        self.table.conditional(put).await?;
        Ok(Packed {
            message,
            in_row: None,
        })
    }
}

/// Puts the shared bodies into those rows that have none. A row whose body has expired stays
/// without.
pub(in crate::store) async fn unpack(
    client: &Client,
    table: &str,
    rows: &mut [Item],
) -> Result<(), StoreError> {
    let apart = rows
        .iter()
        .filter(|row| is_apart(row))
        .map(body_of)
        .collect::<Result<HashSet<_>, _>>()?;
    let apart: Vec<(String, String)> = apart.into_iter().collect();
    let mut bodies: HashMap<String, AttributeValue> = HashMap::with_capacity(apart.len());
    for some in apart.chunks(BATCH) {
        let keys = some
            .iter()
            .map(|(tenant_id, message_id)| key(tenant_id, message_id))
            .collect();
        // A body was written just before its first row was.
        let keys = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys));
        for mut kept in batch::read(client, table, keys, "BatchGetItem history").await? {
            let of = read_string(&kept, "tenantShard")?.to_owned();
            bodies.extend(kept.remove("payload").map(|body| (of, body)));
        }
    }
    for row in rows.iter_mut().filter(|row| is_apart(row)) {
        let (tenant_id, message_id) = body_of(row)?;
        if let Some(body) = bodies.get(&partition(&tenant_id, &message_id)) {
            row.insert("payload".to_owned(), body.clone());
        }
    }
    Ok(())
}

fn is_apart(row: &Item) -> bool {
    find_string(row, "direction") == Some("outbound") && !row.contains_key("payload")
}

/// The tenant and the message of a row.
fn body_of(row: &Item) -> Result<(String, String), StoreError> {
    let (tenant_id, _) =
        read_string(row, "tenantShard")?
            .rsplit_once('#')
            .ok_or(StoreError::Corrupt {
                what: "tenantShard",
            })?;
    Ok((
        tenant_id.to_owned(),
        read_string(row, "messageId")?.to_owned(),
    ))
}

fn key(tenant_id: &str, message_id: &str) -> Item {
    item([
        ("tenantShard", string(partition(tenant_id, message_id))),
        ("id", number(ID)),
    ])
}

/// No tenant's own partition: shards are numbers, and ids of messages are not.
fn partition(tenant_id: &str, message_id: &str) -> String {
    format!("{tenant_id}#{message_id}")
}
