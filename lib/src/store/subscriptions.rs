//! Subscriptions, each with the secrets that sign its deliveries: in an attribute of their own, which few
//! functions may read (docs/adr/0032).
//!
//! ```text
//! pk tenantId   sk id
//!               0     the last id that was assigned
//!               n     subscription n
//!              -n     the health of its endpoint
//! ```

use aws_sdk_dynamodb::{
    operation::{
        put_item::builders::PutItemFluentBuilder, update_item::builders::UpdateItemFluentBuilder,
    },
    types::{ReturnValue, Select},
};
use serde::{Deserialize, Serialize};

use super::{
    Client, StoreError,
    item::{Item, find_number, from_item, item, number, read_number, string, time, to_item},
    table::{Table, Write, Wrote},
};
use crate::domain::{
    delivery::{endpoint_health::FAILURES_THAT_OPEN, pace::FIRST_MICROS},
    subscription::{SigningSecrets, Subscription},
};

/// Every event of a tenant is compared with all its subscriptions.
pub const MAX_PER_TENANT: usize = 100;

/// The attributes that functions without access to secrets read; the roles in template.yaml allow these names.
const WITHOUT_SECRETS: &str = "tenantId, id, v, version, config";

/// A subscription as it was read, with the version that the next write must find.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSubscription {
    pub subscription: Subscription,
    pub secrets: SigningSecrets,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionItem {
    tenant_id: String,
    id: u64,
    version: u64,
    /// The [`Subscription`] as JSON; earlier versions kept the secrets in it, under the same names.
    config: String,
    /// The [`SigningSecrets`] as JSON.
    secrets: Option<String>,
}

/// The table `webhook-configs`: pk `tenantId`, sk `id`.
#[derive(Debug, Clone)]
pub struct SubscriptionTable(Table);

impl SubscriptionTable {
    pub fn new(client: Client, name: String) -> Self {
        Self(Table::new(client, name, "webhook-configs"))
    }

    /// All subscriptions of a tenant, by their ids.
    pub async fn list(&self, tenant_id: &str) -> Result<Vec<Subscription>, StoreError> {
        let query = self
            .0
            .query("tenantId = :tenant AND id > :none")
            .select(Select::SpecificAttributes)
            .projection_expression(WITHOUT_SECRETS)
            .expression_attribute_values(":tenant", string(tenant_id))
            .expression_attribute_values(":none", number(0));
        let items = self.0.query_all(query).await?;
        items.iter().map(read_subscription).collect()
    }

    /// The subscription of this id, if the tenant has it.
    pub async fn find(&self, tenant_id: &str, id: u64) -> Result<Option<Subscription>, StoreError> {
        let found = self.get(tenant_id, id, Some(WITHOUT_SECRETS)).await?;
        found.map(|item| read_subscription(&item)).transpose()
    }

    /// The subscription of this id with its secrets, if the tenant has it.
    pub async fn find_with_secrets(
        &self,
        tenant_id: &str,
        id: u64,
    ) -> Result<Option<StoredSubscription>, StoreError> {
        let found = self.get(tenant_id, id, None).await?;
        found.map(|item| read_item(&item)).transpose()
    }

