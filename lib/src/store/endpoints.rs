//! What `deliver` reads and writes: everything that a batch of deliveries needs in one trip, and how
//! their endpoints do. That lies beside each subscription in `webhook-configs`, under its negative id,
//! so that an endpoint that fails changes nothing that its owner configured.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    Client, StoreError,
    batch::{self, BATCH},
    history::{read_delivery, row_key},
    item::{Item, number, read_number, read_string, read_time, string, time},
    subscriptions,
};
use crate::domain::{
    delivery::{Delivery, DeliveryRef},
    health::{FAILURES_THAT_OPEN, Health, PROBE_MILLIS},
    subscription::Subscription,
    timestamp::Timestamp,
};

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

/// A place under a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// The second of the clock.
    pub second: i64,
    /// Which place of it, counted from 1.
    pub taken: u32,
}

/// What became of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booked {
    /// It is made.
    Place(Booking),
    /// All seconds are given away as far as a message can wait in its queue; this is the last booking.
    Full(Option<Booking>),
    /// Too many book at once: try again in a moment.
    Busy,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The deliveries that there are.
    pub deliveries: HashMap<DeliveryRef, Delivery>,
    /// The subscriptions that there are.
    pub subscriptions: HashMap<SubscriptionRef, Subscription>,
    /// Which endpoints have failed since they last took a delivery.
    pub failing: HashMap<SubscriptionRef, Health>,
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

/// So many conflicts over a rate limit mean that it is exhausted for this moment.
const MAX_CONFLICTS: usize = 8;
/// A rate limit gives seconds away so far ahead: no message waits longer in its queue.
const MAX_SECONDS_AHEAD: i64 = 900;

impl EndpointTable {
    /// The tables of these names.
    #[must_use]
    pub fn new(client: Client, configs: String, history: String) -> Self {
        Self { client, configs, history }
    }

