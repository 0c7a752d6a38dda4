//! Recoveries of a world, and events that only a replay processes again.

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::{
    clock::Clock, delivery::recovery::run::PageLimits, queue::deliveries::DeliveryQueue,
};
use ringpost_functions::{webhooks::webhook_recover, workers::recover_deliveries};

use super::World;
use crate::faults::Faults;

impl World {
    /// `webhook-recover` in this world, at the time that `clock` shows.
    pub async fn webhook_recover(
        &self,
        faults: &Faults,
        clock: Clock,
    ) -> webhook_recover::Function {
        let mut function: webhook_recover::Function = self.endpoint(faults).await;
        function.recoveries.clock = clock;
        function
    }

    /// `recover-deliveries` in this world.
    pub fn recover_deliveries(
        &self,
        faults: &Faults,
        limits: PageLimits,
    ) -> recover_deliveries::Function {
        let mut function: recover_deliveries::Function = self.worker(faults);
        function.recover.limits = limits;
        function
    }

    /// The bodies of the messages that wait in the queue of recoveries, taken out of it.
    pub async fn take_recoveries(&self) -> Vec<String> {
        self.take(&self.recoveries_url).await
    }

    /// A queue of deliveries that does not exist.
    pub fn no_delivery_queue(&self) -> DeliveryQueue {
        let url = format!("{}-gone", self.deliveries_url);
        let wiring = self.wiring_with(&Faults::none(), &[("DELIVERY_QUEUE_URL", &url)]);
        wiring.deliveries().expect("a queue")
    }

    /// Deletes the history's rows of an event. Tells how many there were.
    pub async fn forget_history_of(&self, event_key: &str) -> usize {
        let database = self.database(&Faults::none());
        let pages = database
            .scan()
            .table_name(self.name("history"))
            .filter_expression("eventKey = :event")
            .expression_attribute_values(":event", AttributeValue::S(event_key.to_owned()))
            .into_paginator()
            .items()
            .send();
        let rows = pages
            .collect::<Result<Vec<_>, _>>()
            .await
            .expect("a table can be scanned");
        for row in &rows {
            let delete = database.delete_item().table_name(self.name("history"));
            let delete = delete
                .key("tenantShard", row["tenantShard"].clone())
                .key("id", row["id"].clone());
            delete.send().await.expect("a row can be deleted");
        }
        rows.len()
    }
}
