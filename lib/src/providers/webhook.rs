//! The trust boundary as types: a request is unreadable until its signature is verified.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use thiserror::Error;

use crate::domain::timestamp::Timestamp;

/// A request as it came. Nothing outside this module can read its body.
pub struct RawWebhook {
    headers: HeaderMap,
    body: Bytes,
}

/// A request whose signature was found to be the provider's.
pub struct VerifiedWebhook {
    body: Bytes,
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
    /// An algorithm other than the pinned one.
    #[error("algorithm not allowed")]
    Algorithm,
    /// The key that signed is not one of ours.
    #[error("unknown key")]
    UnknownKey,
    /// The signature is not that of the key, or not of this body.
    #[error("wrong signature")]
    Wrong,
    /// The signature is no longer, or not yet, valid.
    #[error("stale signature")]
    Stale,
}

/// A provider's way of signing.
pub trait Verifier {
    /// Checks the signature over the raw bytes, in constant time, before anything is parsed.
    ///
    /// # Errors
    /// Why the webhook must be refused.
    fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refusal>;
}

impl RawWebhook {
    /// Wraps a request's headers and the exact bytes of its body.
    #[must_use]
    pub fn new(headers: HeaderMap, body: Bytes) -> Self {
        Self { headers, body }
    }

    /// The size of the body in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// Gives up the body to a caller that can verify it.
    ///
    /// # Errors
    /// Why the webhook must be refused.
    pub fn verify(self, verifier: &impl Verifier, now: Timestamp) -> Result<VerifiedWebhook, Refusal> {
        verifier.verify(&self.headers, &self.body, now)?;
        Ok(VerifiedWebhook { body: self.body })
    }
}

/// Shows the size only: neither body nor signature reaches a log by accident.
impl fmt::Debug for RawWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawWebhook({} bytes)", self.size())
    }
}

/// As [`RawWebhook`]'s.
impl fmt::Debug for VerifiedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedWebhook({} bytes)", self.body.len())
    }
}

impl VerifiedWebhook {
    /// The body, byte for byte.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

/// The text of a header; `None` when it is absent or not visible ASCII.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
