//! Calls that a company's dialer submits: the Call Capture document.

mod fields;
mod identity;
mod outcome;
mod submission;
mod times;
mod update;

pub use fields::SubmissionError;
pub use identity::{Identity, Sender, WINDOW_MILLIS, digest_of, receipt_id};
pub use outcome::Outcome;
pub use submission::Submission;

use bytes::Bytes;

use crate::domain::{
    call::CallUpdate,
    event::{Event, Source},
    timestamp::Timestamp,
};

pub fn event(
    submission: &Submission,
    sender: &Sender,
    identity: &Identity,
    received_at: Timestamp,
    body: Bytes,
) -> Event {
    Event {
        key: identity::event_key(&sender.tenant_id, submission, identity, &body),
        source: Source::CallCapture,
        tenant_id: Some(sender.tenant_id.clone()),
        region: sender.region,
        event_type: "call.captured".to_owned(),
        occurred_at: submission.ended_at(received_at),
        received_at,
        payload: body,
    }
}

/// What an event reports about its call; `submission` is its payload. `None` without a tenant,
/// because the call then has no key.
pub fn read(submission: &Submission, event: &Event) -> Option<CallUpdate> {
    update::of(submission, event).map(CallUpdate::without_placeholders)
}

pub(super) fn read_update(event: &Event) -> Option<CallUpdate> {
    read(&Submission::parse(&event.payload).ok()?, event)
}
