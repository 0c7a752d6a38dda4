//! Hours of UTC, in which calls are counted.

use std::fmt;

use super::timestamp::Timestamp;

const MILLIS: i64 = 3_600_000;
/// Hours of a day.
pub const OF_DAY: i64 = 24;

/// An hour of UTC since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

/// A day of UTC since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Hour {
    pub fn of(moment: Timestamp) -> Self {
        Self(moment.as_millis().div_euclid(MILLIS))
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp::EPOCH.plus_millis(self.0.saturating_mul(MILLIS).unsigned_abs())
    }

    /// Its last millisecond.
    pub fn end(self) -> Timestamp {
        self.start().plus_millis(MILLIS.unsigned_abs() - 1)
    }

    pub fn plus(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours))
    }

    pub fn day(self) -> Day {
        Day(self.0.div_euclid(OF_DAY))
    }

    /// From 0 to 23.
    pub fn number_in_day(self) -> i64 {
        self.0.rem_euclid(OF_DAY)
    }
}

impl Day {
    /// Its hours, the last one first.
    pub fn newest_hours(self) -> impl Iterator<Item = Hour> {
        (0..OF_DAY).rev().map(move |number| self.hour(number))
    }

    /// The hour of this number.
    pub fn hour(self, number: i64) -> Hour {
        Hour(self.0.saturating_mul(OF_DAY).saturating_add(number))
    }

    /// The days from this one back to `first`, both included.
    pub fn back_to(self, first: Self) -> impl Iterator<Item = Self> {
        (first.0..=self.0).rev().map(Self)
    }
}

/// `2026-01-02`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.hour(0).start().to_string();
        f.write_str(start.get(..10).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_holds_its_last_millisecond_and_not_the_next_one() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let hour = Hour::of(at("2026-01-02T23:59:59.999Z"));
        assert_eq!(hour.start(), at("2026-01-02T23:00:00Z"));
        assert_eq!(hour.end(), at("2026-01-02T23:59:59.999Z"));
        assert_eq!(hour.plus(1), Hour::of(at("2026-01-03T00:00:00Z")));
        assert_eq!(
            (hour.number_in_day(), hour.day().to_string().as_str()),
            (23, "2026-01-02")
        );
        let hours: Vec<_> = hour.day().newest_hours().collect();
        assert_eq!((hours.len(), hours[0]), (24, hour));
        let days = hour.plus(1).day().back_to(hour.day());
        assert_eq!(
            days.map(|day| day.to_string()).collect::<Vec<_>>(),
            ["2026-01-03", "2026-01-02"]
        );
    }
}
