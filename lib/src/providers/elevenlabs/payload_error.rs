//! Why a body cannot be accepted, in words that may be shown to its sender.

use thiserror::Error;

use crate::json::Fault;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadError {
    #[error("Body is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 0.
        column: usize,
    },
    #[error("Body must be a JSON object")]
    NotAnObject,
    #[error("Missing required field: event_type")]
    NoType,
    #[error("Missing required field: call_id or conversation_id")]
    NoCall,
    /// A field has a wrong type or an impossible value.
    #[error("Invalid value of field: {0}")]
    Invalid(&'static str),
}

impl PayloadError {
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotJson { .. } | Self::NotAnObject => None,
            Self::NoType => Some("event_type"),
            Self::NoCall => Some("call_id"),
            Self::Invalid(field) => Some(field),
        }
    }
}

impl From<Fault> for PayloadError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotJson { line, column } => Self::NotJson { line, column },
            Fault::NotAnObject => Self::NotAnObject,
        }
    }
}
