//! The vocabulary of SignalWire's APIs, which differ in their spelling.

use super::Progress;
use crate::domain::{
    call::{direction::Direction, outcome::Outcome},
    timestamp::Timestamp,
};

impl Progress {
    /// Reads the state of a call: `CallStatus`, `call_state`, or what follows `call.` in a type.
    /// `None` for other states, such as `ending`, which precedes the end.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match plain(word).as_str() {
            "created" | "initiated" | "queued" => Some(Self::Created),
            "ringing" => Some(Self::Ringing),
            "answered" | "inprogress" => Some(Self::Answered),
            "completed" | "ended" | "busy" | "noanswer" | "canceled" | "cancelled" | "failed" => {
                Some(Self::Ended)
            }
            _ => None,
        }
    }

    pub(super) fn event_type(self) -> &'static str {
        match self {
            Self::Created => "call.created",
            Self::Ringing => "call.ringing",
            Self::Answered => "call.answered",
            Self::Ended => "call.completed",
        }
    }
}

/// The outcome of a final state or of an end's reason. A hangup implies an outcome only if the call
/// was answered.
pub(super) fn verdict(word: &str, answered: bool) -> Option<Outcome> {
    match plain(word).as_str() {
        "completed" => Some(Outcome::Completed),
        "hangup" | "maxduration" if answered => Some(Outcome::Completed),
        "busy" | "decline" | "declined" => Some(Outcome::Busy),
        "noanswer" | "cancel" | "canceled" | "cancelled" | "abandoned" => Some(Outcome::NoAnswer),
        "failed" | "error" | "notfound" => Some(Outcome::Failed),
        _ => None,
    }
}

/// `None` for a state without a type in the document.
pub(super) fn recording_event_type(state: &str) -> Option<&'static str> {
    match plain(state).as_str() {
        "started" | "recording" | "inprogress" => Some("recording.started"),
        "completed" | "finished" => Some("recording.completed"),
        _ => None,
    }
}

pub(super) fn direction(word: &str) -> Option<Direction> {
    match word {
        "inbound" => Some(Direction::Inbound),
        _ if word == "outbound" || word.starts_with("outbound-") => Some(Direction::Outbound),
        _ => None,
    }
}

/// RFC 3339, RFC 2822, or Unix seconds, milliseconds or microseconds, distinguished by their size.
/// Zero means unknown.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = decimal_time(text)
        .or_else(|| Timestamp::parse_rfc3339(text))
        .or_else(|| Timestamp::parse_rfc2822(text))
        .or_else(|| sloppy_time(text));
    time.filter(|time| *time > Timestamp::EPOCH)
}

/// Non-standard names of UTC.
const UTC_NAMES: [&str; 5] = [" Etc/UTC", " Etc/GMT", " UTC", " GMT", " Z"];

/// A time with a name for UTC, or with a longer day of the week than three letters.
fn sloppy_time(text: &str) -> Option<Timestamp> {
    let utc = UTC_NAMES.iter().find_map(|name| text.strip_suffix(name));
    let date = utc
        .unwrap_or(text)
        .split_once(',')
        .map_or(utc.unwrap_or(text), |(_, date)| date)
        .trim();
    match utc {
        Some(_) => Timestamp::parse_rfc3339(&format!("{date}Z"))
            .or_else(|| Timestamp::parse_rfc2822(&format!("{date} +0000"))),
        None => Timestamp::parse_rfc2822(date),
    }
}

fn decimal_time(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    match whole {
        ..100_000_000_000 => {
            // From its digits: a float of this size has no exact milliseconds.
            let millis = fraction
                .bytes()
                .chain(*b"000")
                .take(3)
                .try_fold(0, |millis, digit| {
                    digit
                        .is_ascii_digit()
                        .then(|| millis * 10 + i64::from(digit - b'0'))
                })?;
            Timestamp::from_millis(whole.checked_mul(1_000)?.checked_add(millis)?)
        }
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millis(whole),
        _ => Timestamp::from_millis(whole / 1_000),
    }
}

/// A fraction is dropped.
pub(super) fn seconds(text: &str) -> Option<u64> {
    text.split('.').next()?.parse().ok()
}

/// Lower case without `-`, `_` and spaces: `no-answer`, `no_answer` and `noAnswer` are equal.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    letters.take(32).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_time_is_read() {
        let expected = Timestamp::parse_rfc3339("2026-01-02T00:00:00.123Z");
        assert!(expected.is_some());
        for text in [
            "2026-01-02T00:00:00.123Z",
            "2026-01-02T01:00:00.123+01:00",
            "1767312000.123",
            "1767312000.1239999",
            "1767312000123",
            "1767312000123456",
            " 1767312000.123 ",
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        let whole = Timestamp::parse_rfc3339("2026-01-02T00:00:27Z");
        for text in [
            "Fri, 02 Jan 2026 00:00:27 +0000",
            "Fri, 02 Jan 2026 00:00:27 Etc/UTC",
            "Fri, 02 Jan 2026 00:00:27 UTC",
            "Friday, 02 Jan 2026 00:00:27 +0000",
            "Thurs, 02 Jan 2026 01:00:27 +0100",
            "02 Jan 2026 00:00:27 GMT",
            "2026-01-02 00:00:27 UTC",
            "2026-01-02T00:00:27 Etc/UTC",
            "2026-01-02 00:00:27Z",
            "1767312027",
            "1767312027.",
        ] {
            assert_eq!(time(text), whole, "{text}");
        }
        assert_eq!(
            time("1767312000.5"),
            Timestamp::from_millis(1_767_312_000_500)
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "0",
            "0.0",
            "-5",
            "soon",
            "UTC",
            ", ",
            "soon UTC",
            "1767312000.x",
            "99999999999999999999",
            "NaN",
            "1e9",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn the_apis_spell_the_same_reason_differently() {
        for word in [
            "no-answer",
            "no_answer",
            "noAnswer",
            "canceled",
            "cancel",
            "abandoned",
        ] {
            assert_eq!(verdict(word, false), Some(Outcome::NoAnswer), "{word}");
        }
        for word in ["busy", "decline", "declined"] {
            assert_eq!(verdict(word, true), Some(Outcome::Busy), "{word}");
        }
        for word in ["failed", "error", "not_found"] {
            assert_eq!(verdict(word, true), Some(Outcome::Failed), "{word}");
        }
        for word in ["hangup", "max_duration"] {
            assert_eq!(
                (verdict(word, true), verdict(word, false)),
                (Some(Outcome::Completed), None),
                "{word}"
            );
        }
        assert_eq!(verdict("completed", false), Some(Outcome::Completed));
        assert_eq!(verdict("something new", true), None);
    }

    #[test]
    fn seconds_are_whole_and_never_negative() {
        assert_eq!(
            [seconds("94"), seconds("15.9"), seconds("0")],
            [Some(94), Some(15), Some(0)]
        );
        assert_eq!(
            [seconds("-1"), seconds(""), seconds("1e3")],
            [None, None, None]
        );
    }
}
