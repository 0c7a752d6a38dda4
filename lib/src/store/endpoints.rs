//! What `deliver` reads and writes: everything that a batch of deliveries needs in one trip, and how
//! their endpoints do. That lies beside each subscription in `webhook-configs`, under its negative id,
//! so that an endpoint that fails changes nothing that its owner configured.

mod bookings;
mod health;

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::KeysAndAttributes,
};

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    history::{self, read_delivery, row_key},
    item::{Item, find_time, read_number, read_string, read_time},
    subscriptions,
};
use crate::domain::{
    delivery::{
        Delivery, DeliveryRef,
        endpoint_health::Health,
        pace::{EndpointLoad, Learned, Slow},
    },
    subscription::{SigningSecrets, Subscription},
};
pub use health::{AttemptContext, Throttle};

/// What `sweep` asks for; the role in template.yaml allows these names and no secrets.
const SUBSCRIPTION_AND_HEALTH: &str =
    "tenantId, id, v, version, config, failures, failingSince, lastFailureAt, probeAt";

/// Names a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRef {
    /// The tenant.
    pub tenant_id: String,
    /// Its id within the tenant.
    pub id: u64,
}

/// As JSON, by which it is named elsewhere.
impl fmt::Display for SubscriptionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl SubscriptionRef {
    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct DeliveryBatch {
    /// The deliveries that there are.
    pub deliveries: HashMap<DeliveryRef, Delivery>,
    /// The subscriptions that there are.
    pub subscriptions: HashMap<SubscriptionRef, Subscription>,
    /// What signs the deliveries of each.
    pub secrets: HashMap<SubscriptionRef, SigningSecrets>,
    /// Which endpoints have failed or refused since they last took a delivery.
    pub failing: HashMap<SubscriptionRef, Health>,
    /// Which endpoints have shown how much they take.
    pub loaded: HashMap<SubscriptionRef, EndpointLoad>,
    /// Which deliveries another version of this code must work on.
    pub unreadable: HashSet<DeliveryRef>,
    /// Which subscriptions another version of this code wrote.
    pub unreadable_subscriptions: HashSet<SubscriptionRef>,
}

/// The tables `history` and `webhook-configs`, as `deliver` uses them.
#[derive(Debug, Clone)]
pub struct EndpointTable {
    client: Client,
    configs: String,
    history: String,
}

impl EndpointTable {
    /// The tables of these names.
    #[must_use]
    pub fn new(client: Client, configs: String, history: String) -> Self {
        Self {
            client,
            configs,
            history,
        }
    }

    /// The deliveries as they stand, their subscriptions, and how those do.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn find(
        &self,
        deliveries: &HashSet<(DeliveryRef, u64)>,
    ) -> Result<DeliveryBatch, StoreError> {
        let rows: Vec<Item> = deliveries.iter().map(|(at, _)| row_key(at)).collect();
        let of_tenant: HashMap<String, String> = deliveries
            .iter()
            .map(|(at, _)| (history::partition_of(at), at.tenant_id.clone()))
            .collect();
        let endpoints: HashSet<SubscriptionRef> = deliveries
            .iter()
            .map(|(at, id)| SubscriptionRef {
                tenant_id: at.tenant_id.clone(),
                id: *id,
            })
            .collect();
        let configs: Vec<Item> = endpoints
            .iter()
            .flat_map(|endpoint| [config_key(endpoint), health_key(endpoint)])
            .collect();
        let mut found = DeliveryBatch::default();
        // A delivery must be read as the last attempt left it; a configuration may lag by milliseconds.
        let rows = rows.into_iter().map(|key| (&self.history, key));
        let mut wanted: Vec<(&String, Item)> = rows
            .chain(configs.into_iter().map(|key| (&self.configs, key)))
            .collect();
        while !wanted.is_empty() {
            let rest = wanted.split_off(wanted.len().min(BATCH));
            for (table, mut items) in self.read(&wanted).await? {
                if table == self.history {
                    history::unpack(&self.client, &table, &mut items).await?;
                }
                for item in items {
                    if table == self.history {
                        let tenant = of_tenant.get(read_string(&item, "tenantShard")?);
                        let tenant = tenant.ok_or(StoreError::Corrupt {
                            what: "tenantShard",
                        })?;
                        let at = DeliveryRef {
                            tenant_id: tenant.clone(),
                            id: read_number(&item, "id")?,
                        };
                        // One that another version wrote must not hold up the others of the batch.
                        match read_delivery(tenant, &item) {
                            Ok(delivery) => drop(found.deliveries.insert(at, delivery)),
                            Err(_) => drop(found.unreadable.insert(at)),
                        }
                    } else {
                        read_config(&item, &mut found)?;
                    }
                }
            }
            wanted = rest;
        }
        Ok(found)
    }

