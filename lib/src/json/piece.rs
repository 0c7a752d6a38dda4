//! A value as a part of the body, and the objects that contain such parts.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

use super::string;

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

impl Fault {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// A part of a body that was found to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

impl Default for Json<'_> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<'a> Json<'a> {
    pub const NULL: Self = Self("null");

    pub(super) fn of(raw: &'a RawValue) -> Self {
        Self(raw.get())
    }

    pub fn as_written(self) -> &'a str {
        self.0
    }

    /// Whether it is `null`, or absent.
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub fn bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// With U+FFFD for half a character.
    pub fn string(self) -> Option<Cow<'a, str>> {
        self.0.starts_with('"').then(|| string::content(self.0))
    }

    pub fn number(self) -> Option<&'a str> {
        self.0
            .starts_with(|first: char| first == '-' || first.is_ascii_digit())
            .then_some(self.0)
    }

    /// A string or a number, but no empty string: senders write the same id either way.
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        let scalar = self.string().or_else(|| self.number().map(Cow::Borrowed));
        scalar.filter(|text| !text.is_empty())
    }

    /// A string or a number without U+FFFD: two different ids with half a character would become
    /// equal.
    pub fn id(self) -> Option<Cow<'a, str>> {
        self.scalar()
            .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
    }

    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// Without members if it is not an object.
    pub fn object(self) -> Object<'a> {
        serde_json::from_str(self.0).unwrap_or_default()
    }

    /// Empty if it is not a list.
    pub fn list(self) -> Vec<Self> {
        let values: Vec<&RawValue> = serde_json::from_str(self.0).unwrap_or_default();
        values.into_iter().map(Self::of).collect()
    }

    /// Whether it is a list or an object that is not empty.
    pub fn has_content(self) -> bool {
        let mut rest = self.0.chars();
        let opens = matches!(rest.next(), Some('[' | '{'));
        opens && !matches!(rest.as_str().trim_start().chars().next(), Some(']' | '}'))
    }

    /// The value, or the JSON inside a string: some senders encode twice. To be read by
    /// [`Object::parse`].
    pub fn unwrapped(self) -> Cow<'a, str> {
        self.string().unwrap_or(Cow::Borrowed(self.0))
    }
}

/// The members of an object, in their order.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    /// Reads a text, which [`text`](super::text) made of a body.
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
