//! Recoveries, kept for a month in the table of the subscriptions.
//!
//! ```text
//! pk tenantId#recoveries   sk -(subscription × 10^9 + number)
//! ```
//!
//! A tenant may have the name of such a partition: the ids of its subscriptions are positive, and the negative
//! ids beside them count only its subscriptions, far fewer than a thousand million.

use serde::{Deserialize, Serialize};

use super::{
    Client, StoreError,
    item::{Item, Json, from_item, item, number, string, to_item},
    table::Table,
};
use crate::domain::delivery::recovery::{Recovery, RecoveryId};

const KEPT_DAYS: u32 = 30;
/// Numbers of one subscription's recoveries.
const NUMBERS: i64 = 1_000_000_000;

/// A recovery as it was read or written, with the version that the next write must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecovery {
    pub recovery: Recovery,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecoveryItem {
    tenant_id: String,
    id: i64,
    version: u64,
    recovery: Json<Recovery>,
    #[serde(skip_deserializing)]
    expires_at: i64,
}

/// The recoveries in the table `webhook-configs`.
#[derive(Debug, Clone)]
pub struct RecoveryTable(Table);

impl RecoveryTable {
    pub fn new(client: Client, name: String) -> Self {
        Self(Table::new(client, name, "webhook-configs"))
    }

    /// The recovery of this id, if the tenant has it.
    pub async fn find(
        &self,
        tenant_id: &str,
        id: RecoveryId,
    ) -> Result<Option<StoredRecovery>, StoreError> {
        let Some(place) = sort_key(id.subscription_id, id.number) else {
            return Ok(None);
        };
        let key = item([
            ("tenantId", string(partition(tenant_id))),
            ("id", number(place)),
        ]);
        let found = self.0.get(key).await?;
        let found = found.map(|item| read_item(&item)).transpose()?;
        Ok(found.filter(|stored| stored.recovery.id == id))
    }

    /// The subscription's latest recovery.
    pub async fn latest(
        &self,
        tenant_id: &str,
        subscription_id: u64,
    ) -> Result<Option<StoredRecovery>, StoreError> {
        let ends =
            sort_key(subscription_id, 1).zip(sort_key(subscription_id, NUMBERS.unsigned_abs() - 1));
        let Some((first, last)) = ends else {
            return Ok(None);
        };
        let query = self
            .0
            .query("tenantId = :recoveries AND id BETWEEN :last AND :first")
            .expression_attribute_values(":recoveries", string(partition(tenant_id)))
            .expression_attribute_values(":last", number(last))
            .expression_attribute_values(":first", number(first))
            .consistent_read(true)
            .limit(1);
        let page = query.send().await.map_err(self.0.failed("Query"))?;
        page.items().first().map(read_item).transpose()
    }

    /// Writes a new recovery. `None` when another recovery has its number.
    ///
    /// # Errors
    /// It may have been written.
    pub async fn create(&self, recovery: Recovery) -> Result<Option<StoredRecovery>, StoreError> {
        let stored = StoredRecovery {
            recovery,
            version: 1,
        };
        let put = self
            .0
            .put(stored.to_item()?)
            .condition_expression("attribute_not_exists(id)");
        let wrote = self.0.conditional(put).await?;
        Ok(wrote.is_done().then_some(stored))
    }

    /// Replaces `read` by `recovery`. `None` when another writer has replaced it since.
    ///
    /// # Errors
    /// It may have been written.
    pub async fn replace(
        &self,
        read: &StoredRecovery,
        recovery: Recovery,
    ) -> Result<Option<StoredRecovery>, StoreError> {
        let stored = StoredRecovery {
            recovery,
            version: read.version + 1,
        };
        let put = self
            .0
            .put(stored.to_item()?)
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read.version));
        if self.0.conditional(put).await?.is_done() {
            return Ok(Some(stored));
        }
        // The SDK may have repeated a write whose answer was lost.
        let found = self
            .find(&stored.recovery.tenant_id, stored.recovery.id)
            .await?;
        Ok(found.filter(|found| *found == stored))
    }
}

impl StoredRecovery {
    fn to_item(&self) -> Result<Item, StoreError> {
        let recovery = &self.recovery;
        let id = sort_key(recovery.id.subscription_id, recovery.id.number);
        to_item(&RecoveryItem {
            tenant_id: partition(&recovery.tenant_id),
            id: id.ok_or(StoreError::Corrupt { what: "id" })?,
            version: self.version,
            recovery: Json(recovery.clone()),
            expires_at: recovery.created_at.plus_days(KEPT_DAYS).as_seconds(),
        })
    }
}

fn partition(tenant_id: &str) -> String {
    format!("{tenant_id}#recoveries")
}

/// The latest first; `None` where no number is left.
fn sort_key(subscription_id: u64, number: u64) -> Option<i64> {
    let number = i64::try_from(number)
        .ok()
        .filter(|number| (1..NUMBERS).contains(number))?;
    let before = i64::try_from(subscription_id)
        .ok()
        .filter(|id| *id > 0)?
        .checked_mul(NUMBERS)?;
    before.checked_add(number)?.checked_neg()
}

fn read_item(item: &Item) -> Result<StoredRecovery, StoreError> {
    from_item(item).map(|item: RecoveryItem| StoredRecovery {
        recovery: item.recovery.0,
        version: item.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_place_of_its_own_and_the_latest_comes_first() {
        let key = |subscription, number| sort_key(subscription, number).unwrap();
        assert!(key(1, 2) < key(1, 1) && key(2, 1) < key(1, 999_999_999));
        assert!(
            key(1, 1) < -1_000_000_000,
            "below the health of a thousand million subscriptions"
        );
        for (subscription, number) in [
            (0, 1),
            (1, 0),
            (1, 1_000_000_000),
            (u64::MAX, 1),
            (i64::MAX as u64, 1),
        ] {
            assert_eq!(
                sort_key(subscription, number),
                None,
                "{subscription} {number}"
            );
        }
    }
}
