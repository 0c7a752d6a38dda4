//! The gate of call status events. Their document knows no signature: a webhook comes from an address
//! on a list of its own, or is signed as ElevenLabs signs its others.

use lambda_http::Request;
use ringpost::{
    auth::{allow_list::AllowList, limiter::Limiter},
    clock::Clock,
    domain::timestamp::Timestamp,
    http::error::{ApiError, ErrorStatus},
    providers::{
        elevenlabs::Keys,
        webhook::{Refusal, Signed, Signer, VerifiedWebhook, Verifier},
    },
    secrets::Secrets,
};

use super::gate::{self, WebhookGate};

pub struct CallStatusGate {
    /// Where unsigned webhooks may come from; unlike a [`gate::Gate`]'s, an empty list admits no address.
    pub allow_list: AllowList,
    pub keys: Secrets<Keys>,
    pub clock: Clock,
    /// How often an address may send, if that is limited.
    pub addresses: Option<Limiter>,
    /// How often a tenant's own account may send, if that is limited.
    pub accounts: Option<Limiter>,
}

/// Verifies a webhook by where it came from, else by its signature.
struct ListedOrSigned<'a> {
    is_listed: bool,
    keys: &'a Keys,
}

impl WebhookGate for CallStatusGate {
    async fn verified(&self, request: Request) -> Result<VerifiedWebhook, ApiError> {
        let keys = self.keys.current().await.unwrap_or_default();
        if self.allow_list.is_empty() && keys.is_empty() {
            const NOTHING: &str = "neither elevenlabs-webhook-secrets nor ElevenLabsStatusAllowList is \
                                   configured: no sender can be verified";
            return Err(ApiError::new(ErrorStatus::Unauthorized, gate::REFUSED).cause(NOTHING));
        }
        let source = gate::source_address(&request);
        gate::admitted(self.addresses.as_ref(), source).await?;
        let verifier = ListedOrSigned {
            is_listed: !self.allow_list.is_empty() && self.allow_list.admits(source),
            keys: &keys,
        };
        let verified = gate::received(request)?.verify(&verifier, self.clock.now());
        let verified = verified.map_err(|refusal| match refusal {
            // What an unsigned webhook lacks, where a list could admit it, is the address.
            Refusal::Missing if !self.allow_list.is_empty() => gate::refused(Refusal::Address),
            refusal => gate::refused(refusal),
        })?;
        gate::within_quota(self.accounts.as_ref(), &verified).await?;
        Ok(verified)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Verifier for ListedOrSigned<'_> {
    fn verify(&self, signed: Signed<'_>, now: Timestamp) -> Result<Signer, Refusal> {
        if self.is_listed {
            return Ok(Signer::default());
        }
        self.keys.verify(signed, now)
    }
}
