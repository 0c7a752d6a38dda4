//! What the owner of a subscription can set when creating or changing it.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use super::{Filters, SigningSecrets, Subscription, SubscriptionStatus};
use crate::domain::{
    delivery::{retry::RetryConfig, signature::SigningSecret},
    timestamp::Timestamp,
};

#[derive(Clone, PartialEq)]
pub struct NewSubscription {
    pub name: String,
    pub url: String,
    pub event_types: Vec<String>,
    pub rest: SubscriptionChange,
}

/// The fields to change. `None` leaves a field as it is; a given value replaces the whole field.
#[derive(Clone, Default, PartialEq)]
pub struct SubscriptionChange {
    pub name: Option<String>,
    pub url: Option<String>,
    pub secret: Option<SigningSecret>,
    pub event_types: Option<Vec<String>>,
    pub status: Option<SubscriptionStatus>,
    pub headers: Option<BTreeMap<String, String>>,
    pub retry_config: Option<RetryConfig>,
    pub filters: Option<Filters>,
    /// `Some(None)` lifts the limit.
    pub rate_limit: Option<Option<u32>>,
    pub metadata: Option<Map<String, Value>>,
}

/// Shows its name only: URL and headers may be credentials.
impl fmt::Debug for NewSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSubscription")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SubscriptionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionChange")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl NewSubscription {
    /// The subscription and its secrets: `generated`, unless its owner chose one.
    pub fn begin(
        self,
        tenant_id: String,
        id: u64,
        generated: SigningSecret,
        now: Timestamp,
    ) -> (Subscription, SigningSecrets) {
        let mut secrets = SigningSecrets::new(generated);
        let mut subscription = Subscription {
            tenant_id,
            id,
            name: self.name,
            url: self.url,
            event_types: self.event_types,
            status: SubscriptionStatus::default(),
            headers: BTreeMap::new(),
            retry_config: RetryConfig::default(),
            filters: Filters::default(),
            rate_limit: None,
            metadata: Map::new(),
            disabled: None,
            created_at: now,
            updated_at: now,
            routed_at: None,
            proven_url: None,
        };
        self.rest.apply(&mut subscription, &mut secrets);
        (subscription, secrets)
    }
}

impl SubscriptionChange {
    /// Setting a subscription active clears why Ringpost disabled it. A given secret replaces all
    /// others.
    pub fn apply(&self, subscription: &mut Subscription, secrets: &mut SigningSecrets) {
        put(&mut subscription.name, &self.name);
        put(&mut subscription.url, &self.url);
        put(&mut subscription.event_types, &self.event_types);
        put(&mut subscription.status, &self.status);
        put(&mut subscription.headers, &self.headers);
        put(&mut subscription.retry_config, &self.retry_config);
        put(&mut subscription.filters, &self.filters);
        put(&mut subscription.rate_limit, &self.rate_limit);
        put(&mut subscription.metadata, &self.metadata);
        if let Some(secret) = &self.secret {
            *secrets = SigningSecrets::new(secret.clone());
        }
        if self.status == Some(SubscriptionStatus::Active) {
            subscription.disabled = None;
        }
    }
}

impl SubscriptionChange {
    /// Whether earlier failures no longer say anything about the endpoint.
    pub fn is_a_fresh_start(&self) -> bool {
        self.url.is_some()
            || self.headers.is_some()
            || self.status == Some(SubscriptionStatus::Active)
    }
}

