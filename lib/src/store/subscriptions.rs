//! Subscriptions, each with what signs its deliveries: in an attribute of its own, which few functions may
//! read (docs/adr/0032).
//!
//! ```text
//! pk tenantId   sk id
//!               0     how many ids were given out
//!               n     subscription n
//!              -n     how its endpoint does (`health`)
//! ```

use aws_sdk_dynamodb::{
    operation::{
        get_item::builders::GetItemFluentBuilder,
        put_item::{PutItemError, builders::PutItemFluentBuilder},
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure, Select},
};

use super::{
    Client, StoreError, applied,
    item::{
        Item, LAYOUT, check_layout, find_string, item, number, read_number, read_string, string,
        time,
    },
};
use crate::domain::{
    delivery::{endpoint_health::FAILURES_THAT_OPEN, pace::FIRST_MICROS},
    subscription::{SigningSecrets, Subscription},
};

/// Every event of a tenant is compared with all its subscriptions.
pub const MAX_PER_TENANT: usize = 100;

/// The attributes that functions without access to secrets ask for; the roles in template.yaml allow these names.
const WITHOUT_SECRETS: &str = "tenantId, id, v, version, config";

/// A subscription as it was read, with the version that the next write must find.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSubscription {
    /// The subscription.
    pub subscription: Subscription,
    /// What signs its deliveries.
    pub secrets: SigningSecrets,
    version: u64,
}

/// The table `webhook-configs`: pk `tenantId`, sk `id`.
#[derive(Debug, Clone)]
pub struct SubscriptionTable {
    client: Client,
    name: String,
}

impl SubscriptionTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// All subscriptions of a tenant, by their ids.
    ///
    /// # Errors
    /// When the database fails or one cannot be read.
    pub async fn list(&self, tenant_id: &str) -> Result<Vec<Subscription>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .select(Select::SpecificAttributes)
            .projection_expression(WITHOUT_SECRETS)
            .key_condition_expression("tenantId = :tenant AND id > :none")
            .expression_attribute_values(":tenant", string(tenant_id))
            .expression_attribute_values(":none", number(0));
        let (mut subscriptions, mut start) = (Vec::new(), None::<Item>);
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(StoreError::unavailable("Query webhook-configs"))?;
            for item in page.items() {
                subscriptions.push(read_subscription(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(subscriptions);
            }
        }
    }

    /// The subscription of this id, if the tenant has it.
    ///
    /// # Errors
    /// When the database fails or it cannot be read.
    pub async fn find(&self, tenant_id: &str, id: u64) -> Result<Option<Subscription>, StoreError> {
        let get = self
            .get(tenant_id, id)
            .projection_expression(WITHOUT_SECRETS);
        found(get)
            .await?
            .map(|item| read_subscription(&item))
            .transpose()
    }

    /// The subscription of this id with its secrets, if the tenant has it.
    ///
    /// # Errors
    /// As [`SubscriptionTable::find`].
    pub async fn find_with_secrets(
        &self,
        tenant_id: &str,
        id: u64,
    ) -> Result<Option<StoredSubscription>, StoreError> {
        found(self.get(tenant_id, id))
            .await?
            .map(|item| read_item(&item))
            .transpose()
    }

    fn get(&self, tenant_id: &str, id: u64) -> GetItemFluentBuilder {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(tenant_id, id)));
        get.consistent_read(true)
    }

    /// An id that no subscription of the tenant has or had.
    ///
    /// # Errors
    /// When the database fails; an id may then be skipped.
    pub async fn next_id(&self, tenant_id: &str) -> Result<u64, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(tenant_id, 0)))
            .update_expression("ADD given :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = update
            .send()
            .await
            .map_err(StoreError::unavailable("UpdateItem webhook-configs"))?;
        read_number(&answer.attributes.unwrap_or_default(), "given")
    }

    /// Writes a subscription whose id is new.
    ///
    /// # Errors
    /// When the database fails; it may have been written.
    pub async fn create(
        &self,
        subscription: &Subscription,
        secrets: &SigningSecrets,
    ) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .condition_expression("attribute_not_exists(id)");
        let made = self.put(put, to_item(subscription, secrets, 1)?).await?;
        if made {
            Ok(())
        } else {
            Err(StoreError::Contended)
        }
    }

    /// Replaces `read` by these. False when it was changed or deleted since.
    ///
    /// # Errors
    /// When the database fails; it may have been written.
    pub async fn replace(
        &self,
        read: &StoredSubscription,
        subscription: &Subscription,
        secrets: &SigningSecrets,
    ) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .condition_expression("version = :read");
        let put = put.expression_attribute_values(":read", number(read.version));
        self.put(put, to_item(subscription, secrets, read.version + 1)?)
            .await
    }

    /// Whether the item is there now. When the answer of a put is lost the client sends it again, and
    /// its condition fails on what it wrote itself.
    async fn put(&self, put: PutItemFluentBuilder, item: Item) -> Result<bool, StoreError> {
        let put = put
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(found)) => {
                    Ok(found.item() == Some(&item))
                }
                _ => Err(StoreError::unavailable("PutItem webhook-configs")(error)),
            },
        }
    }

    /// Forgets how a subscription's endpoint did before its owner changed where or how deliveries are
    /// posted: verdicts of attempts that are still on their way to the old one are dropped. Writes nothing
    /// where nothing is to be forgotten.
    ///
    /// # Errors
    /// When the database fails; forgetting again is safe.
    pub async fn start_afresh(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let known = "attribute_exists(failures) OR attribute_exists(slowUntil) OR \
                     attribute_exists(pausedUntil) OR attribute_exists(learnedAt)";
        let since = subscription.routed_at;
        let stale = since.map(|_| "attribute_not_exists(freshAt) OR freshAt < :changed OR ");
        let request = self
            .health_update(subscription)
            .update_expression(
                "SET freshAt = :changed REMOVE failures, failingSince, lastFailureAt, probeAt, probeBy, \
                 slowUntil, slowMillis, learnedMicros, learnedAt, pausedUntil",
            )
            .condition_expression(format!("{}{known}", stale.unwrap_or_default()))
            .return_values(ReturnValue::AllOld);
        let old = match request.send().await {
            Ok(answer) => answer.attributes.filter(|old| old.contains_key("failures")),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => return Ok(()),
                _ => return Err(StoreError::unavailable("UpdateItem webhook-configs")(error)),
            },
        };
        let failures: Option<u32> = old.map(|old| read_number(&old, "failures")).transpose()?;
        if failures.is_none_or(|failures| failures < FAILURES_THAT_OPEN) {
            return Ok(());
        }
        // What was parked is released now, but not all at once.
        let request = self
            .health_update(subscription)
            .update_expression("SET learnedMicros = :micros, learnedAt = :changed")
            .condition_expression("freshAt = :changed AND attribute_not_exists(learnedAt)")
            .expression_attribute_values(":micros", number(FIRST_MICROS));
        applied(request, "UpdateItem webhook-configs")
            .await
            .map(drop)
    }

    fn health_update(&self, subscription: &Subscription) -> UpdateItemFluentBuilder {
        let changed_at = subscription.routed_at.unwrap_or(subscription.created_at);
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(health_key(&subscription.tenant_id, subscription.id)))
            .expression_attribute_values(":changed", time(changed_at))
    }

    /// Deletes a subscription. Tells whether the tenant had it.
    ///
    /// # Errors
    /// When the database fails; deleting again is safe.
    pub async fn delete(&self, tenant_id: &str, id: u64) -> Result<bool, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key(tenant_id, id)));
        let delete = delete.condition_expression("attribute_exists(id)");
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_conditional_check_failed_exception() => Ok(false),
                _ => Err(StoreError::unavailable("DeleteItem webhook-configs")(error)),
            },
        }
    }
}

