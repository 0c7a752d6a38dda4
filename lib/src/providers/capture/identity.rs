//! What distinguishes one submission from others, and which submissions are repetitions.

use bytes::Bytes;

use super::Submission;
use crate::{
    crypto::sha256,
    domain::{event::Source, key::EventKey, phone::Region, timestamp::Timestamp},
};

/// How long a body that names neither its call nor a time counts as the same call, from its first
/// receipt on. Clients stop retrying long before, and two calls to one number rarely have the same
/// body.
pub const WINDOW_MILLIS: u64 = 10 * 60 * 1_000;

/// The submitter, by its API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub tenant_id: String,
    /// Where national numbers are from, if the tenant has set it and a number needs it.
    pub region: Option<Region>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// By the `Idempotency-Key` alone.
    Key(String),
    /// By its body, for ever: it names its call or a time of it.
    Body,
    /// By its body, for [`WINDOW_MILLIS`] from this moment on: the next call may have the same
    /// body.
    Since(Timestamp),
    /// By its body, after another submission about the same call at this moment, which it corrects.
    After(Timestamp),
}

impl Submission {
    /// Whether no other call can have this body.
    pub fn is_of_one_call(&self) -> bool {
        let times = [self.call_date, self.start_time, self.end_time];
        self.external_call_id.is_some() || times.iter().any(Option::is_some)
    }
}

/// The key of a submission's event. It contains no id of the dialer: keys are logged, and some
/// dialers use phone numbers as ids.
pub(super) fn event_key(
    tenant_id: &str,
    submission: &Submission,
    identity: &Identity,
    body: &[u8],
) -> EventKey {
    let (source, company) = (
        Source::CallCapture.as_str(),
        submission.company_id.to_string(),
    );
    let marked = |mark: &str, at: &Timestamp| {
        EventKey::natural(
            source,
            &[&format!("{mark}-{}", at.as_millis()), &company, tenant_id],
            body,
        )
    };
    match identity {
        // Marked, so that it never equals the digest of a body.
        Identity::Key(key) => EventKey::natural(
            source,
            &["key", &company, tenant_id],
            format!("key {key}").as_bytes(),
        ),
        Identity::Body => EventKey::natural(source, &[tenant_id, &company], body),
        Identity::Since(at) => marked("since", at),
        Identity::After(at) => marked("after", at),
    }
}

/// The id of a call without an id of its dialer: the body's digest if no other call can have it,
/// else the event's key. Marked, so that it never equals a dialer's id.
pub(super) fn call_name(
    tenant_id: &str,
    submission: &Submission,
    key: &EventKey,
    body: &[u8],
) -> String {
    if *key == event_key(tenant_id, submission, &Identity::Body, body) {
        format!("sha256:{}", hex::encode(sha256(body)))
    } else {
        format!("event:{key}")
    }
}

/// Where the first receipt of a body is recorded.
pub fn receipt_id(sender: &Sender, submission: &Submission, body: &Bytes) -> String {
    let names = serde_json::json!([sender.tenant_id, submission.company_id]).to_string();
    format!(
        "receipt#{}",
        hex::encode(sha256(&[names.as_bytes(), body].concat()))
    )
}

/// A short digest of the last body, which is enough to recognise it.
pub fn digest_of(body: &[u8]) -> String {
    hex::encode(sha256(body).get(..8).unwrap_or_default())
}
