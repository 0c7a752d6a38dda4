//! Makes test tokens, whatever they say. Signs with `ring`, while `hmac` and `jsonwebtoken` verify.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use jsonwebtoken::{Algorithm, EncodingKey};
use ring::{
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    },
};
use ringpost::domain::timestamp::Timestamp;
use serde_json::Value;

/// A token with exactly this header and these claims.
pub(crate) fn token(
    header: &Value,
    claims: &Value,
    algorithm: Algorithm,
    key: &EncodingKey,
) -> String {
    token_of_texts(&header.to_string(), &claims.to_string(), algorithm, key)
}

/// A token of these texts, which need be no JSON.
pub(crate) fn token_of_texts(
    header: &str,
    claims: &str,
    algorithm: Algorithm,
    key: &EncodingKey,
) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    signed(message, algorithm, key)
}

/// What may be no two parts of base64url, with its signature behind it.
pub(crate) fn signed(message: String, algorithm: Algorithm, key: &EncodingKey) -> String {
    let signature = sign(message.as_bytes(), algorithm, key.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn sign(message: &[u8], algorithm: Algorithm, key: &[u8]) -> Vec<u8> {
    let hmac = |hash| {
        hmac::sign(&hmac::Key::new(hash, key), message)
            .as_ref()
            .to_vec()
    };
    let rsa = |encoding: &'static dyn RsaEncoding| {
        let pair = RsaKeyPair::from_der(key).expect("an RSA key");
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), message, &mut signature)
            .expect("a signature");
        signature
    };
    match algorithm {
        Algorithm::HS256 => hmac(HMAC_SHA256),
        Algorithm::HS384 => hmac(HMAC_SHA384),
        Algorithm::HS512 => hmac(HMAC_SHA512),
        Algorithm::RS256 => rsa(&RSA_PKCS1_SHA256),
        Algorithm::RS512 => rsa(&RSA_PKCS1_SHA512),
        Algorithm::PS256 => rsa(&RSA_PSS_SHA256),
        Algorithm::ES256 => {
            let random = SystemRandom::new();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &random);
            pair.expect("a key on P-256")
                .sign(&random, message)
                .expect("a signature")
                .as_ref()
                .to_vec()
        }
        other => unreachable!("no test signs by {other:?}"),
    }
}

/// A header map with these fields.
pub(crate) fn headers<'a>(fields: impl IntoIterator<Item = (&'static str, &'a [u8])>) -> HeaderMap {
    fields
        .into_iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).expect("a header's value");
            (HeaderName::from_static(name), value)
        })
        .collect()
}

/// This many seconds after the epoch.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("a time of this age")
}
