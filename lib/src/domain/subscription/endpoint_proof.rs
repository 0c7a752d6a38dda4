//! The proof that the owner of an endpoint wants what is posted there. Where the platform asks for it, a
//! subscription is inactive until its endpoint has answered a test with the test's challenge: so a tenant
//! cannot have events posted to another's endpoint.

use serde_json::Value;

use super::{Disabled, DisabledReason, Subscription, SubscriptionStatus};
use crate::domain::timestamp::Timestamp;

/// The header of a test that brings the challenge.
pub const CHALLENGE_HEADER: &str = "webhook-challenge";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndpointProof {
    #[default]
    NotAsked,
    /// They must before anything but tests is posted to them.
    Required,
}

impl EndpointProof {
    /// Holds a subscription back that would be active though its endpoint has not proven itself. `before` says
    /// why it was inactive until now.
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

    /// Whether the endpoint has to prove itself still.
    pub fn is_missing(self, subscription: &Subscription) -> bool {
        self == Self::Required && subscription.proven_url.as_ref() != Some(&subscription.url)
    }
}

impl Subscription {
    /// This URL has repeated its challenge. If the subscription waited for that alone, it is active now.
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

/// Whether an answer repeats the challenge: alone, or as `challenge` of a JSON object. An answer that shows
/// everything it was sent does not prove anything.
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
