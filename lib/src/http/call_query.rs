//! What a list of calls is asked for: the parameters of `GET /api/calls` and `GET /api/calls/stats`.

use std::collections::BTreeMap;

use super::{
    error::{ApiError, ErrorStatus},
    page,
};
use crate::{
    domain::{
        call_filter::{CallFilter, StatusFilter, to_snake_case},
        facts::Direction,
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    store::call_list::{Place, Window},
};

/// A question for calls.
#[derive(Debug)]
pub struct CallQuery {
    /// When they were created.
    pub window: Window,
    /// What they are.
    pub filter: CallFilter,
    /// How many, at most.
    pub limit: usize,
    /// Where the list goes on.
    pub after: Option<Place>,
}

impl CallQuery {
    /// Reads the query string of `GET /api/calls`. A parameter without a value counts as not given.
    ///
    /// # Errors
    /// 400 that names the parameter that is unknown, or whose value is.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ApiError> {
        let mut given = Given::new(pairs);
        let query = Self {
            window: given.window(Timestamp::EPOCH, Timestamp::LATEST)?,
            filter: CallFilter {
                statuses: given.list("status", STATUSES, StatusFilter::parse)?,
                outcomes: given.list("outcome", "must be an outcome", outcome)?,
                direction: given.one("direction", "must be inbound or outbound", direction)?,
                campaign_id: given.take("campaignId").map(str::to_owned),
                phone_number: given.one("phoneNumber", "must be a phone number", PhoneNumber::parse)?,
                follow_up_from: given.one("followUpFrom", TIME, begin)?,
                follow_up_to: given.one("followUpTo", TIME, end)?,
                lead_id: given.take("leadId").map(str::to_owned),
                employee_id: given.take("employeeId").map(str::to_owned),
            },
            limit: usize::try_from(page::limit(given.take("limit"))?).unwrap_or(usize::MAX),
            after: page::from_cursor(given.take("cursor"))?,
        };
        given.nothing_is_left()?;
        Ok(query)
    }
}

/// Reads the query string of `GET /api/calls/stats`: the last 24 hours unless it says otherwise.
///
/// # Errors
/// As [`CallQuery::parse`].
pub fn stats_window<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    now: Timestamp,
) -> Result<Window, ApiError> {
    let mut given = Given::new(pairs);
    let to = given.one("to", TIME, end)?.unwrap_or(now);
    let window = given.window(to.minus_days(1), to)?;
    given.nothing_is_left()?;
    Ok(window)
}

const TIME: &str = "must be a time like 2025-10-29T15:30:00Z or a date";
const STATUSES: &str = "must be active, ended, failed, initiated, ringing, answered, completed, busy, no_answer, \
    canceled, unreachable, rejected or initiation_failed";

/// The parameters that were given and not read yet.
struct Given<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Given<'a> {
    fn new(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut given: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in pairs {
            given.entry(name).or_default().push(value.trim());
        }
        Self(given)
    }

    fn all(&mut self, name: &str) -> Vec<&'a str> {
        let mut values = self.0.remove(name).unwrap_or_default();
        values.retain(|value| !value.is_empty());
        values
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        self.all(name).into_iter().next()
    }

    fn one<T>(
        &mut self,
        name: &'static str,
        must: &str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let value = self.take(name);
        value.map(|value| read(value).ok_or_else(|| wrong(name, must))).transpose()
    }

    /// Several values, comma-separated or in several parameters of this name.
    fn list<T>(
        &mut self,
        name: &'static str,
        must: &str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ApiError> {
        let values = self.all(name).into_iter().flat_map(|value| value.split(','));
        values.map(|value| read(value).ok_or_else(|| wrong(name, must))).collect()
    }

    fn window(&mut self, from: Timestamp, to: Timestamp) -> Result<Window, ApiError> {
        let window = Window {
            from: self.one("from", TIME, begin)?.unwrap_or(from),
            to: self.one("to", TIME, end)?.unwrap_or(to),
        };
        if window.from > window.to {
            return Err(wrong("from", "must not be after to"));
        }
        Ok(window)
    }

    /// A filter that is misspelt would otherwise show everything.
    fn nothing_is_left(self) -> Result<(), ApiError> {
        let unknown = self.0.into_keys().next();
        unknown.map_or(Ok(()), |name| {
            Err(ApiError::new(ErrorStatus::BadRequest, "Unknown parameter").field(name))
        })
    }
}

fn wrong(name: &'static str, must: &str) -> ApiError {
    ApiError::new(ErrorStatus::BadRequest, format!("{name} {must}")).field(name)
}

/// A time, or the first moment of a day.
fn begin(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")))
}

/// A time, or the last moment of a day.
fn end(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}T23:59:59.999Z")))
}

fn direction(text: &str) -> Option<Direction> {
    match text {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

/// One of the four outcomes of a call, or a business outcome: those are an open list.
fn outcome(text: &str) -> Option<String> {
    let outcome = to_snake_case(text);
    let is_word = outcome.chars().all(|c| c.is_alphanumeric() || c == '_') && !outcome.is_empty();
    is_word.then_some(outcome)
}
