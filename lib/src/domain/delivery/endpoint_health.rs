//! How a subscription's endpoint does, and what follows when it does badly: after some failures in a row
//! the breaker opens, so that only one delivery a minute finds out whether the endpoint is back; after
//! days without a success the subscription is given up.
//!
//! A refusal (429) is no failure and opens no breaker. It is no success either: an endpoint that only
//! refuses is given up as well.

use crate::domain::timestamp::Timestamp;

/// What came since the endpoint last took a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// How many failures in a row.
    pub failures: u32,
    /// When the first failure or refusal was. A success among refusals may not have reset it for an hour.
    pub failing_since: Timestamp,
    pub last_failure_at: Timestamp,
    /// No probe before that.
    pub probe_at: Timestamp,
}

/// So many failures in a row open the breaker.
pub const FAILURES_THAT_OPEN: u32 = 5;
/// No probe follows the beginning of the last attempt sooner. `sweep` lets one go every minute, give or
/// take some seconds; each of them must be made, however long the one before it waited for an answer.
pub const PROBE_MILLIS: u64 = 45_000;
/// A success among refusals is written down once in so long: who is limited answers 200 and 429 in turns.
const NOTED_EVERY_MILLIS: u64 = 3_600_000;
/// After so many days of failures alone a subscription is set inactive.
const DAYS_UNTIL_ABANDONED: u32 = 5;
/// After so many days without an attempt nobody knows whether the endpoint still fails.
const DAYS_REMEMBERED: u32 = 2;

impl Health {
    /// Whether deliveries wait.
    pub fn is_open(&self) -> bool {
        self.failures >= FAILURES_THAT_OPEN
    }

    /// Whether a waiting delivery may find out how the endpoint does.
    pub fn may_probe(&self, now: Timestamp) -> bool {
        self.probe_at <= now
    }

    /// Whether the failures go on for so long that the subscription is to be set inactive.
    pub fn is_abandoned(&self) -> bool {
        self.failing_since.plus_days(DAYS_UNTIL_ABANDONED) <= self.last_failure_at
    }

    /// Whether a success has something to write down.
    pub fn changes_by_success(&self, now: Timestamp) -> bool {
        self.failures > 0 || now.millis_since(self.failing_since) > NOTED_EVERY_MILLIS
    }

    /// Whether the last failure is so long ago that the next one begins a new row.
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
