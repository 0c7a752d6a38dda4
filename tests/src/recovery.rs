//! What recoveries find: subscriptions, and deliveries in every state.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use ringpost::{
    clock::Clock,
    domain::{
        delivery::{Attempt, DeliveryRef, DeliveryStatus, Message},
        subscription::{Subscription, SubscriptionStatus},
        timestamp::Timestamp,
    },
    store::history::RecordedDelivery,
};

use serde_json::json;

use crate::{
    faults::Faults,
    livekit::unique,
    subscriptions::{message, secrets, subscription},
    world::World,
};

/// In milliseconds.
pub const HOUR: u64 = 3_600_000;

/// The present moment.
pub fn now() -> Timestamp {
    Clock::system().now()
}

/// The moment this number of milliseconds ago, give or take a second.
pub fn ago(millis: u64) -> Timestamp {
    now()
        .minus_seconds(millis / 1_000)
        .expect("a moment since 1970")
}

/// Makes a subscription of the tenant. Tells its id.
pub async fn subscribe(world: &World, tenant_id: &str, status: SubscriptionStatus) -> u64 {
    let subscriptions = world.subscriptions(&Faults::none());
    let id = subscriptions.next_id(tenant_id).await.expect("it is there");
    let subscription = Subscription {
        status,
        ..subscription(tenant_id, id)
    };
    subscriptions
        .create(&subscription, &secrets())
        .await
        .expect("it is there");
    id
}

/// A delivery that has had one attempt, or none if it is to stand as it was made.
pub async fn deliver(
    world: &World,
    message: &Message,
    subscription: u64,
    left: Option<(DeliveryStatus, Option<Timestamp>)>,
) -> DeliveryRef {
    let history = world.history(&Faults::none());
    let packed = history.pack(message, 1).await.expect("it is packed");
    let RecordedDelivery::Unqueued(at) = history
        .record_delivery(&packed, subscription)
        .await
        .expect("it is there")
    else {
        panic!("a new delivery");
    };
    if let Some((status, next)) = left {
        let delivery = history
            .find_delivery(&at)
            .await
            .expect("it is there")
            .expect("it is there");
        let code = if status == DeliveryStatus::Delivered {
            200
        } else {
            503
        };
        let attempt = Attempt {
            at: message.announced_at,
            status_code: Some(code),
            ..Attempt::default()
        };
        history
            .record_attempt(&delivery, &attempt, status, next)
            .await
            .expect("it is there")
            .expect("it is there");
    }
    at
}

/// A number of deliveries that failed, a second apart, an hour ago.
pub async fn fail(world: &World, tenant_id: &str, subscription: u64, count: u64) -> BTreeSet<u64> {
    let begin = ago(HOUR);
    let failed = stream::iter(0..count).map(|number| async move {
        let at = begin.plus_millis(number * 1_000);
        let message = message(tenant_id, &format!("evt_{}", unique()), at, &json!({}));
        deliver(
            world,
            &message,
            subscription,
            Some((DeliveryStatus::Failed, None)),
        )
        .await
        .id
    });
    failed.buffer_unordered(16).collect().await
}

/// Every row of the history by its id: the status, and the recovery that queued it again.
pub async fn rows(world: &World) -> BTreeMap<u64, (String, Option<String>)> {
    let rows = world
        .items("history")
        .await
        .into_iter()
        .filter(|row| row.contains_key("status"));
    let text = |value: &aws_sdk_dynamodb::types::AttributeValue| {
        value.as_s().expect("it is there").clone()
    };
    rows.map(|row| {
        let id = row["id"]
            .as_n()
            .expect("it is there")
            .parse()
            .expect("it is there");
        (id, (text(&row["status"]), row.get("recovery").map(text)))
    })
    .collect()
}
