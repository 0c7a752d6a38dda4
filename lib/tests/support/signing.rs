//! Makes test tokens with `jsonwebtoken`, which shares no code with the crate under test.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use ringpost::domain::timestamp::Timestamp;
use serde_json::Value;

/// A token with exactly this header and these claims, whatever they say.
pub(crate) fn token(header: &Value, claims: &Value, algorithm: Algorithm, key: &EncodingKey) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("the key fits");
    format!("{message}.{signature}")
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
