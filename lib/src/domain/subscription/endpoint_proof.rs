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
    use super::repeats;

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
}