    async fn read(&self, keys: &[(&String, Item)]) -> Result<Vec<(String, Vec<Item>)>, StoreError> {
        let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
        for table in [&self.history, &self.configs] {
            let of_table = keys
                .iter()
                .filter(|(of, _)| *of == table)
                .map(|(_, key)| key.clone());
            let of_table: Vec<Item> = of_table.collect();
            if !of_table.is_empty() {
                let keys = KeysAndAttributes::builder().consistent_read(*table == self.history);
                let keys = keys.set_keys(Some(of_table)).build();
                wanted.insert(
                    table.clone(),
                    keys.map_err(|_| StoreError::Corrupt { what: "keys" })?,
                );
            }
        }
        batch::read_tables(&self.client, wanted, "BatchGetItem").await
    }

    /// A subscription and how its endpoint does.
    ///
    /// # Errors
    /// As [`EndpointTable::find`].
    pub async fn one(
        &self,
        endpoint: &SubscriptionRef,
    ) -> Result<(Option<Subscription>, Option<Health>), StoreError> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(vec![config_key(endpoint), health_key(endpoint)]))
            .projection_expression(SUBSCRIPTION_AND_HEALTH);
        let (mut subscription, mut health) = (None, None);
        for item in batch::read(
            &self.client,
            &self.configs,
            keys,
            "BatchGetItem webhook-configs",
        )
        .await?
        {
            if read_number::<i64>(&item, "id")? > 0 {
                subscription = Some(subscriptions::read_subscription(&item)?);
            } else {
                health = read_health(&item)?;
            }
        }
        Ok((subscription, health))
    }

    fn change(&self, endpoint: &SubscriptionRef, update: &str) -> UpdateItemFluentBuilder {
        let update_item = self.client.update_item().table_name(&self.configs);
        update_item
            .set_key(Some(health_key(endpoint)))
            .update_expression(update)
    }
}

fn config_key(endpoint: &SubscriptionRef) -> Item {
    subscriptions::key(&endpoint.tenant_id, endpoint.id)
}

fn health_key(endpoint: &SubscriptionRef) -> Item {
    subscriptions::health_key(&endpoint.tenant_id, endpoint.id)
}

fn read_config(item: &Item, found: &mut DeliveryBatch) -> Result<(), StoreError> {
    let tenant_id = read_string(item, "tenantId")?.to_owned();
    let id: i64 = read_number(item, "id")?;
    let endpoint = SubscriptionRef {
        tenant_id,
        id: id.unsigned_abs(),
    };
    if id > 0 {
        match subscriptions::read_item(item) {
            Ok(stored) => {
                found.secrets.insert(endpoint.clone(), stored.secrets);
                found.subscriptions.insert(endpoint, stored.subscription);
            }
            Err(_) => {
                found.unreadable_subscriptions.insert(endpoint);
            }
        }
    } else {
        found.loaded.insert(endpoint.clone(), read_load(item)?);
        if let Some(health) = read_health(item)? {
            found.failing.insert(endpoint, health);
        }
    }
    Ok(())
}

fn read_health(item: &Item) -> Result<Option<Health>, StoreError> {
    let Some(failing_since) = find_time(item, "failingSince")? else {
        return Ok(None);
    };
    Ok(Some(Health {
        failures: if item.contains_key("failures") {
            read_number(item, "failures")?
        } else {
            0
        },
        failing_since,
        last_failure_at: read_time(item, "lastFailureAt")?,
        probe_at: find_time(item, "probeAt")?.unwrap_or(failing_since),
    }))
}

fn read_load(item: &Item) -> Result<EndpointLoad, StoreError> {
    let slow = |until| {
        Ok(Slow {
            until,
            millis: read_number(item, "slowMillis")?,
        })
    };
    let learned = |at| {
        Ok(Learned {
            micros: read_number(item, "learnedMicros")?,
            at,
        })
    };
    Ok(EndpointLoad {
        slow: find_time(item, "slowUntil")?.map(slow).transpose()?,
        learned: find_time(item, "learnedAt")?.map(learned).transpose()?,
        paused_until: find_time(item, "pausedUntil")?,
        next_place: bookings::next_place(item)?,
    })
}
