//! The health of a subscription's endpoint, and the consequences of failures. After some
//! consecutive failures the breaker opens: one delivery a minute then probes the endpoint. After
//! days without a success the subscription is disabled.
//!
//! A refusal (429) is not a failure and does not open the breaker. It is not a success either: an
//! endpoint that only refuses is disabled too.

use crate::domain::timestamp::Timestamp;

/// The failures since the endpoint last accepted a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Consecutive failures.
    pub failures: u32,
    /// When the first failure or refusal was. A success between refusals may reset it up to an hour
    /// later.
    pub failing_since: Timestamp,
    pub last_failure_at: Timestamp,
    /// No probe is made before that.
    pub probe_at: Timestamp,
}

/// This number of consecutive failures opens the breaker.
pub const FAILURES_THAT_OPEN: u32 = 5;
/// The least time between the starts of two probes. `sweep` allows one each minute, give or take
/// some seconds; each must be made, however long the one before waited for a response.
pub const PROBE_MILLIS: u64 = 45_000;
/// A success between refusals is recorded at most once in this time: a rate-limited endpoint
/// alternates between 200 and 429.
const NOTED_EVERY_MILLIS: u64 = 3_600_000;
/// After this many days without a success, a subscription is disabled.
const DAYS_UNTIL_ABANDONED: u32 = 5;
/// After this many days without an attempt, earlier failures no longer count.
const DAYS_REMEMBERED: u32 = 2;

impl Health {
    pub fn is_open(&self) -> bool {
        self.failures >= FAILURES_THAT_OPEN
    }

    pub fn may_probe(&self, now: Timestamp) -> bool {
        self.probe_at <= now
    }

    /// Whether the failures last long enough to disable the subscription.
    pub fn is_abandoned(&self) -> bool {
        self.failing_since.plus_days(DAYS_UNTIL_ABANDONED) <= self.last_failure_at
    }

    /// Whether a success must be recorded.
    pub fn changes_by_success(&self, now: Timestamp) -> bool {
        self.failures > 0 || now.millis_since(self.failing_since) > NOTED_EVERY_MILLIS
    }

    /// Whether the last failure is too old to count: the next one starts a new row.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.last_failure_at.plus_days(DAYS_REMEMBERED) < now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn failing(from: i64, to: i64) -> Health {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        Health {
            failures: 9,
            failing_since: at(from),
            last_failure_at: at(to),
            probe_at: at(to + 45),
        }
    }

    #[test]
    fn five_days_of_nothing_but_failures_are_hopeless() {
        assert!(!failing(0, 5 * DAY - 1).is_abandoned());
        assert!(failing(0, 5 * DAY).is_abandoned());
    }

    #[test]
    fn two_days_without_an_attempt_are_forgotten() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        assert!(!failing(0, 100).is_forgotten(at(100 + 2 * DAY)));
        assert!(failing(0, 100).is_forgotten(at(101 + 2 * DAY)));
    }

    #[test]
    fn the_fifth_failure_opens_and_a_probe_may_go_some_time_later() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        assert!(
            !Health {
                failures: 4,
                ..failing(0, 100)
            }
            .is_open()
        );
        assert!(
            Health {
                failures: 5,
                ..failing(0, 100)
            }
            .is_open()
        );
        assert!(!failing(0, 100).may_probe(at(144)) && failing(0, 100).may_probe(at(145)));
    }

    #[test]
    fn a_success_among_refusals_is_written_down_once_an_hour() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let refused = Health {
            failures: 0,
            ..failing(0, 100)
        };
        assert!(!refused.is_open() && !refused.changes_by_success(at(3_600)));
        assert!(
            refused.changes_by_success(at(3_601)) && failing(0, 100).changes_by_success(at(101))
        );
        assert!(
            Health {
                failures: 0,
                ..failing(0, 5 * DAY)
            }
            .is_abandoned(),
            "nothing but refusals"
        );
    }
}
