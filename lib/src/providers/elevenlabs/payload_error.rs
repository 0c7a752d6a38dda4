//! Why a body cannot be accepted, in words that may be shown to its sender.

use serde::de::{DeserializeOwned, IgnoredAny};
use thiserror::Error;

use super::wire;

/// Why a body cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// Not JSON, or telling a field twice.
    #[error("Body is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 0.
        column: usize,
    },
    /// A JSON value of another kind.
    #[error("Body must be a JSON object")]
    NotAnObject,
    /// The sender must say what happened.
    #[error("Missing required field: event_type")]
    NoType,
    /// The sender must say to which call.
    #[error("Missing required field: call_id or conversation_id")]
    NoCall,
    /// A field has a wrong type or an impossible value.
    #[error("Invalid value of field: {0}")]
    Invalid(&'static str),
}

impl PayloadError {
    /// The field that is to blame.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotJson { .. } | Self::NotAnObject => None,
            Self::NoType => Some("event_type"),
            Self::NoCall => Some("call_id"),
            Self::Invalid(field) => Some(field),
        }
    }
}

/// The fields of a body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, PayloadError> {
    let not_json =
        |error: serde_json::Error| PayloadError::NotJson { line: error.line(), column: error.column() };
    if !wire::is_object(body) {
        let is_json = serde_json::from_slice::<IgnoredAny>(body);
        return Err(is_json.map_or_else(not_json, |_| PayloadError::NotAnObject));
    }
    serde_json::from_slice(body).map_err(not_json)
}
