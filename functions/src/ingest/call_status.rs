//! `POST /api/webhooks/elevenlabs/call-status`: the events of the ElevenLabs call status document. The
//! document knows no signature: a webhook comes from an address on a list of its own, or is signed as
//! ElevenLabs signs its others.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    auth::{allow_list::AllowList, limiter::Limiter},
    clock::Clock,
    domain::timestamp::Timestamp,
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        reply::Reply,
    },
    providers::{
        elevenlabs::{CallStatusEvent, Keys},
        webhook::{Refusal, Signed, Signer, VerifiedWebhook, Verifier},
    },
    secrets::Secrets,
    store::events::EventTable,
};

use super::{
    gate,
    receipt::{keep, malformed},
};
use crate::{
    runtime::{self, Endpoint, InitError},
    wiring::Aws,
};

/// What this function may touch: it appends to `events` and reads ElevenLabs' webhook secrets.
pub struct Function {
    /// Where events are kept.
    pub events: EventTable,
    /// Who may send.
    pub door: CallStatusGate,
}

/// The way in.
pub struct CallStatusGate {
    /// Where unsigned webhooks may come from; unlike a [`gate::Gate`]'s, an empty list admits nobody.
    pub allow_list: AllowList,
    /// What may sign.
    pub keys: Secrets<Keys>,
    /// What time it is.
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

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-status";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (door, connected) = tokio::join!(aws.call_status_gate(), aws.connect_to_log());
        connected?;
        Ok(Self {
            events: aws.events()?,
            door: door?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.door.verified(request).await?;
        let status = CallStatusEvent::parse(webhook.body())
            .map_err(|error| malformed(&error, error.field()))?;
        keep(
            &self.events,
            &webhook.signed(status.event(webhook.body(), self.door.clock.now())),
        )
        .await
    }
}

impl CallStatusGate {
    async fn verified(&self, request: Request) -> Result<VerifiedWebhook, ApiError> {
        let keys = self.keys.current().await.unwrap_or_default();
        if self.allow_list.is_empty() && keys.is_empty() {
            const NOTHING: &str = "neither elevenlabs-webhook-secrets nor ElevenLabsStatusAllowList is \
                                   configured: nobody can be believed";
            return Err(ApiError::new(ErrorStatus::Unauthorized, gate::REFUSED).cause(NOTHING));
        }
        let source = gate::source_address(&request);
        gate::admitted(self.addresses.as_ref(), source).await?;
        let is_listed = !self.allow_list.is_empty() && self.allow_list.admits(source);
        let verified = gate::received(request)?.verify(
            &ListedOrSigned {
                is_listed,
                keys: &keys,
            },
            self.clock.now(),
        );
        let verified = verified.map_err(|refusal| match refusal {
            // What an unsigned webhook lacks, where a list could admit it, is the address.
            Refusal::Missing if !self.allow_list.is_empty() => gate::refused(Refusal::Address),
            refusal => gate::refused(refusal),
        })?;
        gate::within_quota(self.accounts.as_ref(), &verified).await?;
        Ok(verified)
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
