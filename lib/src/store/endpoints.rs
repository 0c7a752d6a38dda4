//! What `deliver` reads and writes: everything that a batch of deliveries needs in one request, and the
//! health of their endpoints. Health is kept beside each subscription in `webhook-configs`, under its negative
//! id, so that an endpoint that fails changes nothing that its owner configured.

mod bookings;
mod health;

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::KeysAndAttributes,
};
use serde::Deserialize;

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    history::{self, read_delivery, row_key},
    item::{self, Item, read_number, read_string},
    subscriptions,
    table::Table,
};
use crate::domain::{
    delivery::{
        Delivery, DeliveryRef,
        endpoint_health::Health,
        pace::{EndpointLoad, Learned, Slow},
    },
    subscription::{SigningSecrets, Subscription},
    timestamp::Timestamp,
};
pub use health::{AttemptContext, Throttle};

/// What `sweep` reads; the role in template.yaml allows these names and no secrets.
const SUBSCRIPTION_AND_HEALTH: &str =
    "tenantId, id, v, version, config, failures, failingSince, lastFailureAt, probeAt";

/// What the health of an endpoint shows, of which the same holds.
const SUBSCRIPTION_AND_CONDITION: &str = "tenantId, id, v, version, config, failures, failingSince, lastFailureAt, \
     probeAt, slowUntil, slowMillis, learnedAt, learnedMicros, pausedUntil, rateNext";

/// Names a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRef {
    pub tenant_id: String,
    /// Its id within the tenant.
    pub id: u64,
}

/// As JSON, which is its name elsewhere.
impl fmt::Display for SubscriptionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl SubscriptionRef {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// What the tables hold for a batch of deliveries.
#[derive(Debug, Default)]
pub struct DeliveryBatch {
    pub deliveries: HashMap<DeliveryRef, Delivery>,
    /// The subscriptions, each with the secrets that sign its deliveries.
    pub subscriptions: HashMap<SubscriptionRef, (Subscription, SigningSecrets)>,
    /// The endpoints that have failed or refused since they last took a delivery.
    pub failing: HashMap<SubscriptionRef, Health>,
    /// The endpoints that have shown how much they take.
    pub loaded: HashMap<SubscriptionRef, EndpointLoad>,
    /// The deliveries that another version of this code must process.
    pub unreadable: HashSet<DeliveryRef>,
    /// The subscriptions that another version of this code wrote.
    pub unreadable_subscriptions: HashSet<SubscriptionRef>,
}

/// The health of an endpoint. It has no layout: every attribute is written by an update of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HealthItem {
    #[serde(default)]
    failures: u32,
    failing_since: Option<Timestamp>,
    last_failure_at: Option<Timestamp>,
    probe_at: Option<Timestamp>,
    slow_until: Option<Timestamp>,
    slow_millis: Option<u64>,
    learned_at: Option<Timestamp>,
    learned_micros: Option<u64>,
    paused_until: Option<Timestamp>,
    rate_next: Option<u64>,
}

/// The tables `history` and `webhook-configs`, as `deliver` uses them.
#[derive(Debug, Clone)]
pub struct EndpointTable {
    configs: Table,
    history: String,
}

impl EndpointTable {
    pub fn new(client: Client, configs: String, history: String) -> Self {
        Self {
            configs: Table::new(client, configs, "webhook-configs"),
            history,
        }
    }

    /// The deliveries, their subscriptions, and the health of those.
    pub async fn find(
        &self,
        deliveries: &HashSet<(DeliveryRef, u64)>,
    ) -> Result<DeliveryBatch, StoreError> {
        let tenants: HashMap<String, &str> = deliveries
            .iter()
            .map(|(at, _)| (history::partition_of(at), at.tenant_id.as_str()))
            .collect();
        let endpoints: HashSet<SubscriptionRef> = deliveries
            .iter()
            .map(|(at, id)| SubscriptionRef {
                tenant_id: at.tenant_id.clone(),
                id: *id,
            })
            .collect();
        // A delivery must be read as the last attempt left it; a configuration may lag by milliseconds.
        let rows = deliveries
            .iter()
            .map(|(at, _)| (self.history.as_str(), true, row_key(at)));
        let configs = endpoints
            .iter()
            .flat_map(|endpoint| [config_key(endpoint), health_key(endpoint)])
            .map(|key| (self.configs.name.as_str(), false, key));
        let keys: Vec<_> = rows.chain(configs).collect();
        let mut batch = DeliveryBatch::default();
        for keys in keys.chunks(BATCH) {
            let read = batch::read_keys(&self.configs.client, keys.iter().cloned()).await?;
            for (table, mut items) in read {
                if table == self.history {
                    history::unpack(&self.configs.client, &table, &mut items).await?;
                    for row in &items {
                        batch.add_delivery(&tenants, row)?;
                    }
                } else {
                    for item in &items {
                        batch.add_config(item)?;
                    }
                }
            }
        }
        Ok(batch)
    }

