//! Reads JSON whose sender may change any part of it: a value of an unexpected form is ignored and
//! does not affect other fields.

use std::{borrow::Cow, time::Duration};

use crate::{
    domain::timestamp::Timestamp,
    json::Json,
    providers::{
        PayloadError,
        values::{MAX_ID_BYTES, fact},
    },
};

/// A text that is not empty. Numbers are accepted: an id may be sent as one.
pub(super) fn text(value: Json<'_>) -> Option<String> {
    fact(value.scalar().map(|text| text.trim().to_owned()))
}

/// An id. Half a character would make two different ids equal.
pub(super) fn id(value: Json<'_>) -> Option<String> {
    fact(value.id().map(|text| text.trim().to_owned()))
}

/// Unix seconds, also as a decimal string, or RFC 3339. Zero means unknown.
pub(super) fn time(value: Json<'_>) -> Option<Timestamp> {
    let text = value.scalar()?;
    let text = text.trim();
    let of_seconds = |seconds: f64| {
        let millis = Duration::try_from_secs_f64(seconds).ok()?.as_millis();
        Timestamp::from_millis(i64::try_from(millis).ok()?)
    };
    let time = match text.parse() {
        Ok(seconds) => Timestamp::from_seconds(seconds),
        Err(_) => Timestamp::parse_rfc3339(text).or_else(|| text.parse().ok().and_then(of_seconds)),
    };
    time.filter(|time| *time > Timestamp::EPOCH)
}

pub(super) fn seconds(value: Json<'_>) -> Option<u64> {
    let text = value.scalar()?;
    let text = text.trim();
    text.parse().ok().or_else(|| {
        Some(
            Duration::try_from_secs_f64(text.parse().ok()?)
                .ok()?
                .as_secs(),
        )
    })
}

pub(super) fn event_type(value: Json<'_>) -> Result<String, PayloadError> {
    match value.string() {
        None if value.is_null() => Err(PayloadError::Missing("event_type")),
        Some(name) if name.is_empty() => Err(PayloadError::Missing("event_type")),
        Some(name) if name.len() <= MAX_ID_BYTES => Ok(Cow::into_owned(name)),
        _ => Err(PayloadError::Invalid("event_type")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Object;

    fn read<T>(json: &str, read: impl Fn(Json<'_>) -> T) -> T {
        read(
            Object::parse(&format!(r#"{{"x":{json}}}"#))
                .unwrap()
                .get("x"),
        )
    }

    #[test]
    fn a_time_is_read_in_every_spelling_and_nothing_else_is() {
        let new_year = Timestamp::from_seconds(1_767_312_000);
        for json in [
            "1767312000",
            "1767312000.0",
            "1.767312e9",
            "\"1767312000\"",
            "\"2026-01-02T00:00:00Z\"",
        ] {
            assert_eq!(read(json, time), new_year, "{json}");
        }
        assert_eq!(
            read("1767312000.25", time),
            Timestamp::from_millis(1_767_312_000_250)
        );
        for json in [
            "0",
            "-5",
            "-5.5",
            "1e300",
            "1e400",
            "\"yesterday\"",
            "\"NaN\"",
            "\"inf\"",
            "null",
            "[1]",
        ] {
            assert_eq!(read(json, time), None, "{json}");
        }
    }

    #[test]
    fn seconds_are_whole_and_a_text_is_as_good_as_a_number() {
        for json in ["62", "62.0", "62.9", "6.2e1", "\"62\"", "\" 62.5 \""] {
            assert_eq!(read(json, seconds), Some(62), "{json}");
        }
        for json in [
            "-1",
            "1e400",
            "12345678901234567890123",
            "\"long\"",
            "\"\"",
            "true",
            "[62]",
            "\"NaN\"",
        ] {
            assert_eq!(read(json, seconds), None, "{json}");
        }
    }
}
