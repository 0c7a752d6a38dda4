//! The body of the Call Capture document, read by hand, so that every message names its field.

use serde_json::{Map, Value};
use thiserror::Error;
use uuid::Uuid;

use super::times;
use crate::domain::{follow_up::FollowUp, timestamp::Timestamp};

/// What a call came to, in the document's closed list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The lead became a customer.
    Converted,
    /// Somebody is to call again.
    FollowUp,
    /// Nobody answered.
    NotAnswered,
    /// There was a conversation.
    Completed,
    /// The lead does not want to be called again.
    NotInterested,
}

impl Outcome {
    const ALL: [Self; 5] =
        [Self::Converted, Self::FollowUp, Self::NotAnswered, Self::Completed, Self::NotInterested];

    /// The word of the document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Converted => "converted",
            Self::FollowUp => "follow_up",
            Self::NotAnswered => "not_answered",
            Self::Completed => "completed",
            Self::NotInterested => "not_interested",
        }
    }
}

/// A call as a dialer submits it. What the document lets be left out may also be `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The company, whose API key must have signed.
    pub company_id: Uuid,
    /// The lead that was called.
    pub lead_id: Option<Uuid>,
    /// Who called.
    pub employee_id: Option<Uuid>,
    /// What it came to.
    pub outcome: Option<Outcome>,
    /// When the call was made.
    pub call_date: Option<Timestamp>,
    /// The number that called, as it was given.
    pub caller_number: Option<String>,
    /// The number that was called, as it was given.
    pub recipient_number: Option<String>,
    /// How long it lasted, in seconds.
    pub duration_seconds: Option<u64>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// The dialer's status, as it spells it.
    pub call_status: Option<String>,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// The dialer's id of it.
    pub external_call_id: Option<String>,
    /// The dialer.
    pub external_system: Option<String>,
    /// When to call again.
    pub follow_up: Option<FollowUp>,
    /// The campaign that `call_details` names.
    pub campaign_id: Option<String>,
}