    /// A subscription and the health of its endpoint.
    pub async fn one(
        &self,
        endpoint: &SubscriptionRef,
    ) -> Result<(Option<Subscription>, Option<Health>), StoreError> {
        let (subscription, state) = self.read_one(endpoint, SUBSCRIPTION_AND_HEALTH).await?;
        let health = state.map(|state| state.health()).transpose()?;
        Ok((subscription, health.flatten()))
    }

    /// A subscription, and how its endpoint is doing. A subscription without deliveries has no health yet.
    pub async fn condition(
        &self,
        endpoint: &SubscriptionRef,
    ) -> Result<(Option<Subscription>, Option<Health>, EndpointLoad), StoreError> {
        let (subscription, state) = self.read_one(endpoint, SUBSCRIPTION_AND_CONDITION).await?;
        Ok(match state {
            Some(state) => (subscription, state.health()?, state.load()?),
            None => (subscription, None, EndpointLoad::default()),
        })
    }

    async fn read_one(
        &self,
        endpoint: &SubscriptionRef,
        attributes: &str,
    ) -> Result<(Option<Subscription>, Option<HealthItem>), StoreError> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(vec![config_key(endpoint), health_key(endpoint)]))
            .projection_expression(attributes);
        let (mut subscription, mut state) = (None, None);
        for item in self.configs.read_batch(keys).await? {
            if read_number::<i64>(&item, "id")? > 0 {
                subscription = Some(subscriptions::read_subscription(&item)?);
            } else {
                state = Some(item::read(&item)?);
            }
        }
        Ok((subscription, state))
    }

    fn change(&self, endpoint: &SubscriptionRef, update: &str) -> UpdateItemFluentBuilder {
        self.configs.update(health_key(endpoint), update)
    }
}

fn config_key(endpoint: &SubscriptionRef) -> Item {
    subscriptions::key(&endpoint.tenant_id, endpoint.id)
}

fn health_key(endpoint: &SubscriptionRef) -> Item {
    subscriptions::health_key(&endpoint.tenant_id, endpoint.id)
}

impl DeliveryBatch {
    fn add_delivery(
        &mut self,
        tenants: &HashMap<String, &str>,
        row: &Item,
    ) -> Result<(), StoreError> {
        let tenant_id = tenants.get(read_string(row, "tenantShard")?);
        let tenant_id = *tenant_id.ok_or(StoreError::Corrupt {
            what: "tenantShard",
        })?;
        let at = DeliveryRef {
            tenant_id: tenant_id.to_owned(),
            id: read_number(row, "id")?,
        };
        // One that another version wrote must not hold up the others of the batch.
        match read_delivery(tenant_id, row) {
            Ok(delivery) => drop(self.deliveries.insert(at, delivery)),
            Err(_) => drop(self.unreadable.insert(at)),
        }
        Ok(())
    }

    fn add_config(&mut self, item: &Item) -> Result<(), StoreError> {
        let id: i64 = read_number(item, "id")?;
        let endpoint = SubscriptionRef {
            tenant_id: read_string(item, "tenantId")?.to_owned(),
            id: id.unsigned_abs(),
        };
        if id > 0 {
            match subscriptions::read_item(item) {
                Ok(stored) => {
                    let configured = (stored.subscription, stored.secrets);
                    self.subscriptions.insert(endpoint, configured);
                }
                Err(_) => drop(self.unreadable_subscriptions.insert(endpoint)),
            }
        } else {
            let item: HealthItem = item::read(item)?;
            self.loaded.insert(endpoint.clone(), item.load()?);
            if let Some(health) = item.health()? {
                self.failing.insert(endpoint, health);
            }
        }
        Ok(())
    }
}

impl HealthItem {
    fn health(&self) -> Result<Option<Health>, StoreError> {
        let Some(failing_since) = self.failing_since else {
            return Ok(None);
        };
        Ok(Some(Health {
            failures: self.failures,
            failing_since,
            last_failure_at: present(self.last_failure_at, "lastFailureAt")?,
            probe_at: self.probe_at.unwrap_or(failing_since),
        }))
    }

    fn load(&self) -> Result<EndpointLoad, StoreError> {
        let slow = |until| {
            let millis = present(self.slow_millis, "slowMillis")?;
            Ok(Slow { until, millis })
        };
        let learned = |at| {
            let micros = present(self.learned_micros, "learnedMicros")?;
            Ok(Learned { micros, at })
        };
        Ok(EndpointLoad {
            slow: self.slow_until.map(slow).transpose()?,
            learned: self.learned_at.map(learned).transpose()?,
            paused_until: self.paused_until,
            next_place: self.rate_next,
        })
    }
}

fn present<T>(value: Option<T>, what: &'static str) -> Result<T, StoreError> {
    value.ok_or(StoreError::Corrupt { what })
}

fn read_health(item: &Item) -> Result<Option<Health>, StoreError> {
    item::read::<HealthItem>(item)?.health()
}
