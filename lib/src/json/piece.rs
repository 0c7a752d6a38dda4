//! A value where it stands.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Object, string};

/// A value where it stands in a body that was found to be JSON.
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

    /// The characters of a string, with U+FFFD for half of one.
    pub fn string(self) -> Option<Cow<'a, str>> {
        self.0.starts_with('"').then(|| string::content(self.0))
    }

    pub fn number(self) -> Option<&'a str> {
        self.0
            .starts_with(|first: char| first == '-' || first.is_ascii_digit())
            .then_some(self.0)
    }

    /// A string or a number, of which an empty string says nothing: senders write the same id either way.
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        let scalar = self.string().or_else(|| self.number().map(Cow::Borrowed));
        scalar.filter(|text| !text.is_empty())
    }

    /// A string or a number that can be an id: of two that held half a character each, one would be made.
    pub fn id(self) -> Option<Cow<'a, str>> {
        self.scalar()
            .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
    }

    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// An object; without members where something else stands.
    pub fn object(self) -> Object<'a> {
        serde_json::from_str(self.0).unwrap_or_default()
    }

    /// The values of a list; none where something else stands.
    pub fn list(self) -> Vec<Self> {
        let values: Vec<&RawValue> = serde_json::from_str(self.0).unwrap_or_default();
        values.into_iter().map(Self::of).collect()
    }

    /// Whether it is a list or an object with something in it.
    pub fn has_content(self) -> bool {
        let mut rest = self.0.chars();
        let opens = matches!(rest.next(), Some('[' | '{'));
        opens && !matches!(rest.as_str().trim_start().chars().next(), Some(']' | '}'))
    }

    /// The JSON that stands here, or that is written in the string that stands here: some senders encode
    /// twice. To be read by [`Object::parse`].
    pub fn unwrapped(self) -> Cow<'a, str> {
        self.string().unwrap_or(Cow::Borrowed(self.0))
    }
}