/// What is wrong with a body, for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubmissionError {
    /// It is no JSON.
    #[error("The body must be JSON (line {line}, column {column})")]
    NotJson {
        /// Where it ceases to be JSON.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// It is some other JSON.
    #[error("The body must be a JSON object")]
    NotAnObject,
    /// A required field is not there.
    #[error("{0} is required")]
    Missing(&'static str),
    /// A field is not what it must be.
    #[error("{field} must be {expected}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

const A_UUID: &str = "a UUID";
const A_STRING: &str = "a string";
const A_MOMENT: &str = "an ISO 8601 time such as 2025-11-25T10:30:00Z";
const A_DATE: &str = "a date of the form YYYY-MM-DD";
const A_TIME: &str = "a time of the form HH:MM:SS";
const A_DURATION: &str = "a whole number of at least 0, and of a year in seconds at most";
/// No call lasts for longer than a year; what does is a time in another unit.
const MAX_SECONDS: u64 = 366 * 86_400;
const AN_END: &str = "a time that is not before start_time";
const A_BOOLEAN: &str = "true or false";
const AN_OBJECT: &str = "an object";
const AN_OUTCOME: &str = "one of converted, follow_up, not_answered, completed, not_interested";

impl Submission {
    /// Reads a body. Fields that the document does not know are nobody's business.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn parse(body: &[u8]) -> Result<Self, SubmissionError> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| SubmissionError::NotJson { line: error.line(), column: error.column() })?;
        let Value::Object(members) = value else { return Err(SubmissionError::NotAnObject) };
        let fields = Fields(&members);
        // Not kept here, for nothing decides by them; but they must be what the document says.
        fields.text("notes")?;
        Ok(Self {
            company_id: fields.company_id()?,
            lead_id: fields.uuid("lead_id")?,
            employee_id: fields.uuid("employee_id")?,
            outcome: fields.outcome()?,
            call_date: fields.moment("call_date")?,
            caller_number: fields.text("caller_number")?,
            recipient_number: fields.text("recipient_number")?,
            duration_seconds: fields.seconds("duration_seconds")?,
            recording_url: fields.text("recording_url")?,
            call_status: fields.text("call_status")?,
            start_time: fields.moment("start_time")?,
            end_time: fields.end_time()?,
            external_call_id: fields.text("external_call_id")?,
            external_system: fields.text("external_system")?,
            follow_up: fields.follow_up()?,
            campaign_id: fields.campaign_id()?,
        })
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// The field as `read` understands it, which must, if it is there.
    fn read<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, SubmissionError> {
        let invalid = SubmissionError::Invalid { field, expected };
        self.get(field).map(|value| read(value).ok_or(invalid)).transpose()
    }

    /// A text; an empty one tells as much as none, and must not become the id of every call without.
    fn text(&self, field: &'static str) -> Result<Option<String>, SubmissionError> {
        let text = self.read(field, A_STRING, |value| Some(value.as_str()?.trim().to_owned()))?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn uuid(&self, field: &'static str) -> Result<Option<Uuid>, SubmissionError> {
        self.read(field, A_UUID, uuid)
    }

    fn company_id(&self) -> Result<Uuid, SubmissionError> {
        const FIELD: &str = "company_id";
        let given = self.get(FIELD).filter(|value| value.as_str() != Some(""));
        let given = given.ok_or(SubmissionError::Missing(FIELD))?;
        uuid(given).ok_or(SubmissionError::Invalid { field: FIELD, expected: A_UUID })
    }

    fn moment(&self, field: &'static str) -> Result<Option<Timestamp>, SubmissionError> {
        self.read(field, A_MOMENT, |value| times::moment(value.as_str()?))
    }

    fn seconds(&self, field: &'static str) -> Result<Option<u64>, SubmissionError> {
        self.read(field, A_DURATION, |value| {
            // `180.0` is a whole number, and what some languages make of one.
            let whole = || value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0);
            let seconds = value.as_u64().or_else(|| format!("{:.0}", whole()?.abs()).parse().ok());
            seconds.filter(|seconds| *seconds <= MAX_SECONDS)
        })
    }

    fn end_time(&self) -> Result<Option<Timestamp>, SubmissionError> {
        let (start, end) = (self.moment("start_time")?, self.moment("end_time")?);
        match start.zip(end) {
            Some((start, end)) if end < start => {
                Err(SubmissionError::Invalid { field: "end_time", expected: AN_END })
            }
            _ => Ok(end),
        }
    }

    fn outcome(&self) -> Result<Option<Outcome>, SubmissionError> {
        self.read("outcome", AN_OUTCOME, |value| {
            let word = value.as_str()?;
            Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word)
        })
    }

    /// A time of day without a date, or a wish to call again without either, names no moment.
    fn follow_up(&self) -> Result<Option<FollowUp>, SubmissionError> {
        const DATE: &str = "next_follow_up";
        let text = |is_right: fn(&str) -> bool| {
            move |value: &Value| value.as_str().filter(|text| is_right(text)).map(str::to_owned)
        };
        let date = self.read(DATE, A_DATE, text(times::is_date))?;
        let time = self.read("next_follow_up_time", A_TIME, text(times::is_time_of_day))?;
        let automatic = self.read("auto_call_followup", A_BOOLEAN, Value::as_bool)?.unwrap_or(false);
        let Some(date) = date else { return Ok(None) };
        // A zone can still move the last day out of the calendar.
        let due_at = times::due(&date, time.as_deref());
        let due_at = due_at.ok_or(SubmissionError::Invalid { field: DATE, expected: A_DATE })?;
        Ok(Some(FollowUp { due_at, date, time, automatic }))
    }

    /// The details are the company's own; a campaign in them is believed if it looks like one.
    fn campaign_id(&self) -> Result<Option<String>, SubmissionError> {
        let details = self.read("call_details", AN_OBJECT, |value| Some(value.as_object()?.clone()))?;
        let campaign_id = details.and_then(|details| Some(details.get("campaign_id")?.as_str()?.to_owned()));
        Ok(campaign_id.filter(|id| !id.is_empty()))
    }
}

fn uuid(value: &Value) -> Option<Uuid> {
    // With hyphens, as everyone writes one; braces, a URN or bare digits are somebody else's ids.
    value.as_str().filter(|text| text.len() == 36).and_then(|text| Uuid::try_parse(text).ok())
}
