//! Subscriptions and deliveries of a world of one's own.

use std::time::Duration;

use ringpost::{
    clock::Clock,
    delivery::{
        destination::Loopback,
        send::{Patience, Sender},
    },
    queue::deliveries::{DeliveryMessage, DeliveryQueue},
    store::{history::HistoryTable, subscriptions::SubscriptionTable},
};
use ringpost_functions::webhooks::test_config;

use super::{World, attempts};
use crate::{aws::sdk, faults::Faults};

/// Endpoints of tests are on this machine, and those that do not answer are not waited for.
const PATIENCE: Patience = Patience { connect: Duration::from_secs(1), total: Duration::from_secs(1) };

/// A sender that may post to this machine, and gives up after a second.
///
/// # Panics
/// When none can be made.
#[must_use]
pub fn sender() -> Sender {
    Sender::with_patience(Loopback::Allowed, Clock::system(), PATIENCE).expect("a sender")
}

impl World {
    /// `webhook-test` in this world.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn webhook_test(&self, faults: &Faults) -> test_config::Deps {
        test_config::Deps {
            subscriptions: self.subscriptions(faults),
            history: self.history(faults),
            sender: sender(),
            authenticator: self.authenticator().await,
        }
    }

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