    /// The item of a subscription; an item of another kind under its key does not count.
    async fn get(
        &self,
        tenant_id: &str,
        id: u64,
        attributes: Option<&str>,
    ) -> Result<Option<Item>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name);
        let get = get
            .set_key(Some(key(tenant_id, id)))
            .set_projection_expression(attributes.map(str::to_owned))
            .consistent_read(true);
        let answer = get.send().await.map_err(self.0.failed("GetItem"))?;
        Ok(answer.item.filter(|item| item.contains_key("config")))
    }

    /// An id that no subscription of the tenant has or had.
    ///
    /// # Errors
    /// An id may then be skipped.
    pub async fn next_id(&self, tenant_id: &str) -> Result<u64, StoreError> {
        let update = self
            .0
            .update(key(tenant_id, 0), "ADD given :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = self.0.write(update).await?;
        read_number(&answer.attributes.unwrap_or_default(), "given")
    }

    /// Writes a subscription whose id is new.
    ///
    /// # Errors
    /// It may have been written.
    pub async fn create(
        &self,
        subscription: &Subscription,
        secrets: &SigningSecrets,
    ) -> Result<(), StoreError> {
        let created = self
            .put(subscription, secrets, 1, |put| {
                put.condition_expression("attribute_not_exists(id)")
            })
            .await?;
        created.then_some(()).ok_or(StoreError::Contended)
    }

    /// Replaces `read` by these. False when it was changed or deleted since.
    ///
    /// # Errors
    /// It may have been written.
    pub async fn replace(
        &self,
        read: &StoredSubscription,
        subscription: &Subscription,
        secrets: &SigningSecrets,
    ) -> Result<bool, StoreError> {
        self.put(subscription, secrets, read.version + 1, |put| {
            put.condition_expression("version = :read")
                .expression_attribute_values(":read", number(read.version))
        })
        .await
    }

    /// Whether the item is stored now. When the answer of a put is lost the client sends it again, and
    /// its condition fails on what it wrote itself.
    async fn put(
        &self,
        subscription: &Subscription,
        secrets: &SigningSecrets,
        version: u64,
        condition: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<bool, StoreError> {
        let item = to_item(&SubscriptionItem {
            tenant_id: subscription.tenant_id.clone(),
            id: subscription.id,
            version,
            config: serde_json::to_string(subscription).map_err(|_| CONFIG)?,
            secrets: Some(serde_json::to_string(secrets).map_err(|_| SECRETS)?),
        })?;
        let put = condition(self.0.put(item.clone())).returning_old();
        Ok(match self.0.conditional(put).await? {
            Wrote::Done(_) => true,
            Wrote::Refused(old) => old == Some(item),
        })
    }

    /// Forgets the health of a subscription's endpoint from before its owner changed where or how deliveries
    /// are posted: verdicts of attempts that are still on their way to the old one are dropped. Writes nothing
    /// where nothing is to be forgotten.
    pub async fn start_afresh(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let known = "attribute_exists(failures) OR attribute_exists(slowUntil) OR \
                     attribute_exists(pausedUntil) OR attribute_exists(learnedAt)";
        let since = subscription.routed_at;
        let stale = since.map(|_| "attribute_not_exists(freshAt) OR freshAt < :changed OR ");
        let forget = self
            .update_health(
                subscription,
                "SET freshAt = :changed REMOVE failures, failingSince, lastFailureAt, probeAt, probeBy, \
                 slowUntil, slowMillis, learnedMicros, learnedAt, pausedUntil",
            )
            .condition_expression(format!("{}{known}", stale.unwrap_or_default()))
            .return_values(ReturnValue::AllOld);
        let Wrote::Done(answer) = self.0.conditional(forget).await? else {
            return Ok(());
        };
        let old = answer.attributes.unwrap_or_default();
        let failures: Option<u32> = find_number(&old, "failures")?;
        if failures.is_none_or(|failures| failures < FAILURES_THAT_OPEN) {
            return Ok(());
        }
        // What was parked is released now, but not all at once.
        let slow_down = self
            .update_health(
                subscription,
                "SET learnedMicros = :micros, learnedAt = :changed",
            )
            .condition_expression("freshAt = :changed AND attribute_not_exists(learnedAt)")
            .expression_attribute_values(":micros", number(FIRST_MICROS));
        self.0.conditional(slow_down).await.map(drop)
    }

    fn update_health(
        &self,
        subscription: &Subscription,
        expression: &str,
    ) -> UpdateItemFluentBuilder {
        let changed_at = subscription.routed_at.unwrap_or(subscription.created_at);
        let key = health_key(&subscription.tenant_id, subscription.id);
        self.0
            .update(key, expression)
            .expression_attribute_values(":changed", time(changed_at))
    }

    /// Deletes a subscription. Returns whether the tenant had it.
    pub async fn delete(&self, tenant_id: &str, id: u64) -> Result<bool, StoreError> {
        let delete = self.0.delete(key(tenant_id, id));
        let delete = delete.condition_expression("attribute_exists(id)");
        Ok(self.0.conditional(delete).await?.is_done())
    }
}

const CONFIG: StoreError = StoreError::Corrupt { what: "config" };
const SECRETS: StoreError = StoreError::Corrupt { what: "secrets" };

pub(super) fn key(tenant_id: &str, id: u64) -> Item {
    item([("tenantId", string(tenant_id)), ("id", number(id))])
}

/// The key of the health of a subscription's endpoint.
pub(super) fn health_key(tenant_id: &str, id: u64) -> Item {
    item([
        ("tenantId", string(tenant_id)),
        ("id", number(-i128::from(id))),
    ])
}

pub(super) fn read_subscription(item: &Item) -> Result<Subscription, StoreError> {
    let item: SubscriptionItem = from_item(item)?;
    serde_json::from_str(&item.config).map_err(|_| CONFIG)
}

pub(super) fn read_item(item: &Item) -> Result<StoredSubscription, StoreError> {
    let item: SubscriptionItem = from_item(item)?;
    let secrets = item.secrets.as_ref().unwrap_or(&item.config);
    Ok(StoredSubscription {
        subscription: serde_json::from_str(&item.config).map_err(|_| CONFIG)?,
        secrets: serde_json::from_str(secrets).map_err(|_| SECRETS)?,
        version: item.version,
    })
}