    /// The deliveries as they stand, their subscriptions, and how those do.
    ///
    /// # Errors
    /// When the database fails or an item cannot be read.
    pub async fn find(&self, deliveries: &HashSet<(DeliveryRef, u64)>) -> Result<Found, StoreError> {
        let rows: Vec<Item> = deliveries.iter().map(|(at, _)| row_key(at)).collect();
        let of_tenant: HashMap<String, String> = deliveries
            .iter()
            .map(|(at, _)| (super::history::partition_of(at), at.tenant_id.clone()))
            .collect();
        let endpoints: HashSet<SubscriptionRef> = deliveries
            .iter()
            .map(|(at, id)| SubscriptionRef { tenant_id: at.tenant_id.clone(), id: *id })
            .collect();
        let configs: Vec<Item> =
            endpoints.iter().flat_map(|endpoint| [config_key(endpoint), health_key(endpoint)]).collect();
        let mut found = Found::default();
        // A delivery must be read as the last attempt left it; a configuration may lag by milliseconds.
        let rows = rows.into_iter().map(|key| (&self.history, key));
        let mut wanted: Vec<(&String, Item)> =
            rows.chain(configs.into_iter().map(|key| (&self.configs, key))).collect();
        while !wanted.is_empty() {
            let rest = wanted.split_off(wanted.len().min(BATCH));
            for (table, items) in self.read(&wanted).await? {
                for item in items {
                    if table == self.history {
                        let tenant = of_tenant.get(read_string(&item, "tenantShard")?);
                        let tenant = tenant.ok_or(StoreError::Corrupt { what: "tenantShard" })?;
                        let at = DeliveryRef { tenant_id: tenant.clone(), id: read_number(&item, "id")? };
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
            let of_table = keys.iter().filter(|(of, _)| *of == table).map(|(_, key)| key.clone());
            let of_table: Vec<Item> = of_table.collect();
            if !of_table.is_empty() {
                let keys = KeysAndAttributes::builder().consistent_read(*table == self.history);
                let keys = keys.set_keys(Some(of_table)).build();
                wanted.insert(table.clone(), keys.map_err(|_| StoreError::Corrupt { what: "keys" })?);
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
        let keys = [(&self.configs, config_key(endpoint)), (&self.configs, health_key(endpoint))];
        let mut found = Found::default();
        for (_, items) in self.read(&keys).await? {
            for item in items {
                read_config(&item, &mut found)?;
            }
        }
        Ok((found.subscriptions.remove(endpoint), found.failing.remove(endpoint)))
    }

    /// Counts a failed attempt; `known` is what was known before. Tells how the endpoint does now.
    ///
    /// # Errors
    /// When the database fails; the failure may have been counted.
    pub async fn fail(
        &self,
        endpoint: &SubscriptionRef,
        known: Option<&Health>,
        now: Timestamp,
    ) -> Result<Health, StoreError> {
        let anew = known.is_some_and(|health| health.is_forgotten(now));
        let update = if anew {
            "SET failures = :one, failingSince = :now, lastFailureAt = :now, probeAt = :probe"
        } else {
            "SET failingSince = if_not_exists(failingSince, :now), lastFailureAt = :now, probeAt = :probe \
             ADD failures :one"
        };
        let request = self
            .change(endpoint, update)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":probe", time(now.plus_millis(PROBE_MILLIS)))
            .return_values(ReturnValue::AllNew);
        let answer = request.send().await.map_err(StoreError::unavailable("UpdateItem webhook-configs"))?;
        let health = answer.attributes.as_ref().map(read_health).transpose()?.flatten();
        health.ok_or(StoreError::Corrupt { what: "failures" })
    }

    /// Lets one delivery through an open breaker, which `by` names. False when another got through within
    /// the last minute, or the breaker is closed meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_probe(
        &self,
        endpoint: &SubscriptionRef,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let by = string(by);
        let request = self
            .change(endpoint, "SET probeAt = :next, probeBy = :by")
            .condition_expression("failures >= :open AND probeAt <= :now")
            .expression_attribute_values(":open", number(FAILURES_THAT_OPEN))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":next", time(now.plus_millis(PROBE_MILLIS)))
            .expression_attribute_values(":by", by.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else { return Ok(true) };
        match error.as_service_error() {
            // Ours was written though its answer was lost: the SDK tried again.
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item().and_then(|held| held.get("probeBy")) == Some(&by))
            }
            _ => Err(StoreError::unavailable("UpdateItem webhook-configs")(error)),
        }
    }

    /// Books a place under a rate limit of so many deliveries a second: in the second of the clock that
    /// has room, this one or a later one. `known` is the last booking that the caller knows of; it saves a
    /// request. `None` when all seconds are given away as far as a message can wait in its queue.
    ///
    /// # Errors
    /// When the database fails; a place may then stay empty.
    pub async fn book(
        &self,
        endpoint: &SubscriptionRef,
        limit: u32,
        now: Timestamp,
        mut known: Option<Booking>,
    ) -> Result<Booked, StoreError> {
        let this_second = now.as_seconds();
        for _ in 0..MAX_CONFLICTS {
            let Booking { second, taken } = match known {
                Some(Booking { second, taken }) if second >= this_second && taken < limit => {
                    Booking { second, taken: taken + 1 }
                }
                Some(Booking { second, .. }) if second >= this_second => {
                    Booking { second: second + 1, taken: 1 }
                }
                _ => Booking { second: this_second, taken: 1 },
            };
            if second - this_second > MAX_SECONDS_AHEAD {
                return Ok(Booked::Full(known));
            }
            let request = self
                .change(endpoint, "SET rateSecond = :second, rateTaken = :taken")
                .expression_attribute_values(":second", number(second))
                .expression_attribute_values(":taken", number(taken));
            let request = match known {
                None => request.condition_expression("attribute_not_exists(rateSecond)"),
                Some(Booking { second, taken }) => request
                    .condition_expression("rateSecond = :knownSecond AND rateTaken = :knownTaken")
                    .expression_attribute_values(":knownSecond", number(second))
                    .expression_attribute_values(":knownTaken", number(taken)),
            };
            let request =
                request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let Err(error) = request.send().await else {
                return Ok(Booked::Place(Booking { second, taken }));
            };
            let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
            else {
                return Err(StoreError::unavailable("UpdateItem webhook-configs")(error));
            };
            let held = failed.item().filter(|held| held.contains_key("rateSecond"));
            known = held.map(read_booking).transpose()?;
        }
        Ok(Booked::Busy)
    }

    fn change(&self, endpoint: &SubscriptionRef, update: &str) -> UpdateItemFluentBuilder {
        let update_item = self.client.update_item().table_name(&self.configs);
        update_item.set_key(Some(health_key(endpoint))).update_expression(update)
    }
}

fn config_key(endpoint: &SubscriptionRef) -> Item {
    subscriptions::key(&endpoint.tenant_id, endpoint.id)
}

fn health_key(endpoint: &SubscriptionRef) -> Item {
    subscriptions::health_key(&endpoint.tenant_id, endpoint.id)
}

fn read_config(item: &Item, found: &mut Found) -> Result<(), StoreError> {
    let tenant_id = read_string(item, "tenantId")?.to_owned();
    let id: i64 = read_number(item, "id")?;
    let endpoint = SubscriptionRef { tenant_id, id: id.unsigned_abs() };
    if id > 0 {
        match subscriptions::read_item(item) {
            Ok(stored) => drop(found.subscriptions.insert(endpoint, stored.subscription)),
            Err(_) => drop(found.unreadable_subscriptions.insert(endpoint)),
        }
    } else if let Some(health) = read_health(item)? {
        found.failing.insert(endpoint, health);
    }
    Ok(())
}

fn read_booking(item: &Item) -> Result<Booking, StoreError> {
    Ok(Booking { second: read_number(item, "rateSecond")?, taken: read_number(item, "rateTaken")? })
}

fn read_health(item: &Item) -> Result<Option<Health>, StoreError> {
    if !item.contains_key("failures") {
        return Ok(None);
    }
    Ok(Some(Health {
        failures: read_number(item, "failures")?,
        failing_since: read_time(item, "failingSince")?,
        last_failure_at: read_time(item, "lastFailureAt")?,
        probe_at: read_time(item, "probeAt")?,
    }))
}
