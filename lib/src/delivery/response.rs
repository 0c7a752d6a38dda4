//! What is stored of an endpoint's response: enough to see why a delivery failed, within bounds.

use std::{collections::BTreeMap, time::Duration};

use http::{
    HeaderMap, HeaderName,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE},
};
use reqwest::Response;

use crate::domain::timestamp::Timestamp;

/// Bytes kept of the body of a success.
const SUCCESS_BODY_BYTES: usize = 1_024;
/// Bytes kept of any other body, which explains the failure.
const FAILURE_BODY_BYTES: usize = 4 * 1_024;
const MAX_HEADERS: usize = 16;
const MAX_HEADER_NAME_BYTES: usize = 64;
const MAX_HEADER_VALUE_BYTES: usize = 256;
const MAX_HEADERS_BYTES: usize = 2 * 1_024;
/// Headers that explain a failure are kept first.
const KEPT_FIRST: [HeaderName; 3] = [LOCATION, RETRY_AFTER, CONTENT_TYPE];

/// The beginning of the body; the rest is never read. If the connection breaks or stalls, what was received
/// until then.
pub(super) async fn body(mut answer: Response) -> String {
    let limit = if answer.status().is_success() {
        SUCCESS_BODY_BYTES
    } else {
        FAILURE_BODY_BYTES
    };
    let mut body = Vec::new();
    while body.len() < limit {
        let Ok(Some(chunk)) = answer.chunk().await else {
            break;
        };
        body.extend(chunk.iter().take(limit - body.len()));
    }
    cut(&body, limit)
}

/// The headers worth keeping; cookies are credentials.
pub(super) fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let first = KEPT_FIRST
        .iter()
        .filter_map(|name| Some((name, headers.get(name)?)));
    let rest = headers
        .iter()
        .filter(|(name, _)| !KEPT_FIRST.contains(name) && *name != SET_COOKIE);
    let (mut kept, mut bytes) = (BTreeMap::new(), 0);
    for (name, value) in first
        .chain(rest)
        .filter(|(name, _)| name.as_str().len() <= MAX_HEADER_NAME_BYTES)
    {
        let value = cut(value.as_bytes(), MAX_HEADER_VALUE_BYTES);
        bytes += name.as_str().len() + value.len();
        if kept.len() == MAX_HEADERS || bytes > MAX_HEADERS_BYTES {
            break;
        }
        // The first value of a repeated header.
        kept.entry(name.as_str().to_owned()).or_insert(value);
    }
    kept
}

/// Seconds the endpoint asks to wait (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().ok()?)
    } else {
        Duration::from_millis(Timestamp::parse_rfc2822(text)?.millis_since(now))
    };
    Some(asked.as_secs() + u64::from(asked.subsec_nanos() > 0))
}

/// At most `limit` bytes of text; invalid UTF-8 is replaced.
fn cut(bytes: &[u8], limit: usize) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    text.truncate(text.floor_char_boundary(limit));
    text
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header::HOST};

    use super::*;

    fn map(headers: &[(&str, &[u8])]) -> HeaderMap {
        let parsed = headers.iter().map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_bytes(value).unwrap(),
            )
        });
        let mut map = HeaderMap::new();
        parsed.for_each(|(name, value)| {
            map.append(name, value);
        });
        map
    }

    #[test]
    fn headers_are_kept_within_bounds_and_without_cookies() {
        let kept = headers(&map(&[
            ("set-cookie", b"session=1"),
            ("x-long", &[b'x'; 10_000]),
            ("x-odd", b"caf\xe9 \xff"),
            ("x-twice", b"first"),
            ("x-twice", b"second"),
            (&"n".repeat(65), b"a name too long"),
            ("content-type", b"text/plain"),
        ]));
        let names: Vec<_> = kept.keys().map(String::as_str).collect();
        assert_eq!(names, ["content-type", "x-long", "x-odd", "x-twice"]);
        assert_eq!(
            (kept["x-long"].len(), kept["x-twice"].as_str()),
            (256, "first")
        );
        assert_eq!(kept["x-odd"], "caf\u{fffd} \u{fffd}");
    }

    #[test]
    fn what_explains_a_failure_is_kept_whatever_else_there_is() {
        let mut many = HeaderMap::new();
        for number in 0..50 {
            many.insert(
                format!("x-{number}").parse::<HeaderName>().unwrap(),
                HeaderValue::from_static("v"),
            );
        }
        many.insert(HOST, HeaderValue::from_static("x"));
        many.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        many.insert(
            LOCATION,
            HeaderValue::from_static("https://elsewhere.example/"),
        );
        let kept = headers(&many);
        assert_eq!(kept.len(), MAX_HEADERS);
        assert!(kept.contains_key("location") && kept.contains_key("retry-after"));
        let large = (0..16).map(|number| (format!("x-{number}"), "é".repeat(300)));
        let large = large.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value));
        let large = headers(
            &large
                .map(|(name, value)| (name, value.parse().unwrap()))
                .collect(),
        );
        let bytes: usize = large
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        assert!(large.len() > 4 && bytes <= MAX_HEADERS_BYTES, "{bytes}");
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = Timestamp::parse_rfc3339("2026-11-21T14:00:00.250Z").unwrap();
        for (text, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("Sat, 21 Nov 2026 14:02:00 GMT", Some(120)),
            ("Sat, 21 Nov 2026 13:00:00 GMT", Some(0)),
            ("Sat, 21 Nov 2026 16:00:01 +0200", Some(1)),
            ("Mon, 21 Nov 2026 14:02:00 GMT", None),
            ("2026-11-21T14:02:00Z", None),
        ] {
            let asked = retry_after(&map(&[("retry-after", text.as_bytes())]), now);
            assert_eq!(asked, seconds, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("aé".as_bytes(), 2), "a");
        assert_eq!(cut(b"\xff\xff\xff", 4), "\u{fffd}");
        assert_eq!(cut(b"whole", 5), "whole");
    }
}
