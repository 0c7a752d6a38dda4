//! Subscriptions and deliveries of a world.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use ringpost::{
    clock::Clock,
    delivery::{
        addresses::Loopback,
        send::{Sender, Timeouts},
    },
    domain::{
        delivery::Message,
        due::Minute,
        subscription::{SigningSecrets, Subscription},
    },
    queue::deliveries::{DeliveryMessage, DeliveryQueue},
    store::{
        endpoints::EndpointTable,
        history::{HistoryTable, RecordedDelivery},
        subscriptions::SubscriptionTable,
    },
};
use ringpost_functions::{
    runtime::Worker,
    webhooks::webhook_test,
    workers::{deliver, sweep},
};
use serde_json::{Value, json};

use super::World;
use crate::{
    faults::Faults,
    lambda::queue_batch,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    subscriptions::{message, secrets, subscription},
};

/// Endpoints of tests are on this machine, and those that do not answer are not waited for.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(1),
    total: Duration::from_secs(1),
};

/// A sender that may post to this machine, and gives up after a second.
pub fn sender() -> Sender {
    Sender::with_timeouts(Loopback::Allowed, Clock::system(), TIMEOUTS).expect("a sender")
}

/// A world at the begin of a minute, in which an endpoint of `acme` that wants this type fails. Sweeps have
/// come so far.
pub async fn failing(event_type: &str) -> (World, ManualClock, Receiver, Subscription) {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let minute = Minute::of(hand.now()).start();
    hand.set_to(minute.expect("a minute of today"));
    world.swept_until(hand.now()).await;
    let receiver = Receiver::answering(Answer::Status(500));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[event_type], |_| {})
        .await;
    (world, hand, receiver, acme)
}

/// Lets `deliver` work on these messages. How many must come again.
pub async fn work(deliver: &deliver::Function, messages: &[DeliveryMessage]) -> usize {
    let bodies: Vec<String> = messages
        .iter()
        .map(|message| message.to_json().expect("JSON"))
        .collect();
    deliver
        .handle(queue_batch(&bodies))
        .await
        .batch_item_failures
        .len()
}

/// What the schedule of `sweep` sends, of which nothing is read.
pub fn minute() -> <sweep::Function as Worker>::Batch {
    serde_json::from_str("{}").expect("JSON")
}

impl World {
    /// `webhook-test` in this world.
    pub async fn webhook_test(&self, faults: &Faults) -> webhook_test::Function {
        webhook_test::Function {
            sender: sender(),
            ..self.endpoint(faults).await
        }
    }

    /// The subscriptions of this world.
    pub fn subscriptions(&self, faults: &Faults) -> SubscriptionTable {
        self.wiring(faults).subscriptions().expect("a table")
    }

    /// The history of this world.
    pub fn history(&self, faults: &Faults) -> HistoryTable {
        self.wiring(faults).history().expect("a table")
    }

    /// The queue of deliveries of this world.
    pub fn delivery_queue(&self, faults: &Faults) -> DeliveryQueue {
        self.wiring(faults).deliveries().expect("a queue")
    }

    pub(super) fn slow_lane_url(&self) -> String {
        format!("{}-slow", self.deliveries_url)
    }

    /// How endpoints of this world do.
    pub fn endpoints(&self, faults: &Faults) -> EndpointTable {
        self.wiring(faults).endpoints().expect("a table")
    }

    /// `deliver` in this world, at the time that `clock` shows.
    pub fn deliver(&self, faults: &Faults, clock: Clock) -> deliver::Function {
        self.deliver_with(TIMEOUTS, faults, clock)
    }

    /// As [`World::deliver`], with these timeouts.
    pub fn deliver_with(
        &self,
        timeouts: Timeouts,
        faults: &Faults,
        clock: Clock,
    ) -> deliver::Function {
        let mut function: deliver::Function = self.worker(faults);
        let sender = Sender::with_timeouts(Loopback::Allowed, clock.clone(), timeouts);
        function.deliver.sender = sender.expect("a sender");
        function.deliver.clock = clock;
        function
    }

