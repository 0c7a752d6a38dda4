//! What tells one submission from all others, and so which are the same one sent again.

use bytes::Bytes;

use super::Submission;
use crate::{
    crypto::sha256,
    domain::{event::Source, key::EventKey, phone::Region, timestamp::Timestamp},
};

/// How long a body that names neither its call nor a time of it is the same call, from its first receipt
/// on. Clients give up long before that, and nobody calls the same number twice with the same words.
pub const WINDOW_MILLIS: u64 = 10 * 60 * 1_000;

/// Who submits: what its API key tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub tenant_id: String,
    /// Where national numbers are from, if the tenant says so and a number needs it.
    pub region: Option<Region>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// By the `Idempotency-Key` that its sender chose, and nothing else.
    Key(String),
    /// By its body, for ever: it names its call, or when that was.
    Body,
    /// By its body, for a while from this moment on: the same words may be said of the next call.
    Since(Timestamp),
    /// By its body, after something else was said of its call at this moment: it corrects that.
    After(Timestamp),
}

impl Submission {
    /// Whether its body can be that of one call only.
    pub fn is_of_one_call(&self) -> bool {
        let times = [self.call_date, self.start_time, self.end_time];
        self.external_call_id.is_some() || times.iter().any(Option::is_some)
    }
}

/// The key of a submission's event. The dialer's own ids do not stand in it: keys are logged, and some
/// dialers make their ids of phone numbers.
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
        // Marked, so that no body has its digest.
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

/// The id of a call that its dialer gives none: the body's where that can be of one call only, else the
/// event's. Marked, so that no id of a dialer's is taken for it.
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

/// Where it is remembered when a body was first received.
pub fn receipt_id(sender: &Sender, submission: &Submission, body: &Bytes) -> String {
    let names = serde_json::json!([sender.tenant_id, submission.company_id]).to_string();
    format!(
        "receipt#{}",
        hex::encode(sha256(&[names.as_bytes(), body].concat()))
    )
}

/// What is remembered of the body that was submitted last: enough to know it again.
pub fn digest_of(body: &[u8]) -> String {
    hex::encode(sha256(body).get(..8).unwrap_or_default())
}
