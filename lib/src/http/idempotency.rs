//! `Idempotency-Key`: the name that a client gives to a request, so that it can send it again.

use http::HeaderMap;

use super::{error::ApiError, json_body::wrong};
use crate::domain::placeholder::is_placeholder;

const HEADER: &str = "Idempotency-Key";
const MAX_BYTES: usize = 256;

/// The key, if there is one. One that was never filled in (`undefined`) is none: it would be that of all
/// requests.
/// 400 when it is longer than a key is, or has other characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let refused = || wrong(HEADER, "must be 1 to 256 visible ASCII characters");
    let key = value.to_str().map_err(|_| refused())?.trim();
    if key.len() > MAX_BYTES {
        return Err(refused());
    }
    if is_placeholder(key) {
        return Ok(None);
    }
    if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Some(key))
    } else {
        Err(refused())
    }
}

/// The key of a request that must have one.
/// 400 when it has none, or a wrong one.
pub fn required_idempotency_key(headers: &HeaderMap) -> Result<&str, ApiError> {
    idempotency_key(headers)?.ok_or_else(|| wrong(HEADER, "is required"))
}
