//! Rows of the history, of either direction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{HistoryTable, INBOUND, InboundItem, deliveries::read_delivery, row_key, unpack};
use crate::{
    domain::{
        delivery::{Delivery, DeliveryRef},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        batch::BATCH,
        item::{Item, find_string, from_item, read_number},
    },
};

/// A row.
#[derive(Debug)]
pub enum Row {
    Inbound(Received),
    Outbound(Box<Delivery>),
}

/// An event that was received, as the history has it; its payload is in the log.
#[derive(Debug)]
pub struct Received {
    /// The id of its row.
    pub id: u64,
    pub key: EventKey,
    /// The provider.
    pub source: String,
    /// The provider's name of the event's type.
    pub event_type: String,
    pub call_id: Option<CallId>,
    /// The tenant's user who owns the call.
    pub user_id: Option<String>,
    pub created_at: Timestamp,
}

/// A row that is not read yet: a delivery's payload is many times larger afterwards.
#[derive(Debug)]
pub struct PackedRow {
    tenant_id: String,
    item: Item,
}

impl Row {
    /// The tenant's user who owns the call.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::Inbound(received) => received.user_id.as_deref(),
            Self::Outbound(delivery) => delivery.user_id.as_deref(),
        }
    }
}

impl PackedRow {
    /// The event that was received, if the row is inbound.
    pub fn received(&self) -> Option<EventKey> {
        let is_inbound = find_string(&self.item, "direction") == Some(INBOUND);
        let key = find_string(&self.item, "eventKey").filter(|_| is_inbound);
        key.map(|key| EventKey::from_stored(key.to_owned()))
    }

    /// Reads the row.
    pub fn unpack(&self) -> Result<Row, StoreError> {
        if self.received().is_none() {
            let delivery = read_delivery(&self.tenant_id, &self.item)?;
            return Ok(Row::Outbound(Box::new(delivery)));
        }
        let item: InboundItem = from_item(&self.item)?;
        Ok(Row::Inbound(Received {
            id: read_number(&self.item, "id")?,
            key: item.event_key,
            source: item.source,
            event_type: item.event_type,
            call_id: item.call_id,
            user_id: item.user_id,
            created_at: item.created_at,
        }))
    }
}

impl HistoryTable {
    /// The row at this id, as the last write left it; `None` if there is none.
    pub async fn find_row(&self, at: &DeliveryRef) -> Result<Option<Row>, StoreError> {
        let found = self.find_item(at).await?;
        let row = found.map(|item| PackedRow {
            tenant_id: at.tenant_id.clone(),
            item,
        });
        row.map(|row| row.unpack()).transpose()
    }

    /// Those of a tenant's rows that exist, in the order of `ids`.
    pub async fn read_rows(
        &self,
        tenant_id: &str,
        ids: &[u64],
    ) -> Result<Vec<PackedRow>, StoreError> {
        let mut rows = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            for item in self.read_row_batch(tenant_id, ids).await? {
                rows.insert(read_number::<u64>(&item, "id")?, item);
            }
        }
        let mut items: Vec<Item> = ids.iter().filter_map(|id| rows.remove(id)).collect();
        unpack(&self.table.client, &self.table.name, &mut items).await?;
        let rows = items.into_iter().map(|item| PackedRow {
            tenant_id: tenant_id.to_owned(),
            item,
        });
        Ok(rows.collect())
    }

    async fn read_row_batch(&self, tenant_id: &str, ids: &[u64]) -> Result<Vec<Item>, StoreError> {
        let key = |id: &u64| {
            row_key(&DeliveryRef {
                tenant_id: tenant_id.to_owned(),
                id: *id,
            })
        };
        let keys = KeysAndAttributes::builder().set_keys(Some(ids.iter().map(key).collect()));
        self.table.read_batch(keys).await
    }
}
