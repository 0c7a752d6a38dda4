//! The trust boundary as types: a body is unreadable until its signature is verified.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::HeaderMap;
use thiserror::Error;

use crate::{
    crypto::HmacSha256,
    domain::{event::Event, timestamp::Timestamp},
    secrets::tenant_and_secret,
};

/// A received request. Nothing outside this module can read its body.
pub struct RawWebhook {
    headers: HeaderMap,
    url: String,
    body: Bytes,
}

#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The signature is one of them.
    pub headers: &'a HeaderMap,
    /// The URL as the sender knows it, with the query; empty if it is not signed.
    pub url: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// A request with a valid signature.
pub struct VerifiedWebhook {
    body: Bytes,
    signer: Signer,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer {
    /// The tenant whose own provider account signed; `None` for the platform's account, which may
    /// have calls of all tenants.
    pub tenant_id: Option<Arc<str>>,
}

/// Secrets that sign by HMAC-SHA256, each perhaps of a tenant's own account; empty ones are left out.
pub(super) fn hmac_keys(secrets: &[String]) -> Vec<(Signer, HmacSha256)> {
    let key = |entry: &String| {
        let (tenant_id, secret) = tenant_and_secret(entry);
        Some((Signer { tenant_id }, HmacSha256::new(secret.as_bytes())?))
    };
    secrets.iter().filter_map(key).collect()
}

/// Logged and counted; the sender learns only that the webhook was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("source address not allowed")]
    Address,
    #[error("no signature")]
    Missing,
    #[error("malformed signature")]
    Malformed,
    #[error("algorithm not allowed")]
    Algorithm,
    #[error("unknown key")]
    UnknownKey,
    /// No key is configured: a webhook that was signed with a removed key is refused.
    #[error("no usable keys")]
    NoKeys,
    /// The signature does not match the key and this body.
    #[error("wrong signature")]
    Wrong,
    #[error("stale signature")]
    Stale,
}

pub trait Verifier {
    /// Checks the signature over the raw bytes, in constant time, before anything is parsed, and
    /// returns the signer.
    fn verify(&self, signed: Signed<'_>, now: Timestamp) -> Result<Signer, Refusal>;
}

impl RawWebhook {
    pub fn new(headers: HeaderMap, body: Bytes) -> Self {
        Self {
            headers,
            url: String::new(),
            body,
        }
    }

    /// The URL that was configured at the sender, if its signature covers it.
    pub fn sent_to(self, url: String) -> Self {
        Self { url, ..self }
    }

    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// Returns the body only if `verifier` accepts the signature.
    pub fn verify(
        self,
        verifier: &impl Verifier,
        now: Timestamp,
    ) -> Result<VerifiedWebhook, Refusal> {
        let signed = Signed {
            headers: &self.headers,
            url: &self.url,
            body: &self.body,
        };
        let signer = verifier.verify(signed, now)?;
        Ok(VerifiedWebhook {
            body: self.body,
            signer,
        })
    }
}

/// Shows the size only: neither body nor signature reaches a log by accident.
impl fmt::Debug for RawWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawWebhook({} bytes)", self.size())
    }
}

impl fmt::Debug for VerifiedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedWebhook({} bytes)", self.body.len())
    }
}

impl VerifiedWebhook {
    /// The body, byte for byte.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The tenant whose own account sent it; `None` for the platform's account.
    pub fn account(&self) -> Option<&str> {
        self.signer.tenant_id.as_deref()
    }

    /// Assigns the event to the signer: a tenant's own key makes no event of another tenant.
    pub fn signed(&self, event: Event) -> Event {
        match &self.signer.tenant_id {
            Some(tenant_id) => Event {
                key: event.key.in_account_of(tenant_id),
                tenant_id: Some(tenant_id.to_string()),
                ..event
            },
            None => event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{event::Source, key::EventKey},
        providers::{elevenlabs, signalwire},
    };

    fn verified(tenant_id: Option<&str>) -> VerifiedWebhook {
        VerifiedWebhook {
            body: Bytes::from_static(b"{}"),
            signer: Signer {
                tenant_id: tenant_id.map(Into::into),
            },
        }
    }

    fn event() -> Event {
        Event {
            key: EventKey::of("signalwire", "EV_1"),
            source: Source::SignalWire,
            tenant_id: None,
            region: None,
            event_type: "call.created".to_owned(),
            occurred_at: Timestamp::EPOCH,
            received_at: Timestamp::EPOCH,
            payload: Bytes::from_static(b"{}"),
        }
    }

    #[test]
    fn an_event_of_a_tenants_own_account_is_the_tenants_and_has_a_key_of_its_own() {
        let of_platform = verified(None);
        assert_eq!(of_platform.account(), None);
        assert_eq!(of_platform.signed(event()), event());
        let of_tenant = verified(Some("acme"));
        assert_eq!(of_tenant.account(), Some("acme"));
        let signed = of_tenant.signed(event());
        assert_eq!(signed.tenant_id.as_deref(), Some("acme"));
        assert_eq!(signed.key, event().key.in_account_of("acme"));
        assert_ne!(signed.key, event().key);
    }

    #[test]
    fn nothing_of_a_webhook_but_its_size_is_shown() {
        let raw = RawWebhook::new(HeaderMap::new(), Bytes::from_static(b"secret"));
        assert_eq!(raw.size(), 6);
        assert_eq!(format!("{raw:?}"), "RawWebhook(6 bytes)");
        assert_eq!(format!("{:?}", verified(None)), "VerifiedWebhook(2 bytes)");
        assert_eq!(format!("{:?}", event()), "Event(signalwire:EV_1)");
    }

    #[test]
    fn without_a_secret_nothing_could_ever_be_verified() {
        for (secrets, is_empty) in [
            (vec![], true),
            (vec![String::new()], true),
            (vec!["a-secret".to_owned()], false),
            (vec![String::new(), "a-secret".to_owned()], false),
        ] {
            assert_eq!(
                elevenlabs::Keys::new(&secrets).is_empty(),
                is_empty,
                "{secrets:?}"
            );
            assert_eq!(
                signalwire::Keys::parse(&secrets).is_empty(),
                is_empty,
                "{secrets:?}"
            );
        }
    }
}
