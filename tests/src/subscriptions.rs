//! Subscriptions that nobody configured, and messages about nothing in particular.

use std::collections::BTreeMap;

use bytes::Bytes;
use ringpost::domain::{
    delivery::{Message, retry::RetryConfig, signature::SigningSecret},
    subscription::{
        Filters, RetiredSecret, SigningSecrets, Subscription, SubscriptionStatus, Traits,
    },
    timestamp::Timestamp,
};
use serde_json::{Map, Value, json};

/// What signs the deliveries of [`subscription`].
pub const SECRET: &str = "webhooksecret123";

/// What signs them: [`SECRET`].
pub fn secrets() -> SigningSecrets {
    SigningSecrets::new(SigningSecret::parse(SECRET).expect("a secret"))
}

/// The same beside a secret that was rotated out and signs along until then.
pub fn rotated(retired: &str, valid_until: Timestamp) -> SigningSecrets {
    let secret = SigningSecret::parse(retired).expect("a secret");
    SigningSecrets {
        retired: Some(RetiredSecret {
            secret,
            valid_until,
        }),
        ..secrets()
    }
}

/// An active subscription of a tenant to ended calls, since the beginning of time.
pub fn subscription(tenant_id: &str, id: u64) -> Subscription {
    Subscription {
        tenant_id: tenant_id.to_owned(),
        id,
        name: "CRM Integration".to_owned(),
        url: "https://127.0.0.1:9/webhooks".to_owned(),
        event_types: vec!["call.completed".to_owned()],
        status: SubscriptionStatus::Active,
        headers: BTreeMap::new(),
        retry_config: RetryConfig::default(),
        filters: Filters::default(),
        rate_limit: None,
        metadata: Map::new(),
        disabled: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        routed_at: None,
        proven_url: None,
    }
}

/// A message of a tenant about nothing in particular.
pub fn message(tenant_id: &str, id: &str, at: Timestamp, data: &Value) -> Message {
    let body = json!({ "type": "call.completed", "timestamp": at.to_string(), "data": data });
    Message {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        event_type: "call.completed".to_owned(),
        occurred_at: at,
        announced_at: at,
        call_id: None,
        user_id: None,
        traits: Traits::default(),
        body: Bytes::from(body.to_string()),
    }
}
