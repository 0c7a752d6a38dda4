//! Verifies JSON Web Tokens (RFC 7515, RFC 7519). `jsonwebtoken` verifies the signature. This
//! module adds what the crate leaves open or does more leniently: the caller pins the algorithm,
//! tokens with `crit` are refused, a `kid` chooses the keys, `exp` is required, and the caller
//! gives the time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    DecodingKey, Validation, dangerous,
    errors::{Error, ErrorKind},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use thiserror::Error;

use super::jwt_provider;
use crate::domain::timestamp::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Hs256,
    /// RSA PKCS#1 v1.5 with SHA-256, keys of 2,048 bits and more.
    Rs256,
    Es256,
}

impl Algorithm {
    /// Reads the name that a token's header and the configuration use.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Hs256, Self::Rs256, Self::Es256]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    /// This algorithm alone. The claims are checked by [`Validity`].
    fn validation(self) -> Validation {
        let mut validation = Validation::new(match self {
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        });
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        validation
    }
}

/// A key that verifies tokens of one algorithm.
#[derive(Debug)]
pub struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Key {
    /// A shared secret. An empty one is none: under it anyone could sign.
    pub fn hs256(secret: &[u8]) -> Option<Self> {
        let key = DecodingKey::from_secret(secret);
        (!secret.is_empty()).then(|| Self::new(None, Algorithm::Hs256, key))
    }

    /// A public RSA key: modulus and exponent as a JWK has them.
    pub fn rs256(id: Option<String>, n: &str, e: &str) -> Option<Self> {
        let key = DecodingKey::from_rsa_components(n, e).ok()?;
        Some(Self::new(id, Algorithm::Rs256, key))
    }

    /// A public point on P-256, as a JWK has it.
    pub fn es256(id: Option<String>, x: &str, y: &str) -> Option<Self> {
        let key = DecodingKey::from_ec_components(x, y).ok()?;
        Some(Self::new(id, Algorithm::Es256, key))
    }

    fn new(id: Option<String>, algorithm: Algorithm, key: DecodingKey) -> Self {
        jwt_provider::install();
        Self { id, algorithm, key }
    }

    fn fits(&self, algorithm: Algorithm, id: Option<&str>) -> bool {
        self.algorithm == algorithm
            && (id.is_none() || self.id.is_none() || self.id.as_deref() == id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwtError {
    /// Not three parts of base64url around two JSON objects, or with `crit`, or without `exp`.
    #[error("malformed token")]
    Malformed,
    #[error("algorithm not allowed")]
    Algorithm,
    #[error("no key for the token")]
    NoKey,
    #[error("wrong signature")]
    Signature,
    #[error("expired")]
    Expired,
    #[error("not yet valid")]
    NotYetValid,
}

impl From<Error> for JwtError {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::InvalidAlgorithm => Self::Algorithm,
            ErrorKind::InvalidKeyFormat => Self::NoKey,
            _ => Self::Malformed,
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Validity {
    exp: f64,
    nbf: Option<f64>,
}

/// A token that is not verified yet.
pub struct Token<'a> {
    text: &'a str,
    header: Header,
}

impl<'a> Token<'a> {
    /// Reads the header of a compact token.
    pub fn parse(text: &'a str) -> Result<Self, JwtError> {
        let (header, _) = text.split_once('.').ok_or(JwtError::Malformed)?;
        let header = URL_SAFE_NO_PAD
            .decode(header)
            .map_err(|_| JwtError::Malformed)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| JwtError::Malformed)?;
        if header.crit.is_some() {
            return Err(JwtError::Malformed);
        }
        Ok(Self { text, header })
    }

    /// The claims of a token that anyone may have made. Use them only to find the key that verifies
    /// it.
    pub fn unverified_claims<C: DeserializeOwned>(&self) -> Result<C, JwtError> {
        Ok(dangerous::insecure_decode_claims(self.text)?)
    }

    /// The claims, if one of `keys` signed them with the pinned algorithm and the token is valid at
    /// `now`, within `leeway_seconds`.
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
        let claims = self.signed_claims(algorithm, keys)?;
        let validity: Validity = read(&claims)?;
        validity.check(now, leeway_seconds)?;
        read(&claims)
    }

    fn signed_claims<'k>(
        &self,
        algorithm: Algorithm,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Result<Box<RawValue>, JwtError> {
        let validation = algorithm.validation();
        let mut answer = Err(JwtError::NoKey);
        for key in keys.filter(|key| key.fits(algorithm, self.header.kid.as_deref())) {
            let decoded = jsonwebtoken::decode(self.text, &key.key, &validation);
            answer = decoded.map(|token| token.claims).map_err(JwtError::from);
            if !matches!(answer, Err(JwtError::Signature)) {
                break;
            }
        }
        answer
    }
}

impl Validity {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of four-digit years are exact in f64"
    )]
    fn check(&self, now: Timestamp, leeway_seconds: i64) -> Result<(), JwtError> {
        if self.exp < (now.as_seconds() - leeway_seconds) as f64 {
            return Err(JwtError::Expired);
        }
        if self
            .nbf
            .is_some_and(|begins| begins > (now.as_seconds() + leeway_seconds) as f64)
        {
            return Err(JwtError::NotYetValid);
        }
        Ok(())
    }
}

fn read<C: DeserializeOwned>(claims: &RawValue) -> Result<C, JwtError> {
    serde_json::from_str(claims.get()).map_err(|_| JwtError::Malformed)
}
