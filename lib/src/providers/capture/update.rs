//! What a submission reports about its call. Everything is claimed at the time of receipt, so that
//! a corrected submission takes precedence over an earlier one.

use std::collections::BTreeSet;

use super::{
    Outcome as Word, Submission,
    identity::{call_name, digest_of},
};
use crate::{
    domain::{
        call::{
            CallUpdate,
            claims::{EarliestTime, Latest},
            direction::Direction,
            facts::Facts,
            outcome::{End, Outcome, Rule},
            report::Hangup,
        },
        event::Event,
        key::CallKey,
        phone::PhoneNumber,
        scalar::Scalar,
        timestamp::Timestamp,
    },
    providers::values,
};

/// A dialer ranks below a carrier and an agent platform.
const RANK: u8 = 0;

/// `None` without a tenant.
pub(super) fn of(submission: &Submission, event: &Event) -> Option<CallUpdate> {
    let tenant_id = event.tenant_id.clone()?;
    let key = CallKey::Captured {
        tenant_id: tenant_id.clone(),
        company_id: submission.company_id.to_string(),
        system: submission.external_system.clone(),
        id: submission
            .external_call_id
            .clone()
            .unwrap_or_else(|| call_name(&tenant_id, submission, &event.key, &event.payload)),
    };
    let facts = Facts {
        submitted: claim(event, Some(digest_of(&event.payload))),
        ..facts(submission, event)
    };
    CallUpdate::of(event, [Some(key)], facts)
}

fn facts(submission: &Submission, event: &Event) -> Facts {
    let received_at = event.received_at;
    let started_at = submission.started_at(received_at);
    let reported_end = submission.reported_end();
    let seconds = submission.seconds();
    let number = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| PhoneNumber::parse_in(text, event.region))
    };
    let results = submission
        .outcome
        .map(|outcome| BTreeSet::from([outcome.as_str().to_owned()]));
    Facts {
        // The company's dialer calls out.
        direction: claim(event, Some(Direction::Outbound)),
        line_number: claim(event, number(&submission.caller_number)),
        phone_number: claim(event, number(&submission.recipient_number)),
        campaign_id: text(event, submission.campaign_id.as_deref()),
        recording_url: text(
            event,
            submission
                .recording_url
                .as_deref()
                .filter(|url| is_web_address(url)),
        ),
        first_event: EarliestTime::claimed(Some(started_at.min(received_at))),
        // Without a duration, none may be computed from a start and an assumed end.
        started: claim(event, seconds.and(reported_end).map(|_| started_at)),
        hangup: claim(event, reported_end.map(|at| Hangup { at, reason: None })),
        // A submitted call is over. A correction does not move an end that was not reported.
        room_finished: EarliestTime::claimed(reported_end.is_none().then_some(received_at)),
        reported_seconds: claim(event, seconds),
        verdict: claim(event, verdict(submission)),
        results: claim(event, results),
        lead_id: claim(
            event,
            submission
                .lead_id
                .map(|id| Scalar::from(id.to_string()).into()),
        ),
        employee_id: claim(event, submission.employee_id.map(|id| id.to_string())),
        // Always claimed: a submission without a follow-up withdraws an earlier one.
        follow_up: claim(event, Some(submission.follow_up.clone())),
        ..Facts::default()
    }
}

impl Submission {
    /// The given duration, or the span of its times.
    fn seconds(&self) -> Option<u64> {
        let span = || Some(self.end_time?.millis_since(self.start_time?) / 1_000);
        self.duration_seconds.or_else(span)
    }

    /// By its times and duration.
    fn reported_start(&self) -> Option<Timestamp> {
        let before_end = || shifted(self.end_time?, self.seconds()?, i64::checked_sub);
        self.start_time.or_else(before_end).or(self.call_date)
    }

    fn started_at(&self, received_at: Timestamp) -> Timestamp {
        let ended_at = self.ended_at(received_at);
        let before_end = || shifted(ended_at, self.seconds()?, i64::checked_sub);
        self.reported_start()
            .or_else(before_end)
            .unwrap_or(ended_at)
    }

    pub(super) fn ended_at(&self, received_at: Timestamp) -> Timestamp {
        self.reported_end().unwrap_or(received_at)
    }

    /// By its times and duration.
    fn reported_end(&self) -> Option<Timestamp> {
        let start = self.reported_start();
        let after_start = || shifted(start?, self.seconds()?, i64::checked_add);
        self.end_time.or_else(after_start).or(start)
    }
}

fn claim<T: Ord>(event: &Event, value: Option<T>) -> Latest<T> {
    Latest::of(RANK, event.received_at, value)
}

fn text(event: &Event, text: Option<&str>) -> Latest<String> {
    claim(
        event,
        text.filter(|text| text.len() <= values::MAX_BYTES)
            .map(str::to_owned),
    )
}

fn shifted(
    from: Timestamp,
    seconds: u64,
    by: impl FnOnce(i64, i64) -> Option<i64>,
) -> Option<Timestamp> {
    let millis = i64::try_from(seconds).ok()?.checked_mul(1_000)?;
    Timestamp::from_millis(by(from.as_millis(), millis)?)
}

/// The outcome of the submission: its status, else that it was not answered, else its duration. It
/// is always claimed, so that a correction without a status replaces an earlier status.
fn verdict(submission: &Submission) -> Option<Outcome> {
    let by_status = submission
        .call_status
        .as_deref()
        .and_then(outcome_of_status);
    let unanswered = (submission.outcome == Some(Word::NotAnswered)).then_some(Outcome::NoAnswer);
    let end = End {
        reason: None,
        verdict: by_status.or(unanswered),
        duration_millis: submission
            .seconds()
            .map(|seconds| seconds.saturating_mul(1_000)),
        connected: true,
    };
    Rule::decide(end).outcome()
}

/// `no-answer`, `NO_ANSWER` and `No Answer` are equal; an unknown word decides nothing.
fn outcome_of_status(status: &str) -> Option<Outcome> {
    let word: String = status.chars().filter(char::is_ascii_alphanumeric).collect();
    match word.to_ascii_lowercase().as_str() {
        "completed" | "complete" | "answered" => Some(Outcome::Completed),
        "busy" => Some(Outcome::Busy),
        "noanswer" | "notanswered" | "unanswered" | "missed" | "canceled" | "cancelled" => {
            Some(Outcome::NoAnswer)
        }
        "failed" => Some(Outcome::Failed),
        _ => None,
    }
}

/// Frontends render it as a link: other schemes are not allowed.
fn is_web_address(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}
