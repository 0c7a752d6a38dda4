//! How ElevenLabs signs: `ElevenLabs-Signature: t=<unix seconds>,v0=<hex>`, where the latter is the
//! HMAC-SHA256 of `<t>.<raw body>` under the whole secret, its `wsec_` included.

use crate::{
    auth::header::header,
    crypto::{HmacSha256, lowercase_hex},
    domain::timestamp::Timestamp,
    providers::webhook::{Refusal, Signed, Signer, Verifier, hmac_keys},
};

/// The maximum age of a signature; ElevenLabs' SDKs use the same.
///
/// There is no limit for times in the future, as in those SDKs: only a holder of the secret can
/// sign for a later time, and could sign for the present as well. A repeated request has the same
/// event key, however late it is.
const TOLERANCE_MILLIS: u64 = 30 * 60 * 1_000;

/// Several secrets, so that two are valid during a rotation and each webhook of a workspace may
/// have its own.
#[derive(Debug, Default)]
pub struct Keys(Vec<(Signer, HmacSha256)>);

impl Keys {
    /// One secret per entry, as ElevenLabs shows them.
    pub fn new(secrets: &[String]) -> Self {
        Self(hmac_keys(secrets))
    }

    /// True when nothing could ever be verified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn signer(&self, time: &str, body: &[u8], signatures: &[&str]) -> Option<&Signer> {
        let signatures: Vec<[u8; 32]> = signatures
            .iter()
            .filter_map(|text| lowercase_hex(text))
            .collect();
        let signed = |(_, key): &&(Signer, HmacSha256)| {
            key.signed_any(&[time.as_bytes(), b".", body], &signatures)
        };
        self.0.iter().find(signed).map(|(signer, _)| signer)
    }
}

impl Verifier for Keys {
    fn verify(&self, signed: Signed<'_>, now: Timestamp) -> Result<Signer, Refusal> {
        let header = header(signed.headers, "elevenlabs-signature").ok_or(Refusal::Missing)?;
        let values = |prefix: &'static str| {
            header
                .split(',')
                .filter_map(move |part| part.strip_prefix(prefix))
        };
        let time = values("t=").next().ok_or(Refusal::Malformed)?;
        let signatures: Vec<&str> = values("v0=").collect();
        if signatures.is_empty() {
            return Err(Refusal::Malformed);
        }
        let signed_at = time
            .parse()
            .ok()
            .and_then(Timestamp::from_seconds)
            .ok_or(Refusal::Malformed)?;
        if now.millis_since(signed_at) > TOLERANCE_MILLIS {
            return Err(Refusal::Stale);
        }
        self.signer(time, signed.body, &signatures)
            .cloned()
            .ok_or(Refusal::Wrong)
    }
}
