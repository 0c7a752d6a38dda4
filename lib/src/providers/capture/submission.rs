//! The body of the Call Capture document.

use uuid::Uuid;

use super::{
    fields::{Fields, SubmissionError},
    outcome::Outcome,
};
use crate::{
    domain::{follow_up::FollowUp, timestamp::Timestamp},
    json,
};

/// A call as a dialer submits it. What the document lets be left out may also be `null` or empty.
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

impl Submission {
    /// Reads a body. Fields that the document does not know are nobody's business.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn parse(body: &[u8]) -> Result<Self, SubmissionError> {
        let text = json::text(body);
        let fields = Fields::parse(&text)?;
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
            external_call_id: fields.id("external_call_id")?,
            external_system: fields.text("external_system")?,
            follow_up: fields.follow_up()?,
            campaign_id: fields.campaign_id()?,
        })
    }

    /// The numbers, as they were given.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        [&self.caller_number, &self.recipient_number]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}
