//! The body of `POST /api/events`.

use std::borrow::Cow;

use super::{
    error::{ApiError, ErrorStatus},
    json_body::{no_name, within_bounds, wrong},
};
use crate::{
    domain::{event_type, name::is_name, timestamp::Timestamp},
    json::{self, Object},
};

/// So that the row of a delivery, and what receivers must take, stay modest.
const MAX_PAYLOAD_BYTES: usize = 60 * 1024;

/// What a request wants to have published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// One of the types that tenants publish.
    pub event_type: String,
    /// The JSON of an object: what was sent, without the space between its parts.
    pub payload: String,
    /// When it happened, if the publisher says so.
    pub occurred_at: Option<Timestamp>,
}

impl Publication {
    /// Reads a body. Nothing is made of its numbers and texts; only what could not be shown is refused.
    /// 400 that names the field; 413 when the body is too large.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        within_bounds(body)?;
        let no_object = || ApiError::new(ErrorStatus::BadRequest, "The body must be a JSON object");
        // The publisher can fix bytes that are no text, so nothing replaces them.
        let Cow::Borrowed(text) = json::text(body) else {
            return Err(no_object());
        };
        let fields = Object::parse(text).map_err(|_| no_object())?;
        Ok(Self {
            event_type: event_type(&fields)?,
            payload: payload(&fields)?,
            occurred_at: occurred_at(&fields)?,
        })
    }
}

fn event_type(fields: &Object<'_>) -> Result<String, ApiError> {
    let field = fields.get("eventType");
    if field.is_null() {
        return Err(wrong("eventType", "is required"));
    }
    let name = field
        .string()
        .filter(|name| is_name(name))
        .ok_or_else(|| no_name("eventType"))?;
    if event_type::is_published(&name) {
        return Ok(name.into_owned());
    }
    let published = event_type::all()
        .iter()
        .copied()
        .filter(|known| event_type::is_published(known));
    let published: Vec<_> = published.collect();
    Err(wrong(
        "eventType",
        &format!("must be one of {}", published.join(", ")),
    ))
}

fn payload(fields: &Object<'_>) -> Result<String, ApiError> {
    let field = fields.get("payload");
    if field.is_null() {
        return Err(wrong("payload", "is required"));
    }
    if !field.is_object() {
        return Err(wrong("payload", "must be an object"));
    }
    if json::is_deep(field.as_written()) {
        return Err(wrong("payload", "may be nested 100 levels deep at most"));
    }
    let payload = json::compact(field.as_written());
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(wrong(
            "payload",
            &format!("may have {MAX_PAYLOAD_BYTES} bytes of JSON at most"),
        ));
    }
    Ok(payload)
}

fn occurred_at(fields: &Object<'_>) -> Result<Option<Timestamp>, ApiError> {
    let field = fields.get("occurredAt");
    if field.is_null() {
        return Ok(None);
    }
    let time = field
        .string()
        .and_then(|text| Timestamp::parse_rfc3339(&text));
    time.map(Some)
        .ok_or_else(|| wrong("occurredAt", "must be an RFC 3339 time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::error::ErrorShape;

    fn publication(payload: &str) -> Result<Publication, String> {
        let body = format!(r#"{{"eventType":"transfer.completed","payload":{payload}}}"#);
        Publication::parse(body.as_bytes()).map_err(|error| error.body(ErrorShape::Success))
    }

    #[test]
    fn a_payload_is_kept_as_it_was_written() {
        for payload in [
            r#"{"id":123456789012345678901234567890,"a":1E2,"z":1.10,"b":-0}"#,
            r#"{"note":"cut \ud83d","\u0061":"\/","huge":1e400}"#,
            r#"{"z":1,"a":{"z":[],"a":null}}"#,
            "{}",
        ] {
            assert_eq!(publication(payload).unwrap().payload, payload);
        }
        assert_eq!(
            publication("{ \"a\" : [ 1 ] }").unwrap().payload,
            r#"{"a":[1]}"#
        );
        let twice = publication(r#"{}, "payload": {"b":1}, "occurredAt": null"#).unwrap();
        assert_eq!(
            (twice.payload.as_str(), twice.occurred_at),
            (r#"{"b":1}"#, None)
        );
    }

    #[test]
    fn what_cannot_be_published_is_named() {
        let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(publication(&deep(100)).is_ok());
        for payload in [
            &deep(101),
            &deep(10_000),
            "null",
            "[]",
            "7",
            &format!(r#"{{"a":"{}"}}"#, "x".repeat(61_440)),
        ] {
            assert!(
                publication(payload)
                    .unwrap_err()
                    .contains(r#""field":"payload""#)
            );
        }
        let refused = |body: &[u8]| {
            Publication::parse(body)
                .unwrap_err()
                .body(ErrorShape::Success)
        };
        for body in [
            &b""[..],
            b"[]",
            b"null",
            b"{",
            b"{\"payload\":NaN}",
            b"{\"a\":\"\xff\"}",
        ] {
            assert!(refused(body).contains("The body must be a JSON object"));
        }
        for (body, field) in [
            ("{}", "eventType"),
            (r#"{"eventType":7}"#, "eventType"),
            (r#"{"eventType":"call.completed"}"#, "eventType"),
            (
                r#"{"eventType":"transfer.completed","payload":{},"occurredAt":7}"#,
                "occurredAt",
            ),
        ] {
            assert!(
                refused(body.as_bytes()).contains(&format!(r#""field":"{field}""#)),
                "{body}"
            );
        }
    }
}
