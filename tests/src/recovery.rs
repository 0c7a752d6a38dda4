//! What recoveries find: subscriptions, and deliveries in every state.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use ringpost::{
    clock::Clock,
    domain::{
        delivery::{Attempt, DeliveryRef, DeliveryStatus, Message},
        retry::RetryConfig,
        signature::SigningSecret,
        subscription::{Filters, Subscription, SubscriptionStatus, Traits},
        timestamp::Timestamp,
    },
    store::history::Queued,
};

use crate::{faults::Faults, livekit::unique, world::World};

/// In milliseconds.
pub const HOUR: u64 = 3_600_000;

/// The present moment.
#[must_use]
pub fn now() -> Timestamp {
    Clock::system().now()
}

/// The moment so many milliseconds ago, give or take a second.
///
/// # Panics
/// Before 1970.
#[must_use]
pub fn ago(millis: u64) -> Timestamp {
    now().minus_seconds(millis / 1_000).expect("a moment since 1970")
}

/// Makes a subscription of the tenant. Tells its id.
///
/// # Panics
/// When the database fails.
pub async fn subscribe(world: &World, tenant_id: &str, status: SubscriptionStatus) -> u64 {
    let subscriptions = world.subscriptions(&Faults::none());
    let id = subscriptions.next_id(tenant_id).await.expect("it is there");
    let subscription = Subscription {
        tenant_id: tenant_id.to_owned(),
        id,
        name: "CRM".to_owned(),
        url: "https://crm.invalid/hook".to_owned(),
        secret: SigningSecret::parse("webhooksecret123").expect("it is there"),
        retired_secret: None,
        event_types: vec!["call.completed".to_owned()],
        status,
        headers: BTreeMap::new(),
        retry_config: RetryConfig::default(),
        filters: Filters::default(),
        rate_limit: None,
        metadata: serde_json::Map::new(),
        disabled: None,
        created_at: now(),
        updated_at: now(),
    };
    subscriptions.create(&subscription).await.expect("it is there");
    id
}

/// A message of this id.
#[must_use]
pub fn message(tenant_id: &str, id: &str, at: Timestamp) -> Message {
    Message {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        event_type: "call.completed".to_owned(),
        occurred_at: at,
        announced_at: at,
        call_id: None,
        user_id: None,
        traits: Traits::default(),
        body: r#"{"type":"call.completed"}"#.into(),
    }
}

/// A delivery that has had one attempt, or none if it is to stand as it was made.
///
/// # Panics
/// When the database fails, or it was there before.
pub async fn deliver(
    world: &World,
    message: &Message,
    subscription: u64,
    left: Option<(DeliveryStatus, Option<Timestamp>)>,
) -> DeliveryRef {
    let history = world.history(&Faults::none());
    let Queued::Not(at) = history.record_delivery(message, subscription).await.expect("it is there") else {
        panic!("a new delivery");
    };
    if let Some((status, next)) = left {
        let delivery = history.find_delivery(&at).await.expect("it is there").expect("it is there");
        let code = if status == DeliveryStatus::Delivered { 200 } else { 503 };
        let attempt = Attempt { at: message.announced_at, status_code: Some(code), ..Attempt::default() };
        history
            .record_attempt(&delivery, &attempt, status, next)
            .await
            .expect("it is there")
            .expect("it is there");
    }
    at
}

/// So many deliveries that failed, a second apart, an hour ago.
///
/// # Panics
/// When the database fails.
pub async fn fail(world: &World, tenant_id: &str, subscription: u64, count: u64) -> BTreeSet<u64> {
    let begin = ago(HOUR);
    let failed = stream::iter(0..count).map(|number| async move {
        let at = begin.plus_millis(number * 1_000);
        let message = message(tenant_id, &format!("evt_{}", unique()), at);
        deliver(world, &message, subscription, Some((DeliveryStatus::Failed, None))).await.id
    });
    failed.buffer_unordered(16).collect().await
}

/// Every row of the history by its id: the status, and the recovery that queued it again.
///
/// # Panics
/// When the database fails or a row cannot be read.
pub async fn rows(world: &World) -> BTreeMap<u64, (String, Option<String>)> {
    let rows = world.items("history").await.into_iter().filter(|row| row.contains_key("status"));
    let text = |value: &aws_sdk_dynamodb::types::AttributeValue| value.as_s().expect("it is there").clone();
    rows.map(|row| {
        let id = row["id"].as_n().expect("it is there").parse().expect("it is there");
        (id, (text(&row["status"]), row.get("recovery").map(text)))
    })
    .collect()
}
