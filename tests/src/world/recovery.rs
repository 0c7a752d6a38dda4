//! Recoveries of a world of one's own, and events that nobody drives again but a replay.

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::{
    clock::Clock,
    delivery::recovery::{
        order::Recoveries,
        run::{Portion, Recover},
    },
    queue::{deliveries::DeliveryQueue, recoveries::RecoveryQueue},
    store::recoveries::RecoveryTable,
};
use ringpost_functions::{webhooks::webhook_recover, workers::recover_deliveries};

use super::{World, attempts};
use crate::{aws::sdk, faults::Faults};

impl World {
    /// `webhook-recover` in this world, at the time that `clock` shows.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn webhook_recover(
        &self,
        faults: &Faults,
        clock: Clock,
    ) -> webhook_recover::Function {
        let recoveries = Recoveries {
            subscriptions: self.subscriptions(faults),
            recoveries: self.recovery_table(faults),
            queue: self.recovery_queue(faults),
            retention_days: 90,
            clock,
        };
        webhook_recover::Function {
            recoveries,
            authenticator: self.authenticator().await,
        }
    }

    /// `recover-deliveries` in this world.
    #[must_use]
    pub fn recover_deliveries(
        &self,
        faults: &Faults,
        portion: Portion,
    ) -> recover_deliveries::Function {
        let recover = Recover {
            subscriptions: self.subscriptions(faults),
            recoveries: self.recovery_table(faults),
            history: self.history(faults),
            deliveries: self.delivery_queue(faults),
            queue: self.recovery_queue(faults),
            portion,
            clock: Clock::system(),
        };
        recover_deliveries::Function { recover }
    }

    /// The bodies of the messages that wait in the queue of recoveries, taken out of it.
    ///
    /// # Panics
    /// When the queue fails.
    pub async fn take_recoveries(&self) -> Vec<String> {
        self.take(&self.recoveries_url).await
    }

    /// A queue of deliveries that does not exist.
    #[must_use]
    pub fn no_delivery_queue(&self) -> DeliveryQueue {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, &Faults::none(), 1));
        DeliveryQueue::new(queue, format!("{}-gone", self.deliveries_url))
    }

    /// Deletes the history's rows of an event. Tells how many there were.
    ///
    /// # Panics
    /// When the database fails.
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

    fn recovery_table(&self, faults: &Faults) -> RecoveryTable {
        RecoveryTable::new(self.database(faults), self.name("webhookconfigs"))
    }

    fn recovery_queue(&self, faults: &Faults) -> RecoveryQueue {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, faults, attempts(faults)));
        RecoveryQueue::new(queue, self.recoveries_url.clone())
    }
}
