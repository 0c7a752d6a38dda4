//! The spellings of moments, dates and times of day in a submission. Without a zone they are UTC.

use jiff::{
    civil::{Date, DateTime},
    tz::Offset,
};

use crate::domain::timestamp::Timestamp;

/// `2025-11-25T10:30:00Z`, with any offset or none, with or without the time of day.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    // The parser would ignore the name of a zone.
    if text.contains('[') {
        return None;
    }
    Timestamp::parse_rfc3339(text).or_else(|| of_utc(text.parse().ok()?))
}

/// `2025-11-27`, as it stands.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hyphens = [4, 7]
        .into_iter()
        .all(|place| bytes.get(place) == Some(&b'-'));
    bytes.len() == 10 && hyphens && text.parse::<Date>().is_ok() && start_of(text).is_some()
}

/// `14:00:00`, `14:00`, `14:00:00Z` or `14:00:00+05:30`.
pub(super) fn is_time_of_day(text: &str) -> bool {
    // Any date works: it is only checked whether the time can be read.
    at_time_of_day("2025-11-27", text).is_some()
}

/// The moment of a date and a time of day; the start of the day without one.
pub(super) fn due(date: &str, time: Option<&str>) -> Option<Timestamp> {
    time.map_or_else(|| start_of(date), |time| at_time_of_day(date, time))
}

fn start_of(date: &str) -> Option<Timestamp> {
    of_utc(date.parse::<Date>().ok()?.into())
}

fn at_time_of_day(date: &str, time: &str) -> Option<Timestamp> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '-' | 'Z' | 'z');
    if time.as_bytes().get(2) != Some(&b':') || !time.chars().all(known) {
        return None;
    }
    moment(&format!("{date}T{time}"))
}

fn of_utc(civil: DateTime) -> Option<Timestamp> {
    Timestamp::from_millis(Offset::UTC.to_timestamp(civil).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(moment: Option<Timestamp>) -> Option<String> {
        moment.map(|moment| moment.to_string())
    }

    #[test]
    fn a_moment_without_a_zone_is_utc() {
        for (text, expected) in [
            ("2025-11-25T10:30:00Z", "2025-11-25T10:30:00.000Z"),
            ("2025-11-25T10:30:00.123456Z", "2025-11-25T10:30:00.123Z"),
            ("2025-11-25T10:30:00", "2025-11-25T10:30:00.000Z"),
            ("2025-11-25 10:30:00", "2025-11-25T10:30:00.000Z"),
            ("2025-11-25T10:30:00+05:30", "2025-11-25T05:00:00.000Z"),
            ("2025-11-25", "2025-11-25T00:00:00.000Z"),
        ] {
            assert_eq!(shown(moment(text)).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2025-13-01T00:00:00Z",
            "2025-02-30",
            "1764066600",
            "2025-11-25T10:30:00[Europe/Berlin]",
            "2025-11-25T25:30:00Z",
            "2025-11-25T10:30:00+00:00Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_follow_up_is_due_at_its_time_or_at_the_start_of_its_day() {
        for (time, expected) in [
            (None, "2025-11-27T00:00:00.000Z"),
            (Some("14:00:00"), "2025-11-27T14:00:00.000Z"),
            (Some("14:00"), "2025-11-27T14:00:00.000Z"),
            (Some("14:00:00Z"), "2025-11-27T14:00:00.000Z"),
            (Some("14:00:00+05:30"), "2025-11-27T08:30:00.000Z"),
            (Some("23:00:00-08:00"), "2025-11-28T07:00:00.000Z"),
        ] {
            assert_eq!(
                shown(due("2025-11-27", time)).as_deref(),
                Some(expected),
                "{time:?}"
            );
        }
    }

    #[test]
    fn dates_and_times_of_day_have_one_form() {
        assert!(is_date("2025-11-27") && is_time_of_day("14:00:00"));
        for text in [
            "",
            "27-11-2025",
            "2025-11-31",
            "2025-11-27T14:00:00Z",
            "20251127",
            "2025/11/27",
        ] {
            assert!(!is_date(text), "{text}");
        }
        for text in [
            "",
            "2pm",
            "2:00:00",
            "24:00:00",
            "14",
            "14:60:00",
            " 14:00",
            "14:00:00[UTC]",
            "14:00:00+99:00",
        ] {
            assert!(!is_time_of_day(text), "{text}");
        }
    }
}
