//! Shared secrets that sign, and that verify what others signed with them.

use std::fmt;

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// A secret of HMAC with the hash `D`, made ready once for every message.
#[derive(Clone)]
pub struct HmacKey<D: EagerHash>(Hmac<D>);

/// A secret of HMAC-SHA1, which SignalWire and Twilio still sign with.
pub type HmacSha1 = HmacKey<Sha1>;
pub type HmacSha256 = HmacKey<Sha256>;

impl<D: EagerHash> HmacKey<D> {
    /// The key of a secret. An empty secret is none: under it anyone could sign.
    pub fn new(secret: &[u8]) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// Whether `signature` is the whole HMAC of these parts, one after the other.
    pub fn signed(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        self.signed_any(parts, &[signature])
    }

    /// Whether any of the signatures is the whole HMAC of these parts. However many there are, the parts
    /// are read once.
    pub fn signed_any(&self, parts: &[&[u8]], signatures: &[impl AsRef<[u8]>]) -> bool {
        let mac = self.mac(parts);
        // `verify_slice` refuses every other length, and compares in constant time.
        signatures
            .iter()
            .any(|signature| mac.clone().verify_slice(signature.as_ref()).is_ok())
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<D> {
        parts.iter().fold(self.0.clone(), Mac::chain_update)
    }
}

impl HmacSha256 {
    /// The HMAC of these parts, one after the other.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts).finalize().into_bytes().into()
    }
}

/// Never shows the secret.
impl<D: EagerHash> fmt::Debug for HmacKey<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey")
    }
}
