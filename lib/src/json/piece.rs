//! A value as a part of the body.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Object, string};

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
