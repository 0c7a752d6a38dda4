//! A subscription: which events a tenant wants to have posted to which URL.

pub mod change;
pub mod endpoint_proof;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    delivery::{retry::RetryConfig, signature::SigningSecret},
    timestamp::Timestamp,
};

/// `WebhookConfig` of the Webhook API document.
#[serde_with::skip_serializing_none]
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    pub tenant_id: String,
    /// Counted from 1 within the tenant.
    pub id: u64,
    pub name: String,
    pub url: String,
    /// In the order in which they were given.
    pub event_types: Vec<String>,
    pub status: SubscriptionStatus,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub retry_config: RetryConfig,
    #[serde(default)]
    pub filters: Filters,
    /// Deliveries per second; `None` is no limit.
    pub rate_limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Set if Ringpost disabled it.
    pub disabled: Option<Disabled>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When the target of deliveries was last changed, if ever.
    pub routed_at: Option<Timestamp>,
    /// The URL that has proven itself (`endpoint_proof`), if one has.
    pub proven_url: Option<String>,
}

/// Shows which one it is: its URL and headers may be credentials.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({} of {})", self.id, self.tenant_id)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    #[default]
    Active,
    /// Nothing is posted, and no deliveries are kept for it.
    Inactive,
}

/// The secrets that sign a subscription's deliveries. They are stored apart from the subscription,
/// because few functions may read them. The API returns a secret only when it was generated.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningSecrets {
    #[serde(rename = "secret")]
    pub present: SigningSecret,
    /// The previous one, while it still signs.
    #[serde(rename = "retiredSecret")]
    pub retired: Option<RetiredSecret>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetiredSecret {
    pub secret: SigningSecret,
    pub valid_until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disabled {
    pub at: Timestamp,
    pub reason: DisabledReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// The endpoint answered 410.
    Gone,
    /// For five days no delivery succeeded.
    Failing,
    /// The platform requires a proof of the endpoint, and this one has given none.
    Unproven,
}

/// A filter without entries accepts everything; an event without the filtered field does not match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// Outcomes of the call, or business outcomes in snake case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    pub campaign_id: Option<String>,
    pub agents: BTreeSet<String>,
    /// The call's outcome and all business outcomes, in snake case.
    pub outcomes: BTreeSet<String>,
}

impl Filters {
    pub fn is_empty(&self) -> bool {
        // Without `..`, so that a new filter cannot be forgotten here.
        let Self {
            campaigns,
            agents,
            outcomes,
        } = self;
        campaigns.is_empty() && agents.is_empty() && outcomes.is_empty()
    }

    pub fn pass(&self, traits: &Traits) -> bool {
        let any = |wanted: &[String], has: &dyn Fn(&String) -> bool| {
            wanted.is_empty() || wanted.iter().any(has)
        };
        // Without `..`, as above.
        let Self {
            campaigns,
            agents,
            outcomes,
        } = self;
        any(campaigns, &|id| traits.campaign_id.as_ref() == Some(id))
            && any(agents, &|id| traits.agents.contains(id))
            && any(outcomes, &|word| traits.outcomes.contains(word))
    }
}

impl Subscription {
    pub fn wants(&self, event_type: &str, traits: &Traits) -> bool {
        self.status == SubscriptionStatus::Active
            && self.event_types.iter().any(|wanted| wanted == event_type)
            && self.filters.pass(traits)
    }
}

impl SigningSecrets {
    pub fn new(present: SigningSecret) -> Self {
        Self {
            present,
            retired: None,
        }
    }

    /// The secrets that sign at this moment, the current one first.
    pub fn valid_at(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        let retired = self
            .retired
            .iter()
            .filter(move |retired| now < retired.valid_until);
        std::iter::once(&self.present).chain(retired.map(|retired| &retired.secret))
    }

