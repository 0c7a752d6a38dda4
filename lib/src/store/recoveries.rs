//! Recoveries, kept for a month in the table of the subscriptions.
//!
//! ```text
//! pk tenantId#recoveries   sk -(subscription × 10^9 + number)
//! ```
//!
//! A tenant may be called what such a partition is: its subscriptions have positive ids, and numbers
//! below them count no further than it made subscriptions, far from a thousand million.

use aws_sdk_dynamodb::operation::put_item::{PutItemError, builders::PutItemFluentBuilder};

use super::{
    Client, StoreError,
    item::{Item, LAYOUT, check_layout, item, number, read_number, read_string, string},
};
use crate::domain::delivery::recovery::{Recovery, RecoveryId};

const KEPT_DAYS: u32 = 30;
/// Numbers of one subscription's recoveries.
const NUMBERS: i64 = 1_000_000_000;

/// A recovery as it was read or written, with the version that the next write must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecovery {
    /// The recovery.
    pub recovery: Recovery,
    version: u64,
}

/// The recoveries in the table `webhook-configs`.
#[derive(Debug, Clone)]
pub struct RecoveryTable {
    client: Client,
    name: String,
}

impl RecoveryTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// The recovery of this id, if the tenant has it.
    ///
    /// # Errors
    /// When the database fails or it cannot be read.
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
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .consistent_read(true);
        let found = get
            .send()
            .await
            .map_err(StoreError::unavailable("GetItem webhook-configs"))?
            .item;
        let found = found.map(|item| read_item(&item)).transpose()?;
        Ok(found.filter(|stored| stored.recovery.id == id))
    }

    /// The subscription's latest recovery.
    ///
    /// # Errors
    /// When the database fails or it cannot be read.
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
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("tenantId = :recoveries AND id BETWEEN :last AND :first")
            .expression_attribute_values(":recoveries", string(partition(tenant_id)))
            .expression_attribute_values(":last", number(last))
            .expression_attribute_values(":first", number(first))
            .consistent_read(true)
            .limit(1);
        let page = query
            .send()
            .await
            .map_err(StoreError::unavailable("Query webhook-configs"))?;
        page.items().first().map(read_item).transpose()
    }

    /// Writes a new recovery. `None` when its number was given out by another.
    ///
    /// # Errors
    /// When the database fails; it may have been written.
    pub async fn create(&self, recovery: Recovery) -> Result<Option<StoredRecovery>, StoreError> {
        let stored = StoredRecovery {
            recovery,
            version: 1,
        };
        let put = self
            .put(&stored)?
            .condition_expression("attribute_not_exists(id)");
        Ok(written(put).await?.then_some(stored))
    }

    /// Replaces `read` by `recovery`. `None` when somebody else has replaced it since.
    ///
    /// # Errors
    /// When the database fails; it may have been written.
    pub async fn replace(
        &self,
        read: &StoredRecovery,
        recovery: Recovery,
    ) -> Result<Option<StoredRecovery>, StoreError> {
        let stored = StoredRecovery {
            recovery,
            version: read.version + 1,
        };
        let put = self.put(&stored)?.condition_expression("version = :read");
        if written(put.expression_attribute_values(":read", number(read.version))).await? {
            return Ok(Some(stored));
        }
        // The SDK may have repeated a write whose answer was lost.
        let found = self
            .find(&stored.recovery.tenant_id, stored.recovery.id)
            .await?;
        Ok(found.filter(|found| *found == stored))
    }

    fn put(&self, stored: &StoredRecovery) -> Result<PutItemFluentBuilder, StoreError> {
        let recovery = &stored.recovery;
        let place = sort_key(recovery.id.subscription_id, recovery.id.number);
        let json = serde_json::to_string(recovery)
            .map_err(|_| StoreError::Corrupt { what: "recovery" })?;
        let item = item([
            ("tenantId", string(partition(&recovery.tenant_id))),
            (
                "id",
                number(place.ok_or(StoreError::Corrupt { what: "id" })?),
            ),
            ("v", number(LAYOUT)),
            ("version", number(stored.version)),
            ("recovery", string(json)),
            (
                "expiresAt",
                number(recovery.created_at.plus_days(KEPT_DAYS).as_seconds()),
            ),
        ]);
        Ok(self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item)))
    }
}

/// Whether the condition held.
async fn written(put: PutItemFluentBuilder) -> Result<bool, StoreError> {
    match put.send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(StoreError::unavailable("PutItem webhook-configs")(error)),
        },
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
    check_layout(item)?;
    let recovery = serde_json::from_str(read_string(item, "recovery")?);
    let recovery = recovery.map_err(|_| StoreError::Corrupt { what: "recovery" })?;
    Ok(StoredRecovery {
        recovery,
        version: read_number(item, "version")?,
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
            "no tenant makes so many subscriptions"
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
