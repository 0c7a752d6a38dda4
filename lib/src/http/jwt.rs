//! Compact JSON Web Signatures (RFC 7515, RFC 7519), just as much as is needed: the algorithm is
//! pinned by the caller and never taken from the token, `exp` is required, and tokens with `crit`
//! are refused. There is deliberately no way to read claims as trusted without a key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{hmac, signature};
use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;

use crate::domain::timestamp::Timestamp;

/// The algorithms that can be pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256 and a shared secret.
    Hs256,
    /// RSA PKCS#1 v1.5 with SHA-256, keys of 2,048 bits and more.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// Reads the name that a token's header and the configuration use.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Hs256, Self::Rs256, Self::Es256].into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A key that verifies tokens of one algorithm.
#[derive(Debug)]
pub struct Key {
    id: Option<String>,
    material: Material,
}

enum Material {
    Hs256(hmac::Key),
    Rs256(signature::RsaPublicKeyComponents<Vec<u8>>),
    Es256(signature::UnparsedPublicKey<Vec<u8>>),
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Key {
    /// A shared secret.
    #[must_use]
    pub fn hs256(secret: &[u8]) -> Self {
        Self { id: None, material: Material::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret)) }
    }

    /// A public RSA key: modulus and exponent, big-endian.
    #[must_use]
    pub fn rs256(id: Option<String>, n: Vec<u8>, e: Vec<u8>) -> Self {
        Self { id, material: Material::Rs256(signature::RsaPublicKeyComponents { n, e }) }
    }

    /// A public point on P-256, uncompressed: 4, x, y.
    #[must_use]
    pub fn es256(id: Option<String>, point: Vec<u8>) -> Self {
        let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
        Self { id, material: Material::Es256(key) }
    }

    fn fits(&self, algorithm: Algorithm, id: Option<&str>) -> bool {
        let same_algorithm = match self.material {
            Material::Hs256(_) => algorithm == Algorithm::Hs256,
            Material::Rs256(_) => algorithm == Algorithm::Rs256,
            Material::Es256(_) => algorithm == Algorithm::Es256,
        };
        same_algorithm && (id.is_none() || self.id.is_none() || self.id.as_deref() == id)
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Hs256(key) => hmac::verify(key, message, signature).is_ok(),
            Material::Rs256(key) => {
                key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Material::Es256(key) => key.verify(message, signature).is_ok(),
        }
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwtError {
    /// Not three parts of base64url around two JSON objects, or with `crit`, or without `exp`.
    #[error("malformed token")]
    Malformed,
    /// Another algorithm than the pinned one.
    #[error("algorithm not allowed")]
    Algorithm,
    /// No key of that name and algorithm.
    #[error("no key for the token")]
    NoKey,
    /// No key made this signature.
    #[error("wrong signature")]
    Signature,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` has not come.
    #[error("not yet valid")]
    NotYetValid,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Validity {
    exp: Option<f64>,
    nbf: Option<f64>,
}

/// A token that has been taken apart and not yet believed.
pub struct Token<'a> {
    header: Header,
    claims: Vec<u8>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a compact token apart.
    ///
    /// # Errors
    /// [`JwtError::Malformed`].
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwtError::Malformed)?;
        if header.crit.is_some() {
            return Err(JwtError::Malformed);
        }
        Ok(Self { header, claims: decode(claims)?, signed: signed.as_bytes(), signature: decode(signature)? })
    }

    /// The claims of a token that anyone may have made: only for finding the key to verify it.
    ///
    /// # Errors
    /// [`JwtError::Malformed`].
    pub fn unverified_claims<C: DeserializeOwned>(&self) -> Result<C, JwtError> {
        serde_json::from_slice(&self.claims).map_err(|_| JwtError::Malformed)
    }

    /// The claims, once one of `keys` is found to have signed them with the pinned algorithm and
    /// their time has come and not passed, give or take `leeway_seconds`.
    ///
    /// # Errors
    /// Why the token is refused.
    pub fn verify<'k, C: DeserializeOwned>(
        &self,
        algorithm: Algorithm,
        keys: impl Iterator<Item = &'k Key>,
        now: Timestamp,
        leeway_seconds: i64,
    ) -> Result<C, JwtError> {
        if self.header.alg != algorithm.as_str() {
            return Err(JwtError::Algorithm);
        }
        let mut fitting = keys.filter(|key| key.fits(algorithm, self.header.kid.as_deref())).peekable();
        fitting.peek().ok_or(JwtError::NoKey)?;
        if !fitting.any(|key| key.signed(self.signed, &self.signature)) {
            return Err(JwtError::Signature);
        }
        self.check_time(now, leeway_seconds)?;
        self.unverified_claims()
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds of four-digit years are exact in f64")]
    fn check_time(&self, now: Timestamp, leeway_seconds: i64) -> Result<(), JwtError> {
        let validity: Validity = self.unverified_claims()?;
        let expires = validity.exp.ok_or(JwtError::Malformed)?;
        if expires < (now.as_seconds() - leeway_seconds) as f64 {
            return Err(JwtError::Expired);
        }
        let begins = validity.nbf.unwrap_or(f64::NEG_INFINITY);
        if begins > (now.as_seconds() + leeway_seconds) as f64 {
            return Err(JwtError::NotYetValid);
        }
        Ok(())
    }
}
