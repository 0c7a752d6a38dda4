//! Payloads as the history shows them: JSON as it came, as far as any parser reads it; a form as an object;
//! anything else as a string.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::{json, queries::history::EXCERPT_BYTES, store::events::Excerpt};

/// What a list shows of a payload, in bytes.
const LISTED_BYTES: usize = 8 * 1_024;
/// The longest payload that a detail shows, in bytes.
const SHOWN_BYTES: usize = 4 * 1_024 * 1_024;
/// What a detail shows of a longer one. An invocation's answer may have 6 MB, and it is a string in
/// JSON itself: there a quotation mark of cut JSON has four bytes, and a control character of a text seven.
const BEGINNING_BYTES: usize = 512 * 1_024;
/// Forms come from here.
const SENDS_FORMS: &str = "signalwire";

// A form is longer than its object, at most threefold.
const _: () = assert!(EXCERPT_BYTES >= 3 * LISTED_BYTES);

/// A payload.
#[derive(Debug)]
pub struct Payload {
    /// Its JSON.
    pub json: Box<RawValue>,
    /// Whether it is a string of the payload's beginning.
    pub is_cut: bool,
}

/// What is posted to subscriptions.
#[derive(Deserialize)]
struct Posted<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

/// What a form has under one name.
#[derive(Serialize)]
#[serde(untagged)]
enum Parameter<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

impl Payload {
    /// The payload of an event that has expired.
    pub fn expired() -> Self {
        Self {
            json: RawValue::NULL.to_owned(),
            is_cut: false,
        }
    }

    /// What a list shows of a body that was received from `source`.
    pub fn listed(source: &str, excerpt: &Excerpt) -> Self {
        if excerpt.is_whole {
            Content::received(source, &excerpt.bytes).listed()
        } else {
            Self::beginning(&String::from_utf8_lossy(&excerpt.bytes), LISTED_BYTES)
        }
    }

    /// What a list shows of a body that is posted.
    pub fn listed_posted(body: &[u8]) -> Self {
        Content::posted(body).listed()
    }

    /// The whole body that was received from `source`, if an answer can hold it.
    pub fn whole(source: &str, body: &[u8]) -> Self {
        Content::received(source, body).shown()
    }

    /// The whole body that is posted, if an answer can hold it.
    pub fn whole_posted(body: &[u8]) -> Self {
        Content::posted(body).shown()
    }

    fn beginning(text: &str, bytes: usize) -> Self {
        let text = text
            .get(..text.floor_char_boundary(bytes))
            .unwrap_or_default();
        Self {
            json: string(text),
            is_cut: true,
        }
    }
}

/// What a body holds.
enum Content<'a> {
    Json(Box<RawValue>),
    Text(Cow<'a, str>),
}

impl<'a> Content<'a> {
    fn received(source: &str, body: &'a [u8]) -> Self {
        if let Some(json) = json::shown_body(body) {
            return Self::Json(json);
        }
        if source == SENDS_FORMS {
            return Self::Json(form(body));
        }
        Self::Text(String::from_utf8_lossy(body))
    }

    fn posted(body: &'a [u8]) -> Self {
        let posted = serde_json::from_slice::<Posted>(body).ok();
        match posted.and_then(|posted| json::shown_body(posted.data.get().as_bytes())) {
            Some(data) => Self::Json(data),
            None => Self::Text(String::from_utf8_lossy(body)),
        }
    }

    fn listed(self) -> Payload {
        let (json, text) = self.json();
        if json.get().len() <= LISTED_BYTES {
            return Payload {
                json,
                is_cut: false,
            };
        }
        Payload::beginning(text.as_deref().unwrap_or(json.get()), LISTED_BYTES)
    }

    fn shown(self) -> Payload {
        let (json, text) = self.json();
        let escaped = json
            .get()
            .bytes()
            .filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t'));
        if json.get().len() + escaped.count() <= SHOWN_BYTES {
            return Payload {
                json,
                is_cut: false,
            };
        }
        Payload::beginning(text.as_deref().unwrap_or(json.get()), BEGINNING_BYTES)
    }

    /// Its JSON, and the text of which that is the string.
    fn json(self) -> (Box<RawValue>, Option<Cow<'a, str>>) {
        match self {
            Self::Json(json) => (json, None),
            Self::Text(text) => (string(&text), Some(text)),
        }
    }
}

