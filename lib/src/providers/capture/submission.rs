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

/// A call as a dialer submits it. Optional fields may also be `null` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The company, whose API key must have signed.
    pub company_id: Uuid,
    pub lead_id: Option<Uuid>,
    pub employee_id: Option<Uuid>,
    pub outcome: Option<Outcome>,
    pub call_date: Option<Timestamp>,
    /// As it was given.
    pub caller_number: Option<String>,
    /// As it was given.
    pub recipient_number: Option<String>,
    pub duration_seconds: Option<u64>,
    pub recording_url: Option<String>,
    /// The dialer's status, as it spells it.
    pub call_status: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub external_call_id: Option<String>,
    pub external_system: Option<String>,
    pub follow_up: Option<FollowUp>,
    /// The campaign that `call_details` names.
    pub campaign_id: Option<String>,
}

impl Submission {
    /// Unknown fields are ignored.
    pub fn parse(body: &[u8]) -> Result<Self, SubmissionError> {
        let text = json::text(body);
        let fields = Fields::parse(&text)?;
        // Not kept, because nothing needs it; but it must have the documented type.
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

    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        [&self.caller_number, &self.recipient_number]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}
