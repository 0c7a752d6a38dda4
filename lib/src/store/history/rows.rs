//! Rows of the history as they stand, of either direction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{
    HistoryTable,
    deliveries::{read_delivery, row_key},
    unpack,
};
use crate::{
    domain::{
        delivery::{Delivery, DeliveryRef},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        batch::{self, BATCH},
        item::{Item, check_layout, find_string, read_number, read_string, read_time},
    },
};

/// A row.
#[derive(Debug)]
pub enum Row {
    /// An event that was received.
    Inbound(Received),
    /// A delivery.
    Outbound(Box<Delivery>),
}

/// An event that was received, as the history has it; its payload lies in the log.
#[derive(Debug)]
pub struct Received {
    /// The id of its row.
    pub id: u64,
    /// The event.
    pub key: EventKey,
    /// Who reported it.
    pub source: String,
    /// The provider's name for what happened.
    pub event_type: String,
    /// The call that it is about.
    pub call_id: Option<CallId>,
    /// The tenant's user whose call it is.
    pub user_id: Option<String>,
    /// When it was received.
    pub created_at: Timestamp,
}

/// A row that was not taken apart yet: a delivery's payload is many times larger then.
#[derive(Debug)]
pub struct PackedRow {
    tenant_id: String,
    item: Item,
}

impl Row {
    /// The tenant's user whose call it is about.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::Inbound(received) => received.user_id.as_deref(),
            Self::Outbound(delivery) => delivery.user_id.as_deref(),
        }
    }
}

impl PackedRow {
    /// The event that was received, if it is the row of one.
    #[must_use]
    pub fn received(&self) -> Option<EventKey> {
        let inbound = find_string(&self.item, "direction") == Some("inbound");
        let key = find_string(&self.item, "eventKey").filter(|_| inbound);
        key.map(|key| EventKey::from_stored(key.to_owned()))
    }

    /// Takes the row apart.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the attribute.
    pub fn unpack(&self) -> Result<Row, StoreError> {
        check_layout(&self.item)?;
        let row = &self.item;
        let Some(key) = self.received() else {
            return read_delivery(&self.tenant_id, row)
                .map(|delivery| Row::Outbound(Box::new(delivery)));
        };
        Ok(Row::Inbound(Received {
            id: read_number(row, "id")?,
            key,
            source: read_string(row, "source")?.to_owned(),
            event_type: read_string(row, "eventType")?.to_owned(),
            call_id: find_string(row, "callId").and_then(CallId::parse),
            user_id: find_string(row, "userId").map(str::to_owned),
            created_at: read_time(row, "createdAt")?,
        }))
    }
}

impl HistoryTable {
    /// The row in this place, as it stands now; `None` if there is none.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub async fn find_row(&self, at: &DeliveryRef) -> Result<Option<Row>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(row_key(at)));
        let answer = get.consistent_read(true).send().await;
        let Some(item) = answer
            .map_err(StoreError::unavailable("GetItem history"))?
            .item
        else {
            return Ok(None);
        };
        let mut items = [item];
        unpack(&self.client, &self.name, &mut items).await?;
        let [item] = items;
        PackedRow {
            tenant_id: at.tenant_id.clone(),
            item,
        }
        .unpack()
        .map(Some)
    }

    /// Those of a tenant's rows that are there, in the order of `ids`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_rows(
        &self,
        tenant_id: &str,
        ids: &[u64],
    ) -> Result<Vec<PackedRow>, StoreError> {
        let mut rows = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            for item in self.read_batch(tenant_id, ids).await? {
                rows.insert(read_number::<u64>(&item, "id")?, item);
            }
        }
        let mut items: Vec<Item> = ids.iter().filter_map(|id| rows.remove(id)).collect();
        unpack(&self.client, &self.name, &mut items).await?;
        Ok(items
            .into_iter()
            .map(|item| PackedRow {
                tenant_id: tenant_id.to_owned(),
                item,
            })
            .collect())
    }

    async fn read_batch(&self, tenant_id: &str, ids: &[u64]) -> Result<Vec<Item>, StoreError> {
        let key = |id: &u64| {
            row_key(&DeliveryRef {
                tenant_id: tenant_id.to_owned(),
                id: *id,
            })
        };
        let keys = KeysAndAttributes::builder().set_keys(Some(ids.iter().map(key).collect()));
        batch::read(&self.client, &self.name, keys, "BatchGetItem history").await
    }
}