pub(super) fn key(tenant_id: &str, id: u64) -> Item {
    item([("tenantId", string(tenant_id)), ("id", number(id))])
}

/// Where it stands how a subscription's endpoint does.
pub(super) fn health_key(tenant_id: &str, id: u64) -> Item {
    item([
        ("tenantId", string(tenant_id)),
        ("id", number(-i128::from(id))),
    ])
}

/// The item of a subscription; that of another kind under its key is none.
async fn found(get: GetItemFluentBuilder) -> Result<Option<Item>, StoreError> {
    let answer = get
        .send()
        .await
        .map_err(StoreError::unavailable("GetItem webhook-configs"))?;
    Ok(answer.item.filter(|item| item.contains_key("config")))
}

fn to_item(
    subscription: &Subscription,
    secrets: &SigningSecrets,
    version: u64,
) -> Result<Item, StoreError> {
    let config =
        serde_json::to_string(subscription).map_err(|_| StoreError::Corrupt { what: "config" })?;
    let secrets =
        serde_json::to_string(secrets).map_err(|_| StoreError::Corrupt { what: "secrets" })?;
    Ok(item([
        ("tenantId", string(&subscription.tenant_id)),
        ("id", number(subscription.id)),
        ("v", number(LAYOUT)),
        ("version", number(version)),
        ("config", string(config)),
        ("secrets", string(secrets)),
    ]))
}

pub(super) fn read_subscription(item: &Item) -> Result<Subscription, StoreError> {
    check_layout(item)?;
    serde_json::from_str(read_string(item, "config")?)
        .map_err(|_| StoreError::Corrupt { what: "config" })
}

/// What signs: earlier versions kept it with all the rest, under the same names.
fn read_secrets(item: &Item) -> Result<SigningSecrets, StoreError> {
    let text = find_string(item, "secrets").map_or_else(|| read_string(item, "config"), Ok)?;
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "secrets" })
}

pub(super) fn read_item(item: &Item) -> Result<StoredSubscription, StoreError> {
    Ok(StoredSubscription {
        subscription: read_subscription(item)?,
        secrets: read_secrets(item)?,
        version: read_number(item, "version")?,
    })
}
