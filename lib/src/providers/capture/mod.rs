//! Calls that a company's dialer submits: the Call Capture document.

mod submission;
mod times;
mod update;

pub use submission::{Outcome, Submission, SubmissionError};

use crate::domain::{
    call::CallUpdate,
    event::{Event, Source},
    key::EventKey,
    timestamp::Timestamp,
};

/// What is kept of a submission: the same body again is the same event, a changed one another event
/// of the same call. The dialer's own ids do not stand in the key: keys are logged, and some dialers
/// make their ids of phone numbers.
#[must_use]
pub fn event(submission: &Submission, tenant_id: &str, received_at: Timestamp, body: bytes::Bytes) -> Event {
    let company_id = submission.company_id.to_string();
    Event {
        key: EventKey::natural(Source::CallCapture.as_str(), &[tenant_id, &company_id], &body),
        source: Source::CallCapture,
        tenant_id: Some(tenant_id.to_owned()),
        event_type: "call.captured".to_owned(),
        occurred_at: submission.ended_at(received_at),
        received_at,
        payload: body,
    }
}

/// What an event, whose payload was read as `submission`, says of its call; `None` when it belongs to
/// no tenant, without which its call has no key.
#[must_use]
pub fn read(submission: &Submission, event: &Event) -> Option<CallUpdate> {
    update::of(submission, event)
}

pub(super) fn read_update(event: &Event) -> Option<CallUpdate> {
    read(&Submission::parse(&event.payload).ok()?, event)
}
