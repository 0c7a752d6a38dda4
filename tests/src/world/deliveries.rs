//! Subscriptions and deliveries of a world of one's own.

use ringpost::{
    queue::deliveries::{DeliveryMessage, DeliveryQueue},
    store::{history::HistoryTable, subscriptions::SubscriptionTable},
};

use super::{World, attempts};
use crate::{aws::sdk, faults::Faults};

impl World {
    /// The subscriptions of this world.
    #[must_use]
    pub fn subscriptions(&self, faults: &Faults) -> SubscriptionTable {
        SubscriptionTable::new(self.database(faults), self.name("webhookconfigs"))
    }

    /// The history of this world.
    #[must_use]
    pub fn history(&self, faults: &Faults) -> HistoryTable {
        HistoryTable::new(self.database(faults), self.name("history"), 90)
    }

    /// The queue of deliveries of this world.
    #[must_use]
    pub fn delivery_queue(&self, faults: &Faults) -> DeliveryQueue {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, faults, attempts(faults)));
        DeliveryQueue::new(queue, self.deliveries_url.clone())
    }

    /// The messages that wait in the queue of deliveries and are not delayed, taken out of it.
    ///
    /// # Panics
    /// When the queue fails, or holds something else.
    pub async fn take_deliveries(&self) -> Vec<DeliveryMessage> {
        let bodies = self.take(&self.deliveries_url).await;
        bodies.iter().map(|body| serde_json::from_str(body).expect("a delivery message")).collect()
    }
}
