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

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use thiserror::Error;

pub use piece::Json;
pub use readable::{compact, is_deep, posted, shown};
use same::same;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 0.
        column: usize,
    },
    /// It is a JSON value of another kind.
    #[error("no JSON object")]
    NotAnObject,
}

/// The members of an object, in their order.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

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

impl Fault {
    fn of(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl<'a> Object<'a> {
    /// Reads a text, which [`text`] made of a body.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        serde_json::from_str(text).map_err(|error| {
            // The rest must still be JSON.
            match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => Fault::NotAnObject,
                Err(fault) => Fault::of(if error.is_data() { &fault } else { &error }),
            }
        })
    }

    /// `null` if there is no such member; the last one if there are several.
    pub fn get(&self, name: &str) -> Json<'a> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map_or(Json::NULL, |(_, json)| *json)
    }

    /// The first of these members that has a value.
    pub fn first(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        names.iter().find_map(|name| self.get(name).scalar())
    }

    pub fn members(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.0.iter().map(|(name, json)| (name.as_ref(), *json))
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::new();
        // Raw, because serde rejects a key with half an emoji.
        while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push((string::content(name.get()), Json::of(value)));
        }
        Ok(Object(members))
    }
}

#[cfg(test)]
mod tests;
