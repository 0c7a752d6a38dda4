//! Subscriptions as their owners see them: without secrets.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    delivery::retry::RetryConfig,
    subscription::{DisabledReason, Filters, SigningSecrets, Subscription, SubscriptionStatus},
    timestamp::Timestamp,
};

/// A subscription in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary<'a> {
    id: u64,
    name: &'a str,
    url: &'a str,
    event_types: &'a [String],
    status: SubscriptionStatus,
    created_at: String,
    updated_at: String,
}

/// All of a subscription but its secrets.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details<'a> {
    id: u64,
    name: &'a str,
    url: &'a str,
    event_types: &'a [String],
    status: SubscriptionStatus,
    headers: &'a BTreeMap<String, String>,
    retry_config: RetryConfig,
    filters: &'a Filters,
    rate_limit: Option<u32>,
    metadata: &'a Map<String, Value>,
    disabled: Option<DisabledView>,
    previous_secret_valid_until: Option<String>,
    secret: Option<&'a str>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize)]
struct DisabledView {
    at: String,
    reason: DisabledReason,
}

impl<'a> Summary<'a> {
    /// What a list shows of it.
    pub fn of(subscription: &'a Subscription) -> Self {
        Self {
            id: subscription.id,
            name: &subscription.name,
            url: &subscription.url,
            event_types: &subscription.event_types,
            status: subscription.status,
            created_at: subscription.created_at.to_string(),
            updated_at: subscription.updated_at.to_string(),
        }
    }
}

impl<'a> Details<'a> {
    /// What its owner sees of it at this moment.
    pub fn of(subscription: &'a Subscription, secrets: &SigningSecrets, now: Timestamp) -> Self {
        let disabled = subscription.disabled.as_ref();
        let retired = secrets
            .retired
            .as_ref()
            .filter(|retired| now < retired.valid_until);
        Self {
            id: subscription.id,
            name: &subscription.name,
            url: &subscription.url,
            event_types: &subscription.event_types,
            status: subscription.status,
            headers: &subscription.headers,
            retry_config: subscription.retry_config,
            filters: &subscription.filters,
            rate_limit: subscription.rate_limit,
            metadata: &subscription.metadata,
            disabled: disabled.map(|disabled| DisabledView {
                at: disabled.at.to_string(),
                reason: disabled.reason,
            }),
            previous_secret_valid_until: retired.map(|retired| retired.valid_until.to_string()),
            secret: None,
            created_at: subscription.created_at.to_string(),
            updated_at: subscription.updated_at.to_string(),
        }
    }

    /// With the secret that was generated for it: in the answer to its creation, and never again.
    pub fn with_generated_secret(self, secrets: &'a SigningSecrets) -> Self {
        Self {
            secret: Some(secrets.present.as_str()),
            ..self
        }
    }
}