    /// An active subscription of `acme` to some types at this URL, changed by `change`.
    pub async fn subscribe_at(
        &self,
        url: &str,
        event_types: &[&str],
        change: impl FnOnce(&mut Subscription),
    ) -> Subscription {
        self.subscribe_signed(url, event_types, &secrets(), change)
            .await
    }

    /// As [`World::subscribe_at`], with these secrets.
    pub async fn subscribe_signed(
        &self,
        url: &str,
        event_types: &[&str],
        secrets: &SigningSecrets,
        change: impl FnOnce(&mut Subscription),
    ) -> Subscription {
        let table = self.subscriptions(&Faults::none());
        let id = table.next_id("acme").await.expect("an id");
        let mut subscription = Subscription {
            url: url.to_owned(),
            event_types: event_types.iter().map(|name| (*name).to_owned()).collect(),
            ..subscription("acme", id)
        };
        change(&mut subscription);
        table
            .create(&subscription, secrets)
            .await
            .expect("it is created");
        subscription
    }

    /// Records a message for a subscription, as `fan-out` does, and names the attempt that must follow.
    pub async fn deliverable(
        &self,
        subscription: &Subscription,
        id: &str,
        event_type: &str,
    ) -> DeliveryMessage {
        let now = Clock::system().now();
        let message = Message {
            event_type: event_type.to_owned(),
            ..message(&subscription.tenant_id, id, now, &json!({ "n": id }))
        };
        let history = self.history(&Faults::none());
        let packed = history.pack(&message, 1).await.expect("it is packed");
        let recorded = history.record_delivery(&packed, subscription.id).await;
        let (RecordedDelivery::Unqueued(at) | RecordedDelivery::Queued(at)) =
            recorded.expect("it is recorded");
        DeliveryMessage::attempt(&at, subscription.id, 1)
    }

    /// How many messages wait in the queue of deliveries: those that may be taken, and those whose time
    /// has not come.
    pub async fn queued_deliveries(&self) -> (usize, usize) {
        let queue = aws_sdk_sqs::Client::new(&self.sdk(&Faults::none(), 3));
        let asked = queue
            .get_queue_attributes()
            .queue_url(&self.deliveries_url)
            .attribute_names(QueueAttributeName::All)
            .send();
        let attributes = asked
            .await
            .expect("the queue answers")
            .attributes
            .unwrap_or_default();
        let count = |name| {
            attributes
                .get(&name)
                .and_then(|count| count.parse().ok())
                .expect("a count")
        };
        (
            count(QueueAttributeName::ApproximateNumberOfMessages),
            count(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
        )
    }

    /// The messages that wait in the queue of deliveries and are not delayed, taken out of it.
    pub async fn take_deliveries(&self) -> Vec<DeliveryMessage> {
        let bodies = self.take(&self.deliveries_url).await;
        bodies
            .iter()
            .map(|body| serde_json::from_str(body).expect("a delivery message"))
            .collect()
    }

    /// As [`World::take_deliveries`], out of the slow lane.
    pub async fn take_slow_lane(&self) -> Vec<DeliveryMessage> {
        let bodies = self.take(&self.slow_lane_url()).await;
        bodies
            .iter()
            .map(|body| serde_json::from_str(body).expect("a delivery message"))
            .collect()
    }

    /// A subscription of `acme` as it stands.
    pub async fn acme(&self, id: u64) -> Subscription {
        let found = self.subscriptions(&Faults::none()).find("acme", id).await;
        found.expect("the table answers").expect("it is there")
    }

    /// The events of `acme` in the log, by their types, with their payloads.
    pub async fn reported_failures(&self) -> Vec<(String, Value)> {
        let mut reported = Vec::new();
        for item in self.items("events").await {
            let event = self.event(item["key"].as_s().expect("a key")).await;
            assert_eq!(event.tenant_id.as_deref(), Some("acme"));
            reported.push((
                event.event_type,
                serde_json::from_slice(&event.payload).expect("JSON"),
            ));
        }
        reported.sort_by(|one, other| one.0.cmp(&other.0));
        reported
    }
}
