//! User tokens: who is asking, and what it may read.

use http::HeaderMap;
use serde::Deserialize;
use thiserror::Error;

use super::fields::is_name;
use crate::{
    crypto::jwt::{Algorithm, JwtError, Key, Token},
    domain::{owner::Owner, timestamp::Timestamp},
    providers::webhook::header,
};

/// What the tenant of a user begins with who has none.
const NO_TENANT: &str = "user:";
/// Seconds by which the issuer's clock may differ.
const LEEWAY_SECONDS: i64 = 60;

/// What a token must be, besides signed: the algorithm is pinned here, not in the token.
#[derive(Debug, Clone)]
pub struct TokenPolicy {
    /// The only algorithm that is accepted.
    pub algorithm: Algorithm,
    /// The required `iss`, if any.
    pub issuer: Option<String>,
    /// The audience that `aud` must name, if any.
    pub audience: Option<String>,
}

/// The keys that sign user tokens.
#[derive(Debug)]
pub struct TokenKeys(Vec<Key>);

/// Why the configured keys cannot be used.
#[derive(Debug, Error)]
pub enum TokenKeysError {
    /// RS256 and ES256 want a JWKS document (RFC 7517).
    #[error("not a JWKS document")]
    NotJwks,
    /// HS256 wants secrets; a public key as a secret would let anyone sign.
    #[error("public keys where HS256 wants secrets")]
    NotSecrets,
    /// No key in it can verify the configured algorithm.
    #[error("no key of the configured algorithm")]
    NoKey,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// The key, if it is a complete one for verifying signatures of this algorithm.
    fn key(self, algorithm: Algorithm) -> Option<Key> {
        let named = self.alg.as_deref().is_none_or(|alg| Algorithm::parse(alg) == Some(algorithm));
        let for_signatures = self.used_for.as_deref().is_none_or(|used_for| used_for == "sig");
        if !named || !for_signatures {
            return None;
        }
        match (algorithm, self.kty.as_str()) {
            (Algorithm::Rs256, "RSA") => Key::rs256(self.kid, &self.n?, &self.e?),
            (Algorithm::Es256, "EC") if self.crv.as_deref() == Some("P-256") => {
                Key::es256(self.kid, &self.x?, &self.y?)
            }
            _ => None,
        }
    }
}

impl TokenKeys {
    /// Reads HS256 secrets, one a line, or a JWKS document, as the algorithm wants.
    ///
    /// # Errors
    /// What is wrong with the configured keys; never a part of them.
    pub fn parse(text: &str, algorithm: Algorithm) -> Result<Self, TokenKeysError> {
        let keys: Vec<Key> = match algorithm {
            Algorithm::Hs256 if text.starts_with('{') || text.starts_with("-----BEGIN") => {
                return Err(TokenKeysError::NotSecrets);
            }
            Algorithm::Hs256 => {
                let lines = text.lines().map(str::trim);
                lines.filter_map(|secret| Key::hs256(secret.as_bytes())).collect()
            }
            Algorithm::Rs256 | Algorithm::Es256 => {
                let jwks: Jwks = serde_json::from_str(text).map_err(|_| TokenKeysError::NotJwks)?;
                // Keys that are not understood are to be ignored (RFC 7517, section 5).
                let understood = jwks.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
                understood.filter_map(|jwk: Jwk| jwk.key(algorithm)).collect()
            }
        };
        if keys.is_empty() { Err(TokenKeysError::NoKey) } else { Ok(Self(keys)) }
    }
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    user_id: String,
    tenant_id: Option<String>,
    is_admin: bool,
}

impl Caller {
    /// The tenant that the caller acts in. Without one it is a tenant by itself: nobody may choose a
    /// tenant by choosing a name.
    #[must_use]
    pub fn tenant_id(&self) -> String {
        self.tenant_id.clone().unwrap_or_else(|| format!("{NO_TENANT}{}", self.user_id))
    }

    /// The caller's user id.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Whether the caller may configure its tenant, and see all that belongs to it.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.is_admin
    }

    /// Whether the caller may read what belongs to `owner`: its own, or as an admin its tenant's.
    /// A token that names a tenant is good in that tenant only.
    #[must_use]
    pub fn may_read(&self, owner: &Owner) -> bool {
        match &self.tenant_id {
            Some(tenant_id) if *tenant_id != owner.tenant_id => false,
            Some(_) if self.is_admin => true,
            Some(_) => self.user_id == owner.user_id(),
            // Nobody may choose a tenant by choosing a name: only a user that is known as one counts.
            None => owner.user_id.as_deref() == Some(&self.user_id),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    tenant_id: Option<String>,
    role: Option<String>,
    iss: Option<String>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// Why a caller is not believed. Logged; the caller learns only that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unauthorized {
    /// No `Authorization: Bearer` header.
    #[error("no bearer token")]
    Missing,
    /// The token is refused.
    #[error("token refused: {0}")]
    Token(#[from] JwtError),
    /// `iss` or `aud` is not the configured one.
    #[error("token of another issuer or for another audience")]
    Foreign,
    /// `sub` is empty.
    #[error("token without a subject")]
    NoSubject,
    /// `sub` or `tenant_id` is empty, too long, or no name of one.
    #[error("token whose sub or tenant_id is no name")]
    Unusable,
}

impl TokenPolicy {
    /// Who the bearer of the request's token is.
    ///
    /// # Errors
    /// Why nobody is believed.
    pub fn caller(
        &self,
        keys: &TokenKeys,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, Unauthorized> {
        let token = header(headers, "authorization").and_then(bearer).ok_or(Unauthorized::Missing)?;
        let claims: Claims =
            Token::parse(token)?.verify(self.algorithm, keys.0.iter(), now, LEEWAY_SECONDS)?;
        let issued = self.issuer.is_none() || claims.iss == self.issuer;
        let meant = self
            .audience
            .as_deref()
            .is_none_or(|audience| claims.aud.as_ref().is_some_and(|named| named.names(audience)));
        if !issued || !meant {
            return Err(Unauthorized::Foreign);
        }
        if claims.sub.is_empty() {
            return Err(Unauthorized::NoSubject);
        }
        // What begins like that is the tenant of a user without one.
        let is_tenant = |name: &String| is_name(name) && !name.starts_with(NO_TENANT);
        if !is_name(&claims.sub) || !claims.tenant_id.as_ref().is_none_or(is_tenant) {
            return Err(Unauthorized::Unusable);
        }
        Ok(Caller {
            user_id: claims.sub,
            tenant_id: claims.tenant_id,
            is_admin: claims.role.as_deref() == Some("admin"),
        })
    }
}

/// The token of a `Bearer` header; the scheme's case does not matter (RFC 7235).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
