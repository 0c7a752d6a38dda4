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
    body: Cow<'static, str>,
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
        Self {
            status: StatusCode::OK,
            headers,
            body: Cow::Borrowed(text),
        }
    }

    fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self {
            status,
            headers: JSON,
            body: Cow::Owned(json(body)),
        }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn headers(&self) -> &'static [Header] {
        self.headers
    }

    pub fn into_body(self) -> Cow<'static, str> {
        self.body
    }
}

/// JSON of one of our own answer types; these have string keys only, so they always serialise.
pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned())
}
