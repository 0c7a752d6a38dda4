//! The one error of the edge. It has two messages: what the caller may read, and the cause, which is
//! logged once and never shown.

use std::{borrow::Cow, error::Error};

use http::StatusCode;
use serde::Serialize;

/// A status that cannot be a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorStatus {
    /// 400
    BadRequest,
    /// 401
    Unauthorized,
    /// 404
    NotFound,
    /// 413
    PayloadTooLarge,
    /// 500
    Internal,
}

impl ErrorStatus {
    /// The HTTP status.
    #[must_use]
    pub fn code(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An answer other than success.
#[derive(Debug)]
pub struct ApiError {
    status: ErrorStatus,
    error: Cow<'static, str>,
    details: Option<String>,
    field: Option<String>,
    message: Option<Cow<'static, str>>,
    call_id: Option<String>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The Call Outcomes document's shape of an error.
#[derive(Serialize)]
struct CallOutcomesError<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<&'a str>,
    status: u16,
}

impl ApiError {
    /// An error with this status and headline, both for the caller.
    #[must_use]
    pub fn new(status: ErrorStatus, error: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            error: error.into(),
            details: None,
            field: None,
            message: None,
            call_id: None,
            cause: None,
        }
    }

    /// Says what exactly is wrong.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Names the field of the request that is wrong, by its path.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a sentence for the caller.
    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Repeats the id that the caller asked for.
    #[must_use]
    pub fn call_id(mut self, call_id: impl Into<String>) -> Self {
        self.call_id = Some(call_id.into());
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status.code()
    }

    /// The cause and everything behind it, in one line for the log.
    #[must_use]
    pub fn cause_chain(&self) -> Option<String> {
        Some(crate::telemetry::chain(self.cause.as_deref()?))
    }

    /// The body in the Call Outcomes document's shape.
    #[must_use]
    pub fn body(&self) -> String {
        let body = CallOutcomesError {
            error: &self.error,
            details: self.details.as_deref(),
            field: self.field.as_deref(),
            message: self.message.as_deref(),
            call_id: self.call_id.as_deref(),
            status: self.status().as_u16(),
        };
        super::reply::json(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_the_documents_and_holds_no_cause() {
        let error = ApiError::new(ErrorStatus::Internal, "Failed to process webhook event")
            .message("Database connection failed")
            .cause("secret table name");
        assert_eq!(
            error.body(),
            r#"{"error":"Failed to process webhook event","message":"Database connection failed","status":500}"#
        );
        assert_eq!(error.cause_chain().as_deref(), Some("secret table name"));
    }
}
