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
    #[error("Body is neither a JSON object nor a form")]
    NotAForm,
    /// An object or a form like any other: no type of event, and no call, message or recording.
    #[error("Body is no event: it has neither a type nor the id of a call")]
    NoEvent,
    /// A field that every event has is absent; the name is that of the normalised event.
    #[error("Missing required field: {0}")]
    Missing(&'static str),
    #[error("Missing required field: call_id or conversation_id")]
    NoCall,
    /// The event is about a room, of which this is absent: the room itself, its name or its sid.
    #[error("Missing required field: {name}")]
    NoRoom {
        /// The first field of the normalised event that cannot be filled.
        name: &'static str,
        /// What is absent, as a path in the body.
        path: &'static str,
    },
    /// A field has a wrong type or an impossible value.
    #[error("Invalid value of field: {0}")]
    Invalid(&'static str),
}

impl PayloadError {
    /// The field that is to blame, if it is one field.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotJson { .. } | Self::NotAnObject | Self::NotAForm | Self::NoEvent => None,
            Self::Missing(field) | Self::Invalid(field) => Some(field),
            Self::NoCall => Some("call_id"),
            Self::NoRoom { path, .. } => Some(path),
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
