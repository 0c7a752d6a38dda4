//! What is due at a later time, and the minutes in which it is looked up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{key::CallId, timestamp::Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub at: Timestamp,
    /// Says what the reference names and what is to be done.
    pub kind: String,
    pub reference: String,
}

impl Due {
    /// The reference is the call's id.
    pub const FOLLOW_UP: &'static str = "follow-up";

    /// The reference is the message of the next attempt.
    pub const DELIVERY: &'static str = "delivery";
    /// The reference names the subscription.
    pub const BREAKER: &'static str = "breaker";

    /// A check of a tenant's calls that started within a window; the reference is a
    /// [`StartWindow`].
    pub const START_WINDOW: &'static str = "begun";
    /// The reference is the call's id.
    pub const UNFINISHED_CALL: &'static str = "unfinished-call";

    /// A check of an ongoing call.
    pub fn unfinished_call(call_id: CallId, at: Timestamp) -> Self {
        Self {
            at,
            kind: Self::UNFINISHED_CALL.to_owned(),
            reference: call_id.to_string(),
        }
    }

    pub fn delivery(message: String, at: Timestamp) -> Self {
        Self {
            at,
            kind: Self::DELIVERY.to_owned(),
            reference: message,
        }
    }

    /// A check of a subscription's breaker in the minute after `now`, however often it is
    /// requested.
    pub fn breaker(subscription: String, now: Timestamp) -> Self {
        let at = Minute::of(now).plus(1).start().unwrap_or(Timestamp::LATEST);
        Self {
            at,
            kind: Self::BREAKER.to_owned(),
            reference: subscription,
        }
    }

    pub fn follow_up(call_id: CallId, at: Timestamp) -> Self {
        Self {
            at,
            kind: Self::FOLLOW_UP.to_owned(),
            reference: call_id.to_string(),
        }
    }
}

/// The ten minutes in which calls of a tenant started.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartWindow {
    tenant_id: String,
    /// In tens of minutes since the epoch.
    span: i64,
}

impl StartWindow {
    const MILLIS: i64 = 10 * MILLIS;

    pub fn of(tenant_id: &str, moment: Timestamp) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            span: moment.as_millis().div_euclid(Self::MILLIS),
        }
    }

    /// Reads what [`StartWindow::due`] wrote.
    pub fn parse(reference: &str) -> Option<Self> {
        serde_json::from_str(reference).ok()
    }

    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    pub fn from(&self) -> Timestamp {
        Self::moment(self.span).unwrap_or(Timestamp::EPOCH)
    }

    pub fn until(&self) -> Timestamp {
        let next = self.span.checked_add(1).and_then(Self::moment);
        next.and_then(|next| Timestamp::from_millis(next.as_millis() - 1))
            .unwrap_or(Timestamp::LATEST)
    }

    /// A check of these calls at this moment.
    pub fn due(&self, at: Timestamp) -> Due {
        // A text and a number, so it always serialises.
        let reference = serde_json::to_string(self).unwrap_or_default();
        Due {
            at,
            kind: Due::START_WINDOW.to_owned(),
            reference,
        }
    }

    fn moment(span: i64) -> Option<Timestamp> {
        span.checked_mul(Self::MILLIS)
            .and_then(Timestamp::from_millis)
    }
}

const MILLIS: i64 = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(i64);

impl Minute {
    pub fn of(moment: Timestamp) -> Self {
        Self(moment.as_millis().div_euclid(MILLIS))
    }

    pub fn plus(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    pub fn minus(self, minutes: i64) -> Self {
        Self(self.0.saturating_sub(minutes))
    }

    /// Minutes since the epoch.
    pub fn as_number(self) -> i64 {
        self.0
    }

    pub fn from_number(minutes: i64) -> Self {
        Self(minutes)
    }

    /// Its first moment; `None` beyond the calendar's end.
    pub fn start(self) -> Option<Timestamp> {
        self.0.checked_mul(MILLIS).and_then(Timestamp::from_millis)
    }

    /// Both ends included.
    pub fn until(self, last: Self) -> impl Iterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }
}

/// `2025-11-27T14:00`.
impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start().ok_or(fmt::Error)?;
        f.write_str(start.to_string().get(..16).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(text: &str) -> Minute {
        Minute::of(Timestamp::parse_rfc3339(text).unwrap())
    }

    #[test]
    fn a_minute_holds_its_first_moment_and_not_that_of_the_next() {
        let two = minute("2025-11-27T14:00:00Z");
        assert_eq!(two.to_string(), "2025-11-27T14:00");
        assert_eq!(minute("2025-11-27T14:00:59.999Z"), two);
        assert_eq!(minute("2025-11-27T14:01:00Z"), two.plus(1));
    }

    #[test]
    fn calls_that_begin_within_ten_minutes_are_looked_at_together() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let begun = StartWindow::of("acme", at("2025-11-27T14:19:59.999Z"));
        assert_eq!(
            (begun.from(), begun.until()),
            (at("2025-11-27T14:10:00Z"), at("2025-11-27T14:19:59.999Z"))
        );
        assert_eq!(StartWindow::of("acme", begun.from()), begun);
        assert_ne!(StartWindow::of("other", begun.from()), begun);
        let due = begun.due(begun.until());
        assert_eq!(StartWindow::parse(&due.reference), Some(begun));
        assert_eq!(StartWindow::parse("{}"), None);
    }

    #[test]
    fn a_span_of_minutes_has_both_its_ends() {
        let span: Vec<_> = minute("2025-11-27T23:59:30Z")
            .until(minute("2025-11-28T00:01:00Z"))
            .collect();
        let shown: Vec<_> = span.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["2025-11-27T23:59", "2025-11-28T00:00", "2025-11-28T00:01"]
        );
        assert_eq!(
            minute("2025-11-27T14:01:00Z")
                .until(minute("2025-11-27T14:00:00Z"))
                .count(),
            0
        );
    }

    #[test]
    fn what_is_filed_is_found_under_its_number_and_for_its_tenant() {
        assert_eq!(minute("1970-01-02T00:01:30Z").as_number(), 1_441);
        let begun = StartWindow::of("acme", Timestamp::EPOCH);
        assert_eq!(begun.tenant_id(), "acme");
    }
}
