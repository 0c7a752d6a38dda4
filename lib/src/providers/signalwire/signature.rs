//! How SignalWire signs (its SDK's `webhook_validator.py`): always the URL that it was given, then
//! what it sends, without a separator, a time or a nonce.
//!
//! - hex HMAC over the URL and the raw body: `X-SignalWire-Signature` with SHA-1, and beside it
//!   `X-SignalWire-SHA256-Signature`;
//! - base64 HMAC-SHA1 over the URL and the parameters of a form, sorted by name: the Compatibility
//!   API's way, and Twilio's;
//! - base64 HMAC-SHA1 over the URL alone, whose `bodySHA256` then binds the body.
//!
//! A signature over the URL alone without `bodySHA256`, which the SDK accepts, would be good for any
//! body: here it is none.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use ring::{digest, hmac};
use subtle::ConstantTimeEq;

use super::{payload, signed_url};
use crate::{
    domain::timestamp::Timestamp,
    providers::webhook::{Refusal, Signed, Verifier, header},
};

/// The header with SHA-1, and the name that Twilio's SDKs look for.
const SHA1_HEADERS: [&str; 2] = ["x-signalwire-signature", "x-twilio-signature"];
const SHA256_HEADER: &str = "x-signalwire-sha256-signature";

/// The signing keys of our SignalWire projects; several at once, while they are rotated.
#[derive(Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    sha1: hmac::Key,
    sha256: hmac::Key,
}

/// What a header tells: the signature and its scheme.
enum Signature {
    OfBody(Vec<u8>),
    OfParameters(Vec<u8>),
}

impl Keys {
    /// Reads signing keys, one an entry.
    #[must_use]
    pub fn parse(signing_keys: &[String]) -> Self {
        // Under an empty key anyone could sign.
        let keys = signing_keys.iter().filter(|key| !key.is_empty()).map(|key| Key {
            sha1: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes()),
            sha256: hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()),
        });
        Self(keys.collect())
    }

    /// True when nothing could ever be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn verify_sha256(&self, signature: &str, urls: &[String], body: &[u8]) -> Result<(), Refusal> {
        let signature = lowercase_hex(signature, 32).ok_or(Refusal::Malformed)?;
        signed_by(self.0.iter().map(|key| &key.sha256), urls, &[body], &signature)
    }

    fn verify_sha1(&self, signature: &str, urls: &[String], body: &[u8]) -> Result<(), Refusal> {
        let keys = self.0.iter().map(|key| &key.sha1);
        match Signature::parse(signature).ok_or(Refusal::Malformed)? {
            Signature::OfBody(signature) => signed_by(keys, urls, &[body], &signature),
            Signature::OfParameters(signature) => {
                let texts = parameter_texts(urls, body);
                let texts: Vec<_> = texts.iter().map(String::as_bytes).collect();
                signed_by(keys, urls, &texts, &signature)
            }
        }
    }
}

impl Verifier for Keys {
    fn verify(&self, signed: Signed<'_>, _now: Timestamp) -> Result<(), Refusal> {
        let Signed { headers, url, body } = signed;
        let urls = signed_url::spellings(url);
        // Forms may carry a SHA-256 signature that nobody documents: it does not count against them.
        let by_sha1 = sha1_signatures(headers).map(|text| self.verify_sha1(text, &urls, body));
        let by_sha256 = header(headers, SHA256_HEADER).map(|text| self.verify_sha256(text, &urls, body));
        let verdicts: Vec<_> = by_sha256.into_iter().chain(by_sha1).collect();
        if verdicts.contains(&Ok(())) {
            return Ok(());
        }
        verdicts.last().copied().unwrap_or(Err(Refusal::Missing))
    }
}

impl Signature {
    /// Hex signs the body, base64 the parameters: 20 bytes have different lengths in the two.
    fn parse(text: &str) -> Option<Self> {
        if let Some(bytes) = lowercase_hex(text, 20) {
            return Some(Self::OfBody(bytes));
        }
        let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 20)?;
        Some(Self::OfParameters(bytes))
    }
}

fn sha1_signatures(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    SHA1_HEADERS.into_iter().filter_map(|name| header(headers, name))
}

fn lowercase_hex(text: &str, bytes: usize) -> Option<Vec<u8>> {
    let is_lowercase = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    hex::decode(text).ok().filter(|decoded| is_lowercase && decoded.len() == bytes)
}

/// What may follow the URL in the message: nothing, if the URL binds the body by its hash; or the
/// parameters of a form. Of a name that is repeated, SignalWire keeps the values in their order, and
/// Twilio sorts them and drops repetitions; both are accepted, for neither lets a value be changed.
fn parameter_texts(urls: &[String], body: &[u8]) -> Vec<String> {
    if !payload::is_modest(body) {
        return Vec::new();
    }
    let told = urls.first().and_then(|url| signed_url::query_parameter(url, "bodySHA256"));
    if let Some(told) = told {
        let hash = hex::encode(digest::digest(&digest::SHA256, body));
        if !bool::from(told.as_bytes().ct_eq(hash.as_bytes())) {
            return Vec::new();
        }
        return vec![String::new(), payload::sorted_parameters(body)];
    }
    // A form of empty texts would be signed by the URL alone, as any other is.
    let mut texts = vec![payload::sorted_parameters(body), payload::unique_parameters(body)];
    texts.retain(|text| !text.is_empty());
    texts.dedup();
    texts
}

/// Whether any of the keys signed any of the URLs followed by any of the texts. Each comparison takes
/// the same time wherever it fails.
fn signed_by<'k>(
    keys: impl Iterator<Item = &'k hmac::Key>,
    urls: &[String],
    texts: &[&[u8]],
    signature: &[u8],
) -> Result<(), Refusal> {
    for key in keys {
        for url in urls {
            for text in texts {
                let mut context = hmac::Context::with_key(key);
                context.update(url.as_bytes());
                context.update(text);
                if bool::from(context.sign().as_ref().ct_eq(signature)) {
                    return Ok(());
                }
            }
        }
    }
    Err(Refusal::Wrong)
}
