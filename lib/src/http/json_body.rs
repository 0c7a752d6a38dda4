//! The fields of a JSON body that configures something: a missing or wrong one is a 400 that names
//! it. Unknown ones are let pass, so that a client may be newer than this version.

use crate::{
    domain::{name::is_name, timestamp::Timestamp},
    json,
};
use std::fmt;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::{ApiError, ErrorStatus};

/// The largest body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The fields of a body.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

/// Shows which fields there are: what they hold may be a secret.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fields {
    /// Reads a body.
    /// 400 when it is no JSON object; 413 when it is larger than what configures anything.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        within_bounds(body)?;
        match json::value(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(ApiError::new(
                ErrorStatus::BadRequest,
                "The body must be a JSON object",
            )),
        }
    }

    /// Reads a body that may be left out.
    /// As [`Fields::parse`], when there is one.
    pub fn parse_optional(body: &[u8]) -> Result<Self, ApiError> {
        if body.is_empty() {
            Ok(Self::default())
        } else {
            Self::parse(body)
        }
    }

    /// Whether no other field than this one is there.
    pub fn are_only(&self, field: &str) -> bool {
        !self.0.is_empty() && self.0.keys().all(|key| key == field)
    }

    /// What a field holds, if it is there.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// What stands in a field; `None` where it is left out or `null`.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// An id or name that may be left out, or be `null`.
    /// 400 when it is something else.
    pub fn name(&self, field: &'static str) -> Result<Option<String>, ApiError> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if is_name(text) => Ok(Some(text.clone())),
            Some(_) => Err(no_name(field)),
        }
    }

    /// An id or name that must be there.
    /// 400 when it is missing or something else.
    pub fn required_name(&self, field: &'static str) -> Result<String, ApiError> {
        self.name(field)?.ok_or_else(|| wrong(field, "is required"))
    }

    /// A moment that may be left out, or be `null`.
    /// 400 when it is something else.
    pub fn time(&self, field: &'static str) -> Result<Option<Timestamp>, ApiError> {
        let time = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_str().and_then(Timestamp::parse_rfc3339),
        };
        time.map(Some)
            .ok_or_else(|| wrong(field, "must be a time like 2026-11-01T00:00:00Z"))
    }

    /// A UUID that must be there.
    /// 400 when it is missing or something else.
    pub fn required_uuid(&self, field: &'static str) -> Result<Uuid, ApiError> {
        let text = self.required_name(field)?;
        Uuid::try_parse(&text).map_err(|_| wrong(field, "must be a UUID"))
    }
}

/// Refuses a body that is larger than what configures or publishes anything.
pub(super) fn within_bounds(body: &[u8]) -> Result<(), ApiError> {
    if body.len() <= MAX_BODY_BYTES {
        return Ok(());
    }
    let details = format!("The body may have {MAX_BODY_BYTES} bytes at most");
    Err(ApiError::new(ErrorStatus::PayloadTooLarge, "The body is too large").details(details))
}

/// An id as it stands in a path. API Gateway hands it over encoded or decoded; both name the same
/// entry, because no id has a `%`.
/// 400 when it can be no id.
pub fn path_id(field: &'static str, text: &str) -> Result<String, ApiError> {
    let decoded = percent_decoded(text).filter(|id| is_name(id) && !id.contains('%'));
    decoded.ok_or_else(|| {
        wrong(
            field,
            "must have 1 to 256 bytes of UTF-8, without control characters and without %",
        )
    })
}

/// The answer to a text that can be no id or name.
pub fn no_name(field: &str) -> ApiError {
    wrong(
        field,
        "must be a string of 1 to 256 bytes without control characters",
    )
}

/// The answer to a field that is wrong; inside another it is named by its path, `retryConfig.maxDelay`.
pub fn wrong(field: &str, why: &str) -> ApiError {
    ApiError::new(ErrorStatus::BadRequest, format!("{field} {why}")).field(field)
}

