//! User tokens: who the caller is, and what it may read.

use http::HeaderMap;
use serde::Deserialize;
use thiserror::Error;

use super::role::Role;
use crate::{
    auth::header::header,
    crypto::jwt::{Algorithm, JwtError, Key, Token},
    domain::{call::owner::Owner, name::is_name, timestamp::Timestamp},
    secrets::is_sample,
};

/// Prefix of the tenant id of a user without a tenant.
const NO_TENANT: &str = "user:";
/// RFC 7518, section 3.2.
const LEAST_SECRET_BYTES: usize = 32;
/// How far the issuer's clock may differ.
const LEEWAY_SECONDS: i64 = 60;

/// What a token must fulfil. The algorithm is pinned here; the token's own choice is not trusted.
#[derive(Debug, Clone)]
pub struct TokenPolicy {
    /// The only algorithm that is accepted.
    pub algorithm: Algorithm,
    /// The required `iss`, if any.
    pub issuer: Option<String>,
    /// The audience that `aud` must contain, if any.
    pub audience: Option<String>,
    /// How many seconds ahead `exp` may lie.
    pub longest_seconds: i64,
    /// The tenant for tokens without one, which read their user's calls in it.
    pub default_tenant: Option<String>,
}

#[derive(Debug)]
pub struct TokenKeys {
    keys: Vec<Key>,
    /// The keys of the sample events, whose tokens never expire. Only the local stage accepts them
    /// ([`Samples`](crate::secrets::Samples)).
    sample_keys: Vec<Key>,
}

#[derive(Debug, Error)]
pub enum TokenKeysError {
    /// RS256 and ES256 need a JWKS document (RFC 7517).
    #[error("not a JWKS document")]
    NotJwks,
    /// With HS256, a public key as the secret would let anyone sign.
    #[error("public keys where HS256 wants secrets")]
    NotSecrets,
    /// No key can verify the configured algorithm.
    #[error("no key of the configured algorithm")]
    NoKey,
    /// An HS256 secret with fewer bytes than its digest can be guessed (RFC 7518, section 3.2).
    #[error("an HS256 secret has fewer than {LEAST_SECRET_BYTES} bytes")]
    WeakSecret,
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
        let named = self
            .alg
            .as_deref()
            .is_none_or(|alg| Algorithm::parse(alg) == Some(algorithm));
        let for_signatures = self
            .used_for
            .as_deref()
            .is_none_or(|used_for| used_for == "sig");
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
    /// Reads HS256 secrets, one per line, or for the other algorithms a JWKS document.
    pub fn parse(text: &str, algorithm: Algorithm) -> Result<Self, TokenKeysError> {
        let keys: Vec<Key> = match algorithm {
            Algorithm::Hs256 if text.starts_with('{') || text.starts_with("-----BEGIN") => {
                return Err(TokenKeysError::NotSecrets);
            }
            Algorithm::Hs256 => {
                let secrets = || text.lines().map(str::trim).filter(|line| !line.is_empty());
                if secrets().any(|secret| secret.len() < LEAST_SECRET_BYTES) {
                    return Err(TokenKeysError::WeakSecret);
                }
                let (samples, own): (Vec<&str>, Vec<&str>) =
                    secrets().partition(|secret| is_sample(secret));
                let [keys, sample_keys] = [own, samples].map(|secrets| {
                    secrets
                        .into_iter()
                        .filter_map(|secret| Key::hs256(secret.as_bytes()))
                        .collect()
                });
                return Self { keys, sample_keys }.if_any();
            }
            Algorithm::Rs256 | Algorithm::Es256 => {
                let jwks: Jwks = serde_json::from_str(text).map_err(|_| TokenKeysError::NotJwks)?;
                // Unknown keys must be ignored (RFC 7517, section 5).
                let understood = jwks
                    .keys
                    .into_iter()
                    .filter_map(|key| serde_json::from_value(key).ok());
                understood
                    .filter_map(|jwk: Jwk| jwk.key(algorithm))
                    .collect()
            }
        };
        Self {
            keys,
            sample_keys: Vec::new(),
        }
        .if_any()
    }

    fn if_any(self) -> Result<Self, TokenKeysError> {
        if self.keys.is_empty() && self.sample_keys.is_empty() {
            return Err(TokenKeysError::NoKey);
        }
        Ok(self)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    user_id: String,
    tenant_id: Option<String>,
    role: Role,
    default_tenant: Option<String>,
}

impl Caller {
    /// The tenant that the caller acts in. A user without a tenant gets a tenant of its own, so that a
    /// chosen name never selects a tenant.
    pub fn tenant_id(&self) -> String {
        self.tenant_id
            .clone()
            .unwrap_or_else(|| format!("{NO_TENANT}{}", self.user_id))
    }

    /// A text that is unique to this user of this tenant.
    pub fn name(&self) -> String {
        // As JSON, so that no other tenant and user make the same text.
        serde_json::json!([self.tenant_id(), self.user_id]).to_string()
    }

    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether the caller may read everything of its tenant, not only its user's calls.
    pub fn sees_tenant(&self) -> bool {
        self.role.includes(Role::Viewer)
    }

