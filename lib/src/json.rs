//! JSON that other systems wrote. Whatever the grammar allows is read: half an emoji (`"\ud83d"`),
//! a number of any size, a repeated field (the last one counts), nesting of any depth, a byte order
//! mark. A value of an unexpected type is ignored and does not affect other fields.
//!
//! ```text
//! body ── text ──► Object ── get ──► Json ── scalar, string, number, object, list
//! ```
//!
//! Nothing is copied, and no number is rounded: a [`Json`] is the part of the body that holds the
//! value. Only requested values are parsed. Use [`value`] for a tree.

mod piece;
mod readable;
mod same;
mod string;
mod token;

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

pub use piece::{Fault, Json, Object};
pub use readable::{compact, is_deep, posted, shown};
use same::same;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A body as text: without its byte order mark, and with U+FFFD for invalid UTF-8. A carrier passes
/// on bytes of SIP headers, and does not repeat a refused request.
pub fn text(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body))
}

/// A body as a tree. What no tree can hold is as [`shown`] shows it; whole numbers beyond 64 bits
/// are rounded.
pub fn value(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).or_else(|_| {
        let text = text(body);
        serde_json::from_str::<IgnoredAny>(&text).map_err(|error| Fault::of(&error))?;
        serde_json::from_str(&shown(&text)).map_err(|error| Fault::of(&error))
    })
}

pub fn shown_body(body: &[u8]) -> Option<Box<RawValue>> {
    let text = text(body);
    let json: &RawValue = serde_json::from_str(&text).ok()?;
    match shown(json.get()) {
        Cow::Borrowed(_) => Some(json.to_owned()),
        Cow::Owned(json) => RawValue::from_string(json).ok(),
    }
}

/// Whether two bodies are JSON with the same meaning: the order of members does not matter, nor the
/// spelling of a number or a character. `1` is `1.0` and `1e0`.
pub fn same_bodies(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (text(one), text(other));
    match (serde_json::from_str(&one), serde_json::from_str(&other)) {
        (Ok(one), Ok(other)) => same(Json::of(one), Json::of(other)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
