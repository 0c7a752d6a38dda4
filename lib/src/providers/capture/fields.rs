//! The fields of a submission, read by hand, so that every message names its field. Some languages
//! send an empty list for an empty map, and an empty text for an empty field: both count as absent.

use thiserror::Error;
use uuid::Uuid;

use super::{outcome::Outcome, times};
use crate::{
    domain::{follow_up::FollowUp, placeholder::is_placeholder, timestamp::Timestamp},
    json::{Fault, Json, Object},
};

/// What is wrong with a body, for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubmissionError {
    #[error("The body must be JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("The body must be a JSON object")]
    NotAnObject,
    #[error("{0} is required")]
    Missing(&'static str),
    /// A field is not what it must be.
    #[error("{field} must be {expected}")]
    Invalid {
        field: &'static str,
        expected: &'static str,
    },
}

const A_UUID: &str = "a UUID";
const A_STRING: &str = "a string";
const AN_ID: &str = "a string or a number";
const A_MOMENT: &str = "an ISO 8601 time such as 2025-11-25T10:30:00Z";
const A_DATE: &str = "a date of the form YYYY-MM-DD";
const A_TIME: &str = "a time of the form HH:MM:SS";
const A_DURATION: &str = "a whole number of at least 0, and of a year in seconds at most";
/// No call lasts longer than a year; a greater number is in another unit.
const MAX_SECONDS: u64 = 366 * 86_400;
const AN_END: &str = "a time that is not before start_time";
const A_BOOLEAN: &str = "true or false";
const AN_OBJECT: &str = "an object";
const AN_OUTCOME: &str = "one of converted, follow_up, not_answered, completed, not_interested";

impl From<Fault> for SubmissionError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotJson { line, column } => Self::NotJson { line, column },
            Fault::NotAnObject => Self::NotAnObject,
        }
    }
}

pub(super) struct Fields<'a>(Object<'a>);

impl<'a> Fields<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, SubmissionError> {
        Ok(Self(Object::parse(text)?))
    }

    /// The field, unless it is null or blank.
    fn get(&self, field: &str) -> Option<Json<'a>> {
        let json = self.0.get(field);
        let is_blank = json.is_null() || json.string().is_some_and(|text| text.trim().is_empty());
        (!is_blank).then_some(json)
    }

    /// `read` must accept the field if it is present.
    fn read<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        read: impl FnOnce(Json<'a>) -> Option<T>,
    ) -> Result<Option<T>, SubmissionError> {
        let invalid = SubmissionError::Invalid { field, expected };
        self.get(field)
            .map(|json| read(json).ok_or(invalid))
            .transpose()
    }

    pub(super) fn text(&self, field: &'static str) -> Result<Option<String>, SubmissionError> {
        self.read(field, A_STRING, text)
    }

    /// The id of a call, which may be a number too. A placeholder counts as absent: it would name
    /// every call.
    pub(super) fn id(&self, field: &'static str) -> Result<Option<String>, SubmissionError> {
        let id = self.read(field, AN_ID, |json| {
            text(json).or_else(|| Some(whole(json.number()?)))
        })?;
        Ok(id.filter(|id| !is_placeholder(id)))
    }

    pub(super) fn uuid(&self, field: &'static str) -> Result<Option<Uuid>, SubmissionError> {
        self.read(field, A_UUID, uuid)
    }

    pub(super) fn company_id(&self) -> Result<Uuid, SubmissionError> {
        const FIELD: &str = "company_id";
        self.uuid(FIELD)?.ok_or(SubmissionError::Missing(FIELD))
    }

    pub(super) fn moment(&self, field: &'static str) -> Result<Option<Timestamp>, SubmissionError> {
        self.read(field, A_MOMENT, |json| times::moment(&text(json)?))
    }

    pub(super) fn seconds(&self, field: &'static str) -> Result<Option<u64>, SubmissionError> {
        self.read(field, A_DURATION, |json| {
            let seconds: u64 = whole(json.number()?).parse().ok()?;
            Some(seconds).filter(|seconds| *seconds <= MAX_SECONDS)
        })
    }

    pub(super) fn end_time(&self) -> Result<Option<Timestamp>, SubmissionError> {
        let (start, end) = (self.moment("start_time")?, self.moment("end_time")?);
        match start.zip(end) {
            Some((start, end)) if end < start => Err(SubmissionError::Invalid {
                field: "end_time",
                expected: AN_END,
            }),
            _ => Ok(end),
        }
    }

    pub(super) fn outcome(&self) -> Result<Option<Outcome>, SubmissionError> {
        self.read("outcome", AN_OUTCOME, |json| json.string()?.parse().ok())
    }

    /// A time of day without a date, or a request to call again without either, is no follow-up.
    pub(super) fn follow_up(&self) -> Result<Option<FollowUp>, SubmissionError> {
        const DATE: &str = "next_follow_up";
        let text = |is_right: fn(&str) -> bool| {
            move |json: Json<'_>| text(json).filter(|text| is_right(text))
        };
        let date = self.read(DATE, A_DATE, text(times::is_date))?;
        let time = self.read("next_follow_up_time", A_TIME, text(times::is_time_of_day))?;
        let automatic = self
            .read("auto_call_followup", A_BOOLEAN, Json::bool)?
            .unwrap_or(false);
        let Some(date) = date else { return Ok(None) };
        // A zone can still move the last day beyond the calendar.
        let due_at = times::due(&date, time.as_deref());
        let due_at = due_at.ok_or(SubmissionError::Invalid {
            field: DATE,
            expected: A_DATE,
        })?;
        Ok(Some(FollowUp {
            due_at,
            date,
            time,
            automatic,
        }))
    }

    /// The details are free-form; a campaign in them is used if it looks like one.
    pub(super) fn campaign_id(&self) -> Result<Option<String>, SubmissionError> {
        let details = self.read("call_details", AN_OBJECT, |json| {
            (json.is_object() || is_empty_list(json)).then(|| json.object())
        })?;
        let campaign_id = details.and_then(|details| details.get("campaign_id").string());
        Ok(campaign_id
            .filter(|id| !id.is_empty())
            .map(std::borrow::Cow::into_owned))
    }
}

fn text(json: Json<'_>) -> Option<String> {
    Some(json.string()?.trim().to_owned())
}

fn uuid(json: Json<'_>) -> Option<Uuid> {
    // With hyphens only; braces, a URN or bare digits are not accepted.
    text(json)
        .filter(|text| text.len() == 36)
        .and_then(|text| Uuid::try_parse(&text).ok())
}

/// PHP's empty map.
fn is_empty_list(json: Json<'_>) -> bool {
    json.as_written().starts_with('[') && !json.has_content()
}

/// A whole number as its digits: some languages write `42.0` or `4.2e1` for 42. Any other number as
/// it was written.
fn whole(number: &str) -> String {
    /// Up to here a double holds every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_written_so = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    match number.parse::<f64>() {
        Ok(value) if !is_written_so && value.fract() == 0.0 && value.abs() < EXACT => {
            // Zero has no sign.
            format!("{:.0}", value + 0.0)
        }
        _ => number.to_owned(),
    }
}
