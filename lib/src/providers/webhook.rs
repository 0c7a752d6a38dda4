//! The trust boundary as types: a request is unreadable until its signature is verified.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::HeaderMap;
use thiserror::Error;

use crate::{
    crypto::HmacSha256,
    domain::{event::Event, timestamp::Timestamp},
    secrets::tenant_and_secret,
};

/// A request as it came. Nothing outside this module can read its body.
pub struct RawWebhook {
    headers: HeaderMap,
    url: String,
    body: Bytes,
}

#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The headers; the signature is one of them.
    pub headers: &'a HeaderMap,
    /// The URL as the sender knows it, with the query; empty where nothing signs it.
    pub url: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// A request whose signature was found to be the provider's.
pub struct VerifiedWebhook {
    body: Bytes,
    signer: Signer,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer {
    /// The tenant whose own account with the provider it is; `None` for the platform's, which may have the
    /// calls of all tenants.
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

/// Why a webhook is refused. Logged and counted; the sender learns only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The address is not on the provider's allow list.
    #[error("source address not allowed")]
    Address,
    /// Neither of the headers that could carry a signature is there.
    #[error("no signature")]
    Missing,
    /// The signature has not the form of one.
    #[error("malformed signature")]
    Malformed,
    #[error("algorithm not allowed")]
    Algorithm,
    /// The key that signed is not one of ours.
    #[error("unknown key")]
    UnknownKey,
    /// No key is configured any more: whoever holds an old one is refused.
    #[error("no usable keys")]
    NoKeys,
    /// The signature is not that of the key, or not of this body.
    #[error("wrong signature")]
    Wrong,
    /// The signature is no longer, or not yet, valid.
    #[error("stale signature")]
    Stale,
}

pub trait Verifier {
    /// Checks the signature over the raw bytes, in constant time, before anything is parsed, and returns whose
    /// key made it.
    fn verify(&self, signed: Signed<'_>, now: Timestamp) -> Result<Signer, Refusal>;
}

impl RawWebhook {
    /// Wraps a request's headers and the exact bytes of its body.
    pub fn new(headers: HeaderMap, body: Bytes) -> Self {
        Self {
            headers,
            url: String::new(),
            body,
        }
    }

    /// Adds the URL that the sender was given, where its signature covers that.
    pub fn sent_to(self, url: String) -> Self {
        Self { url, ..self }
    }

    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// Gives up the body to a caller that can verify it.
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

    /// The event that was read from it, as the signer's: a tenant's own key makes no event of another tenant.
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
