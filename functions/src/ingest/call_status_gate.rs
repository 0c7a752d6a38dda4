//! The gate of call status events. Their document knows no signature: a webhook comes from an address
//! on a list of its own, or is signed as ElevenLabs signs its others.

use lambda_http::Request;
use ringpost::{
    domain::timestamp::Timestamp,
    http::error::{ApiError, ErrorStatus},
    providers::{
        elevenlabs::Keys,
        webhook::{Refusal, Signed, Signer, VerifiedWebhook, Verifier},
    },
};

use super::gate::{self, Gate, WebhookGate};

/// Unlike in a provider's gate, an empty allow list admits no address.
pub struct CallStatusGate(pub Gate<Keys>);

/// Verifies a webhook by where it came from, else by its signature.
struct ListedOrSigned<'a> {
    is_listed: bool,
    keys: &'a Keys,
}

impl WebhookGate for CallStatusGate {
    async fn verified(&self, request: Request) -> Result<VerifiedWebhook, ApiError> {
        let Self(configured) = self;
        let keys = configured.keys.current().await.unwrap_or_default();
        if configured.allow_list.is_empty() && keys.is_empty() {
            const NOTHING: &str = "neither elevenlabs-webhook-secrets nor ElevenLabsStatusAllowList is \
                                   configured: no sender can be verified";
            return Err(ApiError::new(ErrorStatus::Unauthorized, gate::REFUSED).cause(NOTHING));
        }
        let source = gate::source_address(&request);
        gate::admitted(configured.addresses.as_ref(), source).await?;
        let verifier = ListedOrSigned {
            is_listed: !configured.allow_list.is_empty() && configured.allow_list.admits(source),
            keys: &keys,
        };
        let verified = gate::received(request)?.verify(&verifier, configured.now());
        let verified = verified.map_err(|refusal| match refusal {
            // What an unsigned webhook lacks, where a list could admit it, is the address.
            Refusal::Missing if !configured.allow_list.is_empty() => {
                gate::refused(Refusal::Address)
            }
            refusal => gate::refused(refusal),
        })?;
        gate::within_quota(configured.accounts.as_ref(), &verified).await?;
        Ok(verified)
    }

    fn now(&self) -> Timestamp {
        self.0.now()
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
