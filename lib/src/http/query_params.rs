//! The parameters of a question: a wrong or unknown one is a 400 that names it.

use std::collections::BTreeMap;

use super::{
    error::{ApiError, ErrorStatus},
    json_body::wrong,
};
use crate::{
    domain::{
        call::direction::Direction,
        phone::{PhoneNumber, Region},
        timestamp::Timestamp,
    },
    store::call_list::Window,
};

/// What a time must be.
pub(super) const TIME: &str = "must be a time like 2025-10-29T15:30:00Z or a date";
/// What a direction must be.
pub(super) const DIRECTION: &str = "must be inbound or outbound";

/// The parameters that were given and not read yet.
pub(super) struct QueryParams<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> QueryParams<'a> {
    pub(super) fn new(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut given: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in pairs {
            given.entry(name).or_default().push(value);
        }
        Self(given)
    }

    /// The times `from` and `to`, which must not come before it.
    pub(super) fn window(&mut self, from: Timestamp, to: Timestamp) -> Result<Window, ApiError> {
        let window = Window {
            from: self.one("from", TIME, begin)?.unwrap_or(from),
            to: self.one("to", TIME, end)?.unwrap_or(to),
        };
        if window.from > window.to {
            return Err(wrong("from", "must not be after to"));
        }
        Ok(window)
    }

    /// The same; the last 24 hours unless it says otherwise.
    pub(super) fn last_day(&mut self, now: Timestamp) -> Result<Window, ApiError> {
        let to = self.one("to", TIME, end)?.unwrap_or(now);
        self.window(to.minus_days(1), to)
    }

    fn all(&mut self, name: &str) -> Vec<&'a str> {
        let values = self
            .0
            .remove(name)
            .unwrap_or_default()
            .into_iter()
            .map(str::trim);
        values.filter(|value| !value.is_empty()).collect()
    }

    /// A phone number, untrimmed: a `+` that was not encoded is a space before it.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        region: Option<Region>,
    ) -> Result<Option<PhoneNumber>, ApiError> {
        let value = self
            .0
            .remove(name)
            .into_iter()
            .flatten()
            .find(|value| !value.trim().is_empty());
        value
            .map(|value| {
                PhoneNumber::of_query(value, region)
                    .ok_or_else(|| wrong(name, "must be a phone number"))
            })
            .transpose()
    }

    pub(super) fn take(&mut self, name: &str) -> Option<&'a str> {
        self.all(name).into_iter().next()
    }

    pub(super) fn one<T>(
        &mut self,
        name: &'static str,
        must: &str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let value = self.take(name);
        value
            .map(|value| read(value).ok_or_else(|| wrong(name, must)))
            .transpose()
    }

    /// Several values, comma-separated or in several parameters of this name.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        must: &str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ApiError> {
        let values = self
            .all(name)
            .into_iter()
            .flat_map(|value| value.split(','));
        values
            .map(|value| read(value).ok_or_else(|| wrong(name, must)))
            .collect()
    }

    /// A filter that is misspelt would otherwise show everything.
    pub(super) fn nothing_is_left(self) -> Result<(), ApiError> {
        let unknown = self.0.into_keys().next();
        unknown.map_or(Ok(()), |name| {
            Err(ApiError::new(ErrorStatus::BadRequest, "Unknown parameter").field(name))
        })
    }
}

/// A time, or the first moment of a day.
pub(super) fn begin(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text)
        .or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")))
}

/// A time, or the last moment of a day.
pub(super) fn end(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text)
        .or_else(|| Timestamp::parse_rfc3339(&format!("{text}T23:59:59.999Z")))
}

/// Which way something goes.
pub(super) fn direction(text: &str) -> Option<Direction> {
    match text {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}
