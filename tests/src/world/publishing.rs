//! Publishing in a world: who subscribes, and what is on its way to them.

use ringpost::domain::{
    delivery::{Delivery, DeliveryRef},
    subscription::{Filters, Subscription},
    timestamp::Timestamp,
};
use ringpost_functions::publishing::publish_event;
use serde_json::Value;

use super::World;
use crate::{
    faults::Faults,
    subscriptions::{secrets, subscription},
};

impl World {
    /// `publish-event` in this world.
    pub async fn publish_event(&self, faults: &Faults) -> publish_event::Function {
        self.endpoint(faults).await
    }

    /// Subscribes a tenant to these types, since the beginning of time. The subscription's id.
    pub async fn subscribe(&self, tenant_id: &str, event_types: &[&str], filters: Filters) -> u64 {
        self.subscribe_since(tenant_id, event_types, filters, Timestamp::EPOCH)
            .await
    }

    /// As [`World::subscribe`], since this moment.
    pub async fn subscribe_since(
        &self,
        tenant_id: &str,
        event_types: &[&str],
        filters: Filters,
        since: Timestamp,
    ) -> u64 {
        let table = self.subscriptions(&Faults::none());
        let id = table.next_id(tenant_id).await.expect("an id is given");
        let subscription = Subscription {
            event_types: event_types.iter().map(|name| (*name).to_owned()).collect(),
            filters,
            created_at: since,
            ..subscription(tenant_id, id)
        };
        table
            .create(&subscription, &secrets())
            .await
            .expect("a subscription can be made");
        id
    }

    /// Every delivery in the history, by subscription and type.
    pub async fn outbound(&self) -> Vec<Delivery> {
        let (history, mut found) = (self.history(&Faults::none()), Vec::new());
        for row in self.items("history").await {
            // Failed attempts have no direction.
            if row
                .get("direction")
                .is_none_or(|direction| direction.as_s().expect("a word") != "outbound")
            {
                continue;
            }
            let shard = row["tenantShard"].as_s().expect("a partition");
            let (tenant_id, _) = shard.rsplit_once('#').expect("a shard");
            let id = row["id"].as_n().expect("an id").parse().expect("a number");
            let at = DeliveryRef {
                tenant_id: tenant_id.to_owned(),
                id,
            };
            found.push(
                history
                    .find_delivery(&at)
                    .await
                    .expect("a delivery")
                    .expect("it is there"),
            );
        }
        found.sort_by_key(|delivery| {
            (
                delivery.subscription_id,
                delivery.event_type.clone(),
                delivery.at.id,
            )
        });
        found
    }

    /// The types on their way to a subscription.
    pub async fn outbound_types(&self, subscription_id: u64) -> Vec<String> {
        let all = self.outbound().await.into_iter();
        let to_it = all.filter(|delivery| delivery.subscription_id == subscription_id);
        to_it.map(|delivery| delivery.event_type).collect()
    }
}

/// What is posted by a delivery.
pub fn posted(delivery: &Delivery) -> Value {
    serde_json::from_slice(delivery.body.as_deref().expect("a body")).expect("JSON")
}
