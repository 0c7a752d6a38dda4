//! The two accepted signatures of LiveKit webhooks.
//!
//! LiveKit's own: a JWT in `Authorization`, bare, HS256 under the API secret of `iss`, with `exp`
//! and the base64 SHA-256 of the raw body in `sha256` (livekit/protocol `webhook/verifier.go`). A
//! room token is signed with the same key and has no `sha256`: it is refused. The Call Outcomes
//! document's: `X-LiveKit-Signature`, the hex HMAC-SHA256 of the raw body.

use std::iter;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::{
    auth::header::header,
    crypto::{
        HmacSha256, is_sha256,
        jwt::{self, Algorithm, JwtError},
    },
    domain::timestamp::Timestamp,
    providers::webhook::{Refusal, Signed, Signer, Verifier, hmac_keys},
    secrets::tenant_and_secret,
};

/// Tolerated clock difference; LiveKit's own servers and SDKs allow 60 seconds.
const LEEWAY_SECONDS: i64 = 60;

#[derive(Debug, Default)]
pub struct Keys {
    /// API keys by `iss`; several at once, also under one name, during a rotation.
    api_keys: Vec<ApiKey>,
    /// Secrets of `X-LiveKit-Signature`; without any, that header is ignored.
    webhook_secrets: Vec<(Signer, HmacSha256)>,
}

#[derive(Debug)]
struct ApiKey {
    name: String,
    key: jwt::Key,
    signer: Signer,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Claims {
    iss: Option<String>,
    sha256: Option<String>,
}

impl Keys {
    /// Reads lines of `api-key:api-secret`, and lines of webhook secrets.
    pub fn parse(api_keys: &[String], webhook_secrets: &[String]) -> Result<Self, usize> {
        let pair = |(index, line): (usize, &String)| {
            let (tenant_id, pair) = tenant_and_secret(line);
            let (name, secret) = pair.split_once(':').ok_or(index + 1)?;
            let (name, secret) = (name.trim(), secret.trim());
            let key = jwt::Key::hs256(secret.as_bytes()).filter(|_| !name.is_empty());
            Ok(ApiKey {
                name: name.to_owned(),
                key: key.ok_or(index + 1)?,
                signer: Signer { tenant_id },
            })
        };
        Ok(Self {
            api_keys: api_keys
                .iter()
                .enumerate()
                .map(pair)
                .collect::<Result<_, usize>>()?,
            webhook_secrets: hmac_keys(webhook_secrets),
        })
    }

    /// True when nothing could ever be verified.
    pub fn is_empty(&self) -> bool {
        self.api_keys.is_empty() && self.webhook_secrets.is_empty()
    }

    fn verify_token(&self, token: &str, body: &[u8], now: Timestamp) -> Result<Signer, Refusal> {
        let token = jwt::Token::parse(token)?;
        let issuer = token
            .unverified_claims::<Claims>()?
            .iss
            .ok_or(Refusal::UnknownKey)?;
        let mut answer = Err(Refusal::UnknownKey);
        // One key at a time, because each may belong to another tenant.
        for known in self.api_keys.iter().filter(|known| known.name == issuer) {
            let claims = token.verify::<Claims>(
                Algorithm::Hs256,
                iter::once(&known.key),
                now,
                LEEWAY_SECONDS,
            );
            answer = claims
                .map(|claims| (claims, &known.signer))
                .map_err(Refusal::from);
            if answer != Err(Refusal::Wrong) {
                break;
            }
        }
        let (claims, signer) = answer?;
        let hash = claims
            .sha256
            .filter(|hash| !hash.is_empty())
            .ok_or(Refusal::Missing)?;
        let hash = STANDARD.decode(hash).map_err(|_| Refusal::Malformed)?;
        if is_sha256(&hash, body) {
            Ok(signer.clone())
        } else {
            Err(Refusal::Wrong)
        }
    }

    fn verify_hmac(&self, signature: &str, body: &[u8]) -> Result<Signer, Refusal> {
        let signature = hex::decode(signature).map_err(|_| Refusal::Malformed)?;
        let signed = self
            .webhook_secrets
            .iter()
            .find(|(_, key)| key.signed(&[body], &signature));
        signed
            .map(|(signer, _)| signer.clone())
            .ok_or(Refusal::Wrong)
    }
}

impl Verifier for Keys {
    fn verify(&self, signed: Signed<'_>, now: Timestamp) -> Result<Signer, Refusal> {
        let Signed { headers, body, .. } = signed;
        let by_token =
            header(headers, "authorization").map(|token| self.verify_token(token, body, now));
        if let Some(Ok(signer)) = by_token {
            return Ok(signer);
        }
        let by_hmac = if self.webhook_secrets.is_empty() {
            None
        } else {
            header(headers, "x-livekit-signature")
                .map(|signature| self.verify_hmac(signature, body))
        };
        by_hmac.or(by_token).unwrap_or(Err(Refusal::Missing))
    }
}

/// Keys of a stage that may have none. Without keys every webhook is accepted; with keys, only
/// signed ones are.
#[derive(Debug)]
pub struct KeysIfAny(pub Keys);

impl Verifier for KeysIfAny {
    fn verify(&self, signed: Signed<'_>, now: Timestamp) -> Result<Signer, Refusal> {
        if self.0.is_empty() {
            Ok(Signer::default())
        } else {
            self.0.verify(signed, now)
        }
    }
}

impl From<JwtError> for Refusal {
    fn from(error: JwtError) -> Self {
        match error {
            JwtError::Malformed => Self::Malformed,
            JwtError::Algorithm => Self::Algorithm,
            JwtError::NoKey => Self::UnknownKey,
            JwtError::Signature => Self::Wrong,
            JwtError::Expired | JwtError::NotYetValid => Self::Stale,
        }
    }
}