/// The parameters of a form by their names; one that is there several times is a list.
fn form(body: &[u8]) -> Box<RawValue> {
    let mut parameters = BTreeMap::<Cow<str>, Vec<Cow<str>>>::new();
    for (name, value) in form_urlencoded::parse(body) {
        parameters.entry(name).or_default().push(value);
    }
    let parameters: BTreeMap<_, _> = parameters
        .into_iter()
        .map(
            |(name, mut values)| match (values.pop(), values.is_empty()) {
                (Some(value), true) => (name, Parameter::One(value)),
                (last, _) => (
                    name,
                    Parameter::Many(values.into_iter().chain(last).collect()),
                ),
            },
        )
        .collect();
    to_raw_value(&parameters).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn string(text: &str) -> Box<RawValue> {
    to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn listed(source: &str, body: &str) -> (String, bool) {
        let excerpt = Excerpt {
            bytes: Bytes::copy_from_slice(body.as_bytes()),
            is_whole: true,
        };
        let payload = Payload::listed(source, &excerpt);
        (payload.json.get().to_owned(), payload.is_cut)
    }

    #[test]
    fn a_body_is_shown_as_what_it_is() {
        for (source, body, json) in [
            (
                "livekit",
                r#"{"b":1.10,"a":[null]}"#,
                r#"{"b":1.10,"a":[null]}"#,
            ),
            ("signalwire", r#"{"call_id":"CA1"}"#, r#"{"call_id":"CA1"}"#),
            (
                "signalwire",
                "To=%2B1800&From=a+b&To=2&Empty=",
                r#"{"Empty":"","From":"a b","To":["+1800","2"]}"#,
            ),
            (
                "livekit",
                "\u{feff}{\"a\":\"cut \\ud83d\",\"b\":1e400}",
                "{\"a\":\"cut \\ufffd\",\"b\":\"1e400\"}",
            ),
            ("livekit", "To=%2B1800", r#""To=%2B1800""#),
            ("livekit", "", r#""""#),
            ("livekit", "{\"a\":", r#""{\"a\":""#),
        ] {
            assert_eq!(listed(source, body), (json.to_owned(), false), "{body}");
        }
        let payload =
            Payload::listed_posted(br#"{"type":"t","timestamp":"x","data":{"z":1,"a":2}}"#);
        assert_eq!(payload.json.get(), r#"{"z":1,"a":2}"#);
        assert_eq!(Payload::whole_posted(b"no JSON").json.get(), r#""no JSON""#);
        assert_eq!(
            Payload::whole("livekit", b"\xff").json.get(),
            "\"\u{fffd}\""
        );
    }

    #[test]
    fn a_list_shows_eight_kilobytes_and_whole_characters_of_a_longer_one() {
        let fits = format!(r#""{}""#, "x".repeat(LISTED_BYTES - 2));
        assert_eq!(listed("livekit", &fits), (fits.clone(), false));
        let long = format!(r#"{{"a":"{}"}}"#, "ä".repeat(LISTED_BYTES / 2));
        let (json, is_cut) = listed("livekit", &long);
        let text: String = serde_json::from_str(&json).unwrap();
        // The six bytes before it are even in number, and every character has two.
        assert_eq!(
            (text.len(), is_cut, long.starts_with(&text)),
            (LISTED_BYTES, true, true)
        );
        let (json, _) = listed("livekit", &format!(" {long}"));
        assert_eq!(
            serde_json::from_str::<String>(&json).unwrap().len(),
            LISTED_BYTES
        );
        let odd = format!(r#"{{"ab":"{}"}}"#, "ä".repeat(LISTED_BYTES));
        assert_eq!(
            serde_json::from_str::<String>(&listed("livekit", &odd).0)
                .unwrap()
                .len(),
            LISTED_BYTES - 1
        );
    }

    #[test]
    fn a_text_that_is_cut_has_no_quotation_mark_before_it() {
        let (json, is_cut) = listed("livekit", &"ten bytes.".repeat(1_000));
        assert!(
            is_cut && json.starts_with(r#""ten bytes"#),
            "{}",
            &json[..20]
        );
    }

    #[test]
    fn no_payload_outgrows_an_answer() {
        let envelope = |payload: &Payload| serde_json::to_string(payload.json.get()).unwrap().len();
        for (body, is_cut) in [
            (format!(r#""{}""#, "x".repeat(4_000_000)), false),
            (format!(r#""{}""#, r#"\""#.repeat(2_000_000)), true),
            (format!("[{}1]", r#""","#.repeat(1_500_000)), true),
            ("\u{1}".repeat(4_000_000), true),
        ] {
            let payload = Payload::whole("livekit", body.as_bytes());
            assert_eq!(payload.is_cut, is_cut);
            assert!(envelope(&payload) < 5_000_000, "{}", envelope(&payload));
        }
    }
}