    /// Signs with `secret` from now on. The current secret still signs for the overlap, and no
    /// older one does. If `secret` is the current one nothing changes, so that a rotation whose
    /// response was lost may be repeated.
    pub fn rotate(&mut self, secret: &SigningSecret, overlap_seconds: u32, now: Timestamp) {
        if self.present == *secret {
            return;
        }
        let retired = std::mem::replace(&mut self.present, secret.clone());
        let valid_until = now.plus_millis(u64::from(overlap_seconds) * 1_000);
        self.retired = (overlap_seconds > 0).then_some(RetiredSecret {
            secret: retired,
            valid_until,
        });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An active subscription of `acme` to these types, without filters.
    pub(crate) fn to(event_types: &[&str]) -> Subscription {
        Subscription {
            tenant_id: "acme".to_owned(),
            id: 1,
            name: "all calls".to_owned(),
            url: "https://hooks.example.com/a".to_owned(),
            event_types: words(event_types),
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

    fn words<T: FromIterator<String>>(words: &[&str]) -> T {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn every_given_filter_must_pass() {
        let traits = Traits {
            campaign_id: Some("spring".to_owned()),
            agents: words(&["agent_1"]),
            outcomes: words(&["completed", "appointment_set"]),
        };
        let filters = |campaigns: &[&str], agents: &[&str], outcomes: &[&str]| Filters {
            campaigns: words(campaigns),
            agents: words(agents),
            outcomes: words(outcomes),
        };
        for (pass, given) in [
            (true, filters(&[], &[], &[])),
            (true, filters(&["autumn", "spring"], &[], &[])),
            (
                true,
                filters(&["spring"], &["agent_1"], &["appointment_set"]),
            ),
            (true, filters(&[], &[], &["busy", "completed"])),
            (false, filters(&["autumn"], &[], &[])),
            (false, filters(&["spring"], &["agent_2"], &[])),
            (false, filters(&["spring"], &["agent_1"], &["call_back"])),
        ] {
            assert_eq!(given.pass(&traits), pass, "{given:?}");
        }
    }

    #[test]
    fn an_event_without_the_filtered_field_does_not_match() {
        let campaigns = Filters {
            campaigns: words(&["spring"]),
            ..Filters::default()
        };
        let outcomes = Filters {
            outcomes: words(&["busy"]),
            ..Filters::default()
        };
        assert!(!campaigns.pass(&Traits::default()) && !outcomes.pass(&Traits::default()));
    }

    #[test]
    fn only_an_active_subscription_to_the_type_that_the_filters_let_pass_gets_a_message() {
        let wants = |subscription: &Subscription, event_type: &str| {
            subscription.wants(event_type, &Traits::default())
        };
        let active = to(&["call.created", "call.completed"]);
        assert!(wants(&active, "call.created") && wants(&active, "call.completed"));
        assert!(!wants(&active, "call.ringing") && !wants(&active, "call"));
        assert!(!wants(&to(&[]), "call.created"));
        let inactive = Subscription {
            status: SubscriptionStatus::Inactive,
            ..active.clone()
        };
        assert!(!wants(&inactive, "call.created"));
        let filtered = Subscription {
            filters: Filters {
                campaigns: words(&["spring"]),
                ..Filters::default()
            },
            ..active
        };
        assert!(!wants(&filtered, "call.created"));
        let spring = Traits {
            campaign_id: Some("spring".to_owned()),
            ..Traits::default()
        };
        assert!(filtered.wants("call.created", &spring));
    }

    #[test]
    fn filters_are_empty_only_if_every_one_is() {
        assert!(Filters::default().is_empty());
        for place in 0..3 {
            let given = |number| match number == place {
                true => words(&["x"]),
                false => Vec::new(),
            };
            let filters = Filters {
                campaigns: given(0),
                agents: given(1),
                outcomes: given(2),
            };
            assert!(!filters.is_empty(), "{filters:?}");
        }
    }

    #[test]
    fn a_replaced_secret_signs_until_the_overlap_ends_and_not_at_all_without_one() {
        let secret = |text: &str| SigningSecret::parse(text).unwrap();
        let (old, new) = (secret("the-old-secret-1"), secret("the-new-secret-2"));
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let valid = |secrets: &SigningSecrets, seconds| -> Vec<_> {
            secrets.valid_at(at(seconds)).cloned().collect()
        };
        let mut secrets = SigningSecrets::new(old.clone());
        secrets.rotate(&new, 60, at(100));
        assert_eq!(valid(&secrets, 159), [new.clone(), old.clone()]);
        assert_eq!(valid(&secrets, 160), std::slice::from_ref(&new));
        let mut at_once = SigningSecrets::new(old);
        at_once.rotate(&new, 0, at(100));
        assert_eq!(at_once, SigningSecrets::new(new));
    }

    #[test]
    fn a_subscription_never_shows_its_url_in_a_log() {
        assert_eq!(format!("{:?}", to(&[])), "Subscription(1 of acme)");
    }
}
