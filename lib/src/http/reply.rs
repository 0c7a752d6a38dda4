//! Successful answers.

use http::StatusCode;
use serde::Serialize;

/// A successful answer: a status and a JSON body.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    body: String,
}

impl Reply {
    /// 200 with this body.
    #[must_use]
    pub fn ok(body: &impl Serialize) -> Self {
        Self { status: StatusCode::OK, body: json(body) }
    }

    /// 201 with this body.
    #[must_use]
    pub fn created(body: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, body: json(body) }
    }

    /// 202 with this body.
    #[must_use]
    pub fn accepted(body: &impl Serialize) -> Self {
        Self { status: StatusCode::ACCEPTED, body: json(body) }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The JSON body.
    #[must_use]
    pub fn into_body(self) -> String {
        self.body
    }
}

/// JSON of one of our own answer types; these have string keys only, so they always serialise.
pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned())
}
