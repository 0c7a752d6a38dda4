//! The proof that the owner of an endpoint wants the deliveries. If the platform requires it, a
//! subscription is inactive until its endpoint has answered a test with the test's challenge, so
//! that a tenant cannot have events posted to another party's endpoint.

use serde_json::Value;

use super::{Disabled, DisabledReason, Subscription, SubscriptionStatus};
use crate::domain::timestamp::Timestamp;

/// The header of a test that contains the challenge.
pub const CHALLENGE_HEADER: &str = "webhook-challenge";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndpointProof {
    #[default]
    NotAsked,
    /// Only tests are posted before the proof.
    Required,
}

impl EndpointProof {
    /// Sets a subscription inactive whose endpoint has not proven itself. `before` is why it was
    /// inactive until now.
    pub fn hold_back(
        self,
        subscription: &mut Subscription,
        before: Option<&Disabled>,
        now: Timestamp,
    ) {
        if self.is_missing(subscription) && subscription.status == SubscriptionStatus::Active {
            let held_back = before.filter(|disabled| disabled.reason == DisabledReason::Unproven);
            let now = Disabled {
                at: now,
                reason: DisabledReason::Unproven,
            };
            subscription.status = SubscriptionStatus::Inactive;
            subscription.disabled = Some(held_back.cloned().unwrap_or(now));
        }
    }

    pub fn is_missing(self, subscription: &Subscription) -> bool {
        self == Self::Required && subscription.proven_url.as_ref() != Some(&subscription.url)
    }
}

impl Subscription {
    /// Records that this URL has repeated its challenge. If the subscription waited for that alone,
    /// it becomes active.
    pub fn prove(&mut self, url: &str) {
        if self.url != url {
            return;
        }
        self.proven_url = Some(url.to_owned());
        if self
            .disabled
            .as_ref()
            .is_some_and(|disabled| disabled.reason == DisabledReason::Unproven)
        {
            self.status = SubscriptionStatus::Active;
            self.disabled = None;
        }
    }
}

/// Whether a response repeats the challenge: alone, or as `challenge` of a JSON object. An endpoint
/// that echoes the whole request proves nothing.
pub fn repeats(answer: &str, challenge: &str) -> bool {
    let answer = answer.trim();
    let of_json = || {
        serde_json::from_str::<Value>(answer)
            .ok()?
            .get("challenge")?
            .as_str()
            .map(str::to_owned)
    };
    answer == challenge || of_json().is_some_and(|said| said == challenge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscription::tests::to;

    #[test]
    fn only_the_challenge_itself_is_a_proof() {
        for (answer, proves) in [
            ("abc", true),
            (" abc\n", true),
            (r#"{"challenge":"abc"}"#, true),
            (r#"{"challenge": "abc", "more": 1}"#, true),
            ("", false),
            ("Received", false),
            ("ABC", false),
            ("headers: webhook-challenge: abc", false),
            (r#"{"headers":{"webhook-challenge":"abc"}}"#, false),
            (r#"{"challenge":1}"#, false),
            (r#"["abc"]"#, false),
        ] {
            assert_eq!(repeats(answer, "abc"), proves, "{answer}");
        }
    }

    const NOW: Timestamp = Timestamp::EPOCH;

    fn disabled(reason: DisabledReason) -> Disabled {
        Disabled {
            at: Timestamp::LATEST,
            reason,
        }
    }

    #[test]
    fn a_proof_is_missing_only_if_it_is_required_of_the_present_url() {
        let mut subscription = to(&[]);
        assert!(EndpointProof::Required.is_missing(&subscription));
        assert!(!EndpointProof::NotAsked.is_missing(&subscription));
        subscription.proven_url = Some(subscription.url.clone());
        assert!(!EndpointProof::Required.is_missing(&subscription));
        subscription.url.push('b');
        assert!(EndpointProof::Required.is_missing(&subscription));
    }

    #[test]
    fn an_active_subscription_is_held_back_since_the_first_time_until_its_proof() {
        let hold_back = |proof: EndpointProof, before: Option<&Disabled>| {
            let mut subscription = to(&[]);
            proof.hold_back(&mut subscription, before, NOW);
            (subscription.status, subscription.disabled)
        };
        assert_eq!(
            hold_back(EndpointProof::NotAsked, None),
            (SubscriptionStatus::Active, None)
        );
        let now = Disabled {
            at: NOW,
            reason: DisabledReason::Unproven,
        };
        let earlier = disabled(DisabledReason::Unproven);
        for (before, since) in [
            (None, &now),
            (Some(&disabled(DisabledReason::Gone)), &now),
            (Some(&earlier), &earlier),
        ] {
            let held_back = (SubscriptionStatus::Inactive, Some(since.clone()));
            assert_eq!(hold_back(EndpointProof::Required, before), held_back);
        }
        let mut inactive = to(&[]);
        inactive.status = SubscriptionStatus::Inactive;
        EndpointProof::Required.hold_back(&mut inactive, None, NOW);
        assert_eq!(inactive.disabled, None, "its owner set it inactive");
    }

    #[test]
    fn a_proof_activates_what_waited_for_it_alone() {
        let proven = |url: &str, reason| {
            let mut subscription = to(&[]);
            subscription.status = SubscriptionStatus::Inactive;
            subscription.disabled = Some(disabled(reason));
            subscription.prove(url);
            subscription
        };
        let url = to(&[]).url;
        let waited = proven(&url, DisabledReason::Unproven);
        assert_eq!(
            (waited.status, waited.disabled, waited.proven_url.as_ref()),
            (SubscriptionStatus::Active, None, Some(&url))
        );
        let gone = proven(&url, DisabledReason::Gone);
        assert_eq!(gone.status, SubscriptionStatus::Inactive);
        assert!(gone.disabled.is_some() && gone.proven_url.is_some());
        let other = proven("https://hooks.example.com/b", DisabledReason::Unproven);
        assert_eq!(other.status, SubscriptionStatus::Inactive);
        assert_eq!(other.proven_url, None);
    }
}
