//! A moment in milliseconds, and every spelling in which providers send one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC. Stored as that number, displayed as
/// `2025-10-29T15:30:45.123Z`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Timestamp(i64);

/// The end of 9998: every earlier moment has a four-digit year in every time zone.
const LATEST_MILLIS: i64 = 253_370_764_799_999;

impl Timestamp {
    pub const EPOCH: Self = Self(0);
    pub const LATEST: Self = Self(LATEST_MILLIS);

    /// `None` before 1970 and after 9998.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (0..=LATEST_MILLIS)
            .contains(&millis)
            .then_some(Self(millis))
    }

    /// `None` before 1970 and after 9998.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::from_millis(seconds.checked_mul(1_000)?)
    }

    /// Any offset; fractions below a millisecond are dropped.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed: jiff::Timestamp = text.parse().ok()?;
        Self::from_millis(parsed.as_millisecond())
    }

    /// The format of mail headers, which telephony APIs use: `Fri, 02 Jan 2026 00:00:27 +0000`.
    pub fn parse_rfc2822(text: &str) -> Option<Self> {
        let parsed = jiff::fmt::rfc2822::parse(text).ok()?;
        Self::from_millis(parsed.timestamp().as_millisecond())
    }

    pub fn as_millis(self) -> i64 {
        self.0
    }

    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// At most [`Timestamp::LATEST`].
    pub fn plus_days(self, days: u32) -> Self {
        Self(
            self.0
                .saturating_add(i64::from(days) * 86_400_000)
                .min(LATEST_MILLIS),
        )
    }

    /// At least the epoch.
    pub fn minus_days(self, days: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(days) * 86_400_000).max(0))
    }

    /// At most [`Timestamp::LATEST`].
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add_unsigned(millis).min(LATEST_MILLIS))
    }

    /// At least the epoch.
    pub fn minus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(millis).max(0))
    }

    /// `None` before 1970.
    pub fn minus_seconds(self, seconds: u64) -> Option<Self> {
        let millis = i64::try_from(seconds).ok()?.checked_mul(1_000)?;
        Self::from_millis(self.0.checked_sub(millis)?)
    }

    /// Zero when `earlier` is later.
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = &'static str;

    fn try_from(millis: i64) -> Result<Self, Self::Error> {
        Self::from_millis(millis).ok_or("no moment between 1970 and 9998")
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{timestamp:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_with_milliseconds_as_the_documents_do() {
        let time = Timestamp::parse_rfc3339("2025-10-29T15:30:00Z").unwrap();
        assert_eq!(time.to_string(), "2025-10-29T15:30:00.000Z");
        assert_eq!(
            Timestamp::parse_rfc3339("2025-10-29T17:30:00.0009+02:00"),
            Some(time)
        );
    }

    #[test]
    fn what_no_calendar_holds_is_refused() {
        assert_eq!(Timestamp::from_seconds(i64::MAX), None);
        assert_eq!(Timestamp::from_millis(-1), None);
        assert_eq!(Timestamp::from_millis(LATEST_MILLIS + 1), None);
        assert_eq!(
            Timestamp::from_millis(LATEST_MILLIS).unwrap().to_string(),
            "9998-12-31T23:59:59.999Z"
        );
    }

    #[test]
    fn a_span_never_runs_backwards() {
        let (early, late) = (Timestamp(1_000), Timestamp(3_999));
        assert_eq!(late.millis_since(early), 2_999);
        assert_eq!(early.millis_since(late), 0);
    }

    #[test]
    fn days_millis_and_seconds_are_counted_to_the_bounds_of_the_calendar() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let noon = at("2025-10-29T12:00:00Z");
        assert_eq!(noon.minus_days(3), at("2025-10-26T12:00:00Z"));
        assert_eq!(noon.plus_days(3), at("2025-11-01T12:00:00Z"));
        assert_eq!(noon.minus_millis(1_500), at("2025-10-29T11:59:58.500Z"));
        assert_eq!(noon.plus_millis(1_500), at("2025-10-29T12:00:01.500Z"));
        assert_eq!(noon.minus_seconds(90), Some(at("2025-10-29T11:58:30Z")));
        assert_eq!(Timestamp(5_000).minus_seconds(5), Some(Timestamp::EPOCH));
        assert_eq!(Timestamp(5_000).minus_seconds(6), None);
        assert_eq!(Timestamp(5_000).minus_millis(5_001), Timestamp::EPOCH);
        assert_eq!(Timestamp(5_000).minus_days(u32::MAX), Timestamp::EPOCH);
        assert_eq!(noon.plus_days(u32::MAX), Timestamp::LATEST);
        assert_eq!(noon.plus_millis(u64::MAX), Timestamp::LATEST);
        assert_eq!(noon.minus_seconds(u64::MAX), None);
    }
}