    /// Whether the caller may read every call of [`Caller::tenant_id`].
    pub fn reads_all_calls(&self) -> bool {
        self.tenant_id.is_some() && self.sees_tenant()
    }

    /// Whether the caller may read the data of `owner`: its user's, or with the role `viewer` its tenant's.
    /// A token is valid only in the tenant that it names, without one only in the default tenant.
    pub fn may_read(&self, owner: &Owner) -> bool {
        let tenant_id = self.tenant_id.as_ref().or(self.default_tenant.as_ref());
        if self.role == Role::Platform || tenant_id != Some(&owner.tenant_id) {
            return false;
        }
        match &self.tenant_id {
            Some(_) => self.sees_tenant() || self.user_id == owner.user_id(),
            // A chosen name must not select a tenant: only a user id that the directory assigned counts.
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
    exp: f64,
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

/// Why a token is refused. Logged, but not returned to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unauthorized {
    #[error("no bearer token")]
    Missing,
    #[error("token refused: {0}")]
    Token(#[from] JwtError),
    /// No key is configured any more.
    #[error("no usable token keys")]
    NoKeys,
    #[error("token of another issuer or for another audience")]
    Foreign,
    #[error("token that lives too long")]
    TooLong,
    #[error("token without a subject")]
    NoSubject,
    /// `sub` or `tenant_id` is empty, too long, or has forbidden characters.
    #[error("token whose sub or tenant_id is no name")]
    Unusable,
}

impl TokenPolicy {
    pub fn caller(
        &self,
        keys: &TokenKeys,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, Unauthorized> {
        let token = header(headers, "authorization")
            .and_then(bearer)
            .ok_or(Unauthorized::Missing)?;
        let claims = self.claims(&Token::parse(token)?, keys, now)?;
        let issued = self.issuer.is_none() || claims.iss == self.issuer;
        let meant = self.audience.as_deref().is_none_or(|audience| {
            claims
                .aud
                .as_ref()
                .is_some_and(|named| named.names(audience))
        });
        if !issued || !meant {
            return Err(Unauthorized::Foreign);
        }
        if claims.sub.is_empty() {
            return Err(Unauthorized::NoSubject);
        }
        // This prefix is reserved for users without a tenant.
        let is_tenant = |name: &String| is_name(name) && !name.starts_with(NO_TENANT);
        if !is_name(&claims.sub) || !claims.tenant_id.as_ref().is_none_or(is_tenant) {
            return Err(Unauthorized::Unusable);
        }
        Ok(Caller {
            user_id: claims.sub,
            tenant_id: claims.tenant_id,
            role: claims
                .role
                .as_deref()
                .and_then(Role::parse)
                .unwrap_or_default(),
            default_tenant: self.default_tenant.clone(),
        })
    }

    fn claims(
        &self,
        token: &Token<'_>,
        keys: &TokenKeys,
        now: Timestamp,
    ) -> Result<Claims, Unauthorized> {
        let by = |keys: &[Key]| token.verify(self.algorithm, keys.iter(), now, LEEWAY_SECONDS);
        let claims: Result<Claims, _> = by(&keys.keys);
        match claims {
            Ok(claims) if self.ends_in_time(claims.exp, now) => Ok(claims),
            Ok(_) => Err(Unauthorized::TooLong),
            Err(error) if keys.sample_keys.is_empty() => Err(error.into()),
            Err(_) => Ok(by(&keys.sample_keys)?),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of four-digit years are exact in f64"
    )]
    fn ends_in_time(&self, expires: f64, now: Timestamp) -> bool {
        expires
            <= now
                .as_seconds()
                .saturating_add(self.longest_seconds + LEEWAY_SECONDS) as f64
    }
}

/// The token of a `Bearer` header; the scheme's case does not matter (RFC 7235).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(tenant_id: Option<&str>, role: Role) -> Caller {
        Caller {
            user_id: "ann".to_owned(),
            tenant_id: tenant_id.map(str::to_owned),
            role,
            default_tenant: None,
        }
    }

    #[test]
    fn a_caller_is_named_by_its_tenant_and_its_user() {
        let ann = caller(Some("acme"), Role::Admin);
        assert_eq!((ann.user_id(), ann.role()), ("ann", Role::Admin));
        assert_eq!(ann.tenant_id(), "acme");
        assert_eq!(ann.name(), r#"["acme","ann"]"#);
        let alone = caller(None, Role::User).tenant_id();
        assert!(alone.ends_with("ann") && alone != "ann", "{alone}");
    }

    #[test]
    fn every_call_of_a_tenant_is_read_by_its_viewers_only() {
        for (tenant_id, role, all) in [
            (Some("acme"), Role::Viewer, true),
            (Some("acme"), Role::Admin, true),
            (Some("acme"), Role::User, false),
            (None, Role::Viewer, false),
            (Some("acme"), Role::Platform, false),
        ] {
            assert_eq!(caller(tenant_id, role).reads_all_calls(), all, "{role:?}");
        }
    }
}
