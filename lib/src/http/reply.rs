//! Successful answers.

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

/// A header of an answer: its name and its value.
pub type Header = (&'static str, &'static str);

/// What says that a body is JSON.
pub const JSON: &[Header] = &[("content-type", "application/json")];

/// A successful answer: a status, headers and a body.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: &'static [Header],
    own_headers: Vec<(&'static str, String)>,
    body: Content,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Content {
    Text(Cow<'static, str>),
    /// Of a file that is embedded in the function.
    Bytes(&'static [u8]),
}

impl Reply {
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub fn created(body: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    pub fn accepted(body: &impl Serialize) -> Self {
        Self::json(StatusCode::ACCEPTED, body)
    }

    /// 200 with a text that is embedded in the function, and headers that say what it is.
    pub fn text(text: &'static str, headers: &'static [Header]) -> Self {
        Self::new(StatusCode::OK, headers, Content::Text(Cow::Borrowed(text)))
    }

    /// 200 with a file that is embedded in the function.
    pub fn bytes(bytes: &'static [u8], headers: &'static [Header]) -> Self {
        Self::new(StatusCode::OK, headers, Content::Bytes(bytes))
    }

    /// 302 to another page, whose address may be relative.
    pub fn found(location: &str) -> Self {
        let nothing = Content::Text(Cow::Borrowed(""));
        Self::new(StatusCode::FOUND, &[], nothing).with_header("location", location.to_owned())
    }

    /// The answer with a header whose value is only known when the function runs.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.own_headers.push((name, value));
        self
    }

    fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::new(status, JSON, Content::Text(Cow::Owned(json(body))))
    }

    fn new(status: StatusCode, headers: &'static [Header], body: Content) -> Self {
        Self {
            status,
            headers,
            own_headers: Vec::new(),
            body,
        }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let fixed = self.headers.iter().copied();
        let own = self.own_headers.iter();
        fixed.chain(own.map(|(name, value)| (*name, value.as_str())))
    }

    pub fn into_body(self) -> Content {
        self.body
    }
}

/// JSON of one of our own answer types; these have string keys only, so they always serialise.
pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned())
}
