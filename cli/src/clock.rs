//! The time, and times as people write them.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// The time of this machine.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    Timestamp::now()
}

/// A length of time: `90s`, `10m`, `2h`, `3d`.
pub(crate) fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let wanted = "a length of time is written like 90s, 10m, 2h or 3d";
    let span: Span = text.parse().map_err(|_| wanted.to_owned())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours());
    duration
        .ok()
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| wanted.to_owned())
}

/// A moment: RFC 3339, or a length of time before now.
pub(crate) fn parse_moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let ago = parse_duration(text);
    let moment = ago.ok().and_then(|ago| now().checked_sub(ago).ok());
    moment.ok_or_else(|| "a moment is RFC 3339 (2026-11-01T14:00:00Z), or a length of time before now (10m, 2h, 3d)".to_owned())
}

/// A moment as the API writes it.
pub(crate) fn rfc3339(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_a_length_before_now() {
        assert_eq!(
            rfc3339(parse_moment("2026-11-01T14:00:00Z").unwrap()),
            "2026-11-01T14:00:00.000Z"
        );
        let moment = parse_moment("3d").unwrap();
        assert_eq!(now().duration_since(moment).as_hours(), 72);
        for wrong in ["", "yesterday", "-5m", "0s", "10", "99999999999d"] {
            assert!(parse_moment(wrong).is_err(), "{wrong}");
        }
    }
}
