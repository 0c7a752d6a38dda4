//! The one error of the edge. It has two messages: what the caller may read, and the cause, which is
//! logged once and never shown.

use std::{borrow::Cow, error::Error};

use http::StatusCode;
use serde::Serialize;

use crate::auth::limiter::Exceeded;

/// A status that cannot be a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorStatus {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    PayloadTooLarge,
    TooManyRequests,
    Internal,
    BadGateway,
}

impl ErrorStatus {
    pub fn code(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
        }
    }
}

/// An answer other than success.
#[derive(Debug)]
pub struct ApiError(Box<Content>);

#[derive(Debug)]
struct Content {
    status: ErrorStatus,
    error: Cow<'static, str>,
    details: Option<String>,
    field: Option<String>,
    message: Option<Cow<'static, str>>,
    call_id: Option<String>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    retry_after: Option<u32>,
}

/// The shape of an error: each document has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{error, details?, field?, message?, call_id?, status}`: the Call Outcomes document's.
    CallOutcomes,
    /// `{success: false, message, field?}`: the Webhook API's and the inbound call document's.
    Success,
    /// `{error, message}`: the Call Capture document's. `error` names the status.
    CallCapture,
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
struct SuccessError<'a> {
    success: bool,
    message: &'a str,
    details: Option<&'a str>,
    field: Option<&'a str>,
}

#[derive(Serialize)]
struct CallCaptureError<'a> {
    error: &'a str,
    message: &'a str,
}

/// The Call Outcomes document's shape of an error.
#[serde_with::skip_serializing_none]
#[derive(Serialize)]
struct CallOutcomesError<'a> {
    error: &'a str,
    details: Option<&'a str>,
    field: Option<&'a str>,
    message: Option<&'a str>,
    call_id: Option<&'a str>,
    status: u16,
}

impl ApiError {
    /// An error with this status and headline, both for the caller.
    pub fn new(status: ErrorStatus, error: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Content {
            status,
            error: error.into(),
            details: None,
            field: None,
            message: None,
            call_id: None,
            cause: None,
            retry_after: None,
        }))
    }

    /// Says what exactly is wrong.
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// Names the field of the request that is wrong, by its path.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Adds a sentence for the caller.
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = Some(message.into());
        self
    }

    /// Repeats the id that the caller asked for.
    pub fn call_id(mut self, call_id: impl Into<String>) -> Self {
        self.0.call_id = Some(call_id.into());
        self
    }

    /// Keeps the cause for the log.
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The answer to a request that is one too many.
    pub fn exceeded(exceeded: Exceeded) -> Self {
        let message = format!(
            "More than {} requests in a minute; try again later",
            exceeded.most
        );
        let mut error = Self::new(ErrorStatus::TooManyRequests, message).cause(exceeded);
        error.0.retry_after = Some(exceeded.retry_after);
        error
    }

    /// The seconds of `Retry-After`, if it is to be sent.
    pub fn retry_after(&self) -> Option<u32> {
        self.0.retry_after
    }

    pub fn status(&self) -> StatusCode {
        self.0.status.code()
    }

    /// The cause and everything behind it, in one line for the log.
    pub fn cause_chain(&self) -> Option<String> {
        Some(crate::telemetry::chain(self.0.cause.as_deref()?))
    }

    /// The body in a document's shape.
    pub fn body(&self, shape: ErrorShape) -> String {
        match shape {
            ErrorShape::CallOutcomes => super::reply::json(&CallOutcomesError {
                error: &self.0.error,
                details: self.0.details.as_deref(),
                field: self.0.field.as_deref(),
                message: self.0.message.as_deref(),
                call_id: self.0.call_id.as_deref(),
                status: self.status().as_u16(),
            }),
            ErrorShape::Success => super::reply::json(&SuccessError {
                success: false,
                message: &self.0.error,
                details: self.0.details.as_deref(),
                field: self.0.field.as_deref(),
            }),
            ErrorShape::CallCapture => super::reply::json(&CallCaptureError {
                error: self.status().canonical_reason().unwrap_or_default(),
                message: &self.0.error,
            }),
        }
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
            error.body(ErrorShape::CallOutcomes),
            r#"{"error":"Failed to process webhook event","message":"Database connection failed","status":500}"#
        );
        assert_eq!(error.cause_chain().as_deref(), Some("secret table name"));
    }

    #[test]
    fn each_document_has_its_shape() {
        let error =
            ApiError::new(ErrorStatus::BadRequest, "company_id is required").field("company_id");
        assert_eq!(
            error.body(ErrorShape::Success),
            r#"{"success":false,"message":"company_id is required","field":"company_id"}"#
        );
        assert_eq!(
            error.body(ErrorShape::CallCapture),
            r#"{"error":"Bad Request","message":"company_id is required"}"#
        );
    }
}