/// RFC 3986, section 2.1. A `+` is itself: only forms mean a space by it.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.extend(hex::decode(code).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::error::ErrorShape;

    fn refusal<T: fmt::Debug>(result: Result<T, ApiError>) -> String {
        result.unwrap_err().body(ErrorShape::Success)
    }

    #[test]
    fn a_field_is_read_or_named() {
        let body =
            br#"{"name":"Demo","none":null,"number":7,"empty":"","line":"a\nb","newer":{"a":[]}}"#;
        let fields = Fields::parse(body).unwrap();
        assert_eq!(fields.name("name").unwrap().as_deref(), Some("Demo"));
        assert_eq!(fields.name("none").unwrap(), None);
        assert_eq!(fields.name("absent").unwrap(), None);
        for wrong in ["number", "empty", "line", "newer"] {
            assert!(refusal(fields.name(wrong)).contains(&format!(r#""field":"{wrong}""#)));
        }
        assert!(refusal(fields.required_name("none")).contains("none is required"));
        assert!(refusal(fields.required_uuid("name")).contains("name must be a UUID"));
    }

    #[test]
    fn a_time_is_that_of_rfc_3339() {
        let body = br#"{"time":"2026-11-01T02:00:00+02:00","none":null,"day":"2026-11-01","zone":"2026-11-01T00:00:00",
            "number":1793491200,"old":"1969-12-31T23:59:59Z","empty":""}"#;
        let fields = Fields::parse(body).unwrap();
        assert_eq!(
            fields.time("time").unwrap(),
            Timestamp::parse_rfc3339("2026-11-01T00:00:00Z")
        );
        assert_eq!(
            (fields.time("none").unwrap(), fields.time("absent").unwrap()),
            (None, None)
        );
        for wrong in ["day", "zone", "number", "old", "empty"] {
            assert!(
                refusal(fields.time(wrong)).contains(&format!(r#""field":"{wrong}""#)),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_name_has_256_bytes_at_most() {
        let long = |length: usize| {
            Fields::parse(format!(r#"{{"name":"{}"}}"#, "é".repeat(length)).as_bytes())
        };
        assert!(long(128).unwrap().name("name").is_ok());
        assert!(long(129).unwrap().name("name").is_err());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = [b"[".repeat(10_000), b"{\"a\":".repeat(10_000)];
        assert!(Fields::parse_optional(b"").unwrap().get("name").is_none());
        assert!(refusal(Fields::parse_optional(b"[]")).contains("The body must be a JSON object"));
        for body in [
            &b""[..],
            b"[]",
            b"null",
            b"\"text\"",
            b"{",
            &deep[0],
            &deep[1],
        ] {
            assert!(refusal(Fields::parse(body)).contains("The body must be a JSON object"));
        }
        for body in [
            &b"\xef\xbb\xbf{}"[..],
            b"{\"a\":\"\\ud83d\"}",
            b"{\"a\":1e400}",
        ] {
            assert!(
                Fields::parse(body).is_ok(),
                "what clients write beside the plainest JSON"
            );
        }
        let large = Fields::parse(&vec![b' '; MAX_BODY_BYTES + 1]);
        assert!(refusal(large).contains("The body is too large"));
    }

    #[test]
    fn an_id_is_the_same_encoded_and_decoded() {
        for (encoded, id) in [
            ("%2B15551234567", "+15551234567"),
            ("a%20b%2Fc", "a b/c"),
            ("%c3%A9", "é"),
        ] {
            assert_eq!(path_id("id", encoded).unwrap(), id);
            assert_eq!(path_id("id", id).unwrap(), id);
        }
        for wrong in [
            "",
            "%",
            "%2",
            "%zz",
            "%é",
            "a%00b",
            "%ff",
            "%2541",
            "a\u{7f}",
            &"x".repeat(257),
        ] {
            assert!(
                refusal(path_id("id", wrong)).contains(r#""field":"id""#),
                "{wrong:?}"
            );
        }
    }
}
