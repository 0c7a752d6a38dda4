//! SignalWire's signatures (its SDK's `webhook_validator.py`). They always cover the configured URL
//! and then the content, without a separator, a time or a nonce.
//!
//! - hex HMAC over the URL and the raw body: `X-SignalWire-Signature` with SHA-1, and also
//!   `X-SignalWire-SHA256-Signature`;
//! - base64 HMAC-SHA1 over the URL and the parameters of a form, sorted by name: the Compatibility
//!   API's and Twilio's way;
//! - base64 HMAC-SHA1 over the URL alone, whose `bodySHA256` then binds the body.
//!
//! A signature over the URL alone without `bodySHA256`, which the SDK accepts, would be valid for
//! any body: it is refused here.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;

use super::{payload, signed_url};
use crate::{
    auth::header::header,
    crypto::{HmacKey, HmacSha1, HmacSha256, is_sha256, lowercase_hex},
    domain::timestamp::Timestamp,
    providers::webhook::{Refusal, Signed, Signer, Verifier},
    secrets::tenant_and_secret,
};

/// The second name is the one of Twilio's SDKs.
const SHA1_HEADERS: [&str; 2] = ["x-signalwire-signature", "x-twilio-signature"];
const SHA256_HEADER: &str = "x-signalwire-sha256-signature";

/// Several at once during a rotation.
#[derive(Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    signer: Signer,
    sha1: HmacSha1,
    sha256: HmacSha256,
}

enum Signature {
    OfBody([u8; 20]),
    OfParameters([u8; 20]),
}

impl Keys {
    pub fn parse(signing_keys: &[String]) -> Self {
        let key = |entry: &String| {
            let (tenant_id, key) = tenant_and_secret(entry);
            let (sha1, sha256) = (HmacKey::new(key.as_bytes())?, HmacKey::new(key.as_bytes())?);
            Some(Key {
                signer: Signer { tenant_id },
                sha1,
                sha256,
            })
        };
        Self(signing_keys.iter().filter_map(key).collect())
    }

    /// True when nothing could ever be verified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn verify_sha256(
        &self,
        signature: &str,
        urls: &[String],
        body: &[u8],
    ) -> Result<Signer, Refusal> {
        let signature: [u8; 32] = lowercase_hex(signature).ok_or(Refusal::Malformed)?;
        self.signer(urls, &[body], |key, parts| {
            key.sha256.signed(parts, &signature)
        })
    }

    fn verify_sha1(
        &self,
        signature: &str,
        urls: &[String],
        body: &[u8],
    ) -> Result<Signer, Refusal> {
        let signed_as = |hmac: [u8; 20], texts: &[&[u8]]| {
            self.signer(urls, texts, |key, parts| key.sha1.signed(parts, &hmac))
        };
        match Signature::parse(signature).ok_or(Refusal::Malformed)? {
            Signature::OfBody(hmac) => signed_as(hmac, &[body]),
            Signature::OfParameters(hmac) => {
                let texts = parameter_texts(urls, body);
                signed_as(
                    hmac,
                    &texts.iter().map(String::as_bytes).collect::<Vec<_>>(),
                )
            }
        }
    }
}

impl Keys {
    /// The signer of any of the URLs followed by any of the texts.
    fn signer(
        &self,
        urls: &[String],
        texts: &[&[u8]],
        by: impl Fn(&Key, &[&[u8]]) -> bool,
    ) -> Result<Signer, Refusal> {
        let signed = |key: &&Key| {
            urls.iter()
                .any(|url| texts.iter().any(|text| by(key, &[url.as_bytes(), text])))
        };
        self.0
            .iter()
            .find(signed)
            .map(|key| key.signer.clone())
            .ok_or(Refusal::Wrong)
    }
}

impl Verifier for Keys {
    fn verify(&self, signed: Signed<'_>, _now: Timestamp) -> Result<Signer, Refusal> {
        let Signed { headers, url, body } = signed;
        let urls = signed_url::spellings(url);
        // Forms may have an undocumented SHA-256 signature; a wrong one is ignored.
        let by_sha1 = sha1_signatures(headers).map(|text| self.verify_sha1(text, &urls, body));
        let by_sha256 =
            header(headers, SHA256_HEADER).map(|text| self.verify_sha256(text, &urls, body));
        let mut verdict = Err(Refusal::Missing);
        for next in by_sha256.into_iter().chain(by_sha1) {
            verdict = next;
            if verdict.is_ok() {
                break;
            }
        }
        verdict
    }
}

impl Signature {
    /// Hex is over the body, base64 over the parameters: 20 bytes have different lengths in the
    /// two.
    fn parse(text: &str) -> Option<Self> {
        if let Some(bytes) = lowercase_hex(text) {
            return Some(Self::OfBody(bytes));
        }
        STANDARD
            .decode(text)
            .ok()?
            .try_into()
            .ok()
            .map(Self::OfParameters)
    }
}

fn sha1_signatures(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    SHA1_HEADERS
        .into_iter()
        .filter_map(|name| header(headers, name))
}

/// What may follow the URL in the signed text: nothing, if the URL binds the body by its hash; or
/// the parameters of a form. For a repeated name, SignalWire keeps the values in their order, and
/// Twilio sorts them and drops repetitions; both are accepted, because neither lets a value be
/// changed.
fn parameter_texts(urls: &[String], body: &[u8]) -> Vec<String> {
    if !payload::is_modest(body) {
        return Vec::new();
    }
    let hash = urls
        .first()
        .and_then(|url| signed_url::query_parameter(url, "bodySHA256"));
    if let Some(hash) = hash {
        if !lowercase_hex::<32>(&hash).is_some_and(|hash| is_sha256(&hash, body)) {
            return Vec::new();
        }
        return vec![String::new(), payload::sorted_parameters(body)];
    }
    // A form of empty texts would be signed by the URL alone.
    let mut texts = vec![
        payload::sorted_parameters(body),
        payload::unique_parameters(body),
    ];
    texts.retain(|text| !text.is_empty());
    texts.dedup();
    texts
}