fn put<T: Clone>(field: &mut T, value: &Option<T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscription::{Disabled, DisabledReason};

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(text).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn subscription() -> (Subscription, SigningSecrets) {
        let new = NewSubscription {
            name: "CRM".to_owned(),
            url: "https://example.com/".to_owned(),
            event_types: vec!["call.completed".to_owned()],
            rest: SubscriptionChange {
                rate_limit: Some(Some(5)),
                ..SubscriptionChange::default()
            },
        };
        new.begin("acme".to_owned(), 1, secret("first-secret"), at(1_000))
    }

    fn signing(secrets: &SigningSecrets, now: Timestamp) -> Vec<&str> {
        secrets.valid_at(now).map(SigningSecret::as_str).collect()
    }

    #[test]
    fn a_change_leaves_the_rest_as_it_is() {
        let ((mut changed, mut secrets), before) = (subscription(), subscription());
        SubscriptionChange::default().apply(&mut changed, &mut secrets);
        assert_eq!((&changed, &secrets), (&before.0, &before.1));
        let change = SubscriptionChange {
            rate_limit: Some(None),
            ..SubscriptionChange::default()
        };
        change.apply(&mut changed, &mut secrets);
        assert_eq!(
            (changed, secrets),
            (
                Subscription {
                    rate_limit: None,
                    ..before.0
                },
                before.1
            )
        );
    }

    #[test]
    fn the_owner_s_secret_signs_rather_than_the_generated_one() {
        let mut new = NewSubscription {
            name: "CRM".to_owned(),
            url: "https://example.com/".to_owned(),
            event_types: Vec::new(),
            rest: SubscriptionChange::default(),
        };
        new.rest.secret = Some(secret("owners-secret"));
        let (_, made) = new.begin("acme".to_owned(), 1, secret("generated-one"), at(1_000));
        assert_eq!(signing(&made, at(1_000)), ["owners-secret"]);
    }

    #[test]
    fn the_old_secret_signs_along_until_the_overlap_ends_and_an_older_one_no_more() {
        let (_, mut rotated) = subscription();
        rotated.rotate(&secret("second-secret"), 60, at(2_000));
        assert_eq!(
            signing(&rotated, at(2_059)),
            ["second-secret", "first-secret"]
        );
        assert_eq!(signing(&rotated, at(2_060)), ["second-secret"]);
        let once = rotated.clone();
        rotated.rotate(&secret("second-secret"), 600, at(2_010));
        assert_eq!(rotated, once, "repeated");
        rotated.rotate(&secret("third-secret"), 60, at(2_030));
        assert_eq!(
            signing(&rotated, at(2_031)),
            ["third-secret", "second-secret"]
        );
        rotated.rotate(&secret("fourth-secret"), 0, at(2_040));
        assert_eq!(signing(&rotated, at(2_040)), ["fourth-secret"]);
    }

    #[test]
    fn a_secret_that_is_put_in_signs_alone() {
        let (mut changed, mut secrets) = subscription();
        secrets.rotate(&secret("second-secret"), 60, at(2_000));
        let change = SubscriptionChange {
            secret: Some(secret("third-secret")),
            ..SubscriptionChange::default()
        };
        change.apply(&mut changed, &mut secrets);
        assert_eq!(signing(&secrets, at(2_001)), ["third-secret"]);
    }

    #[test]
    fn only_setting_it_active_clears_why_it_was_disabled() {
        let (mut disabled, mut secrets) = subscription();
        disabled.status = SubscriptionStatus::Inactive;
        disabled.disabled = Some(Disabled {
            at: at(3_000),
            reason: DisabledReason::Gone,
        });
        let set = |status| SubscriptionChange {
            status: Some(status),
            ..SubscriptionChange::default()
        };
        set(SubscriptionStatus::Inactive).apply(&mut disabled, &mut secrets);
        assert!(disabled.disabled.is_some());
        set(SubscriptionStatus::Active).apply(&mut disabled, &mut secrets);
        assert_eq!((disabled, secrets), subscription());
    }

    #[test]
    fn a_new_target_or_an_activation_is_a_fresh_start_and_nothing_else_is() {
        let change = SubscriptionChange::default;
        let url = SubscriptionChange {
            url: Some("https://hooks.example.com/b".to_owned()),
            ..change()
        };
        let headers = SubscriptionChange {
            headers: Some(BTreeMap::new()),
            ..change()
        };
        let status = |status| SubscriptionChange {
            status: Some(status),
            ..change()
        };
        let name = SubscriptionChange {
            name: Some("x".to_owned()),
            ..change()
        };
        for (change, is_fresh) in [
            (url, true),
            (headers, true),
            (status(SubscriptionStatus::Active), true),
            (status(SubscriptionStatus::Inactive), false),
            (name, false),
            (change(), false),
        ] {
            assert_eq!(change.is_a_fresh_start(), is_fresh, "{:?}", change.name);
        }
    }
}
