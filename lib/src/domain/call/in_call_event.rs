//! What a provider's event reports beside the life of its call, and may report many times in it.

use std::collections::BTreeMap;

use crate::domain::scalar::Scalar;

/// Something that happened in a call: a recording, the voice, the agent, a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCallEvent {
    pub event_type: String,
    pub details: BTreeMap<&'static str, Scalar>,
}

impl InCallEvent {
    /// An occurrence of this type, of which this much is known.
    pub fn new<const N: usize>(
        event_type: &str,
        details: [(&'static str, Option<Scalar>); N],
    ) -> Self {
        let known = details
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        Self {
            event_type: event_type.to_owned(),
            details: known.collect(),
        }
    }

    /// The member of the payload that holds what is told of it: the family of its type.
    pub fn subject(&self) -> &str {
        self.event_type.split('.').next().unwrap_or_default()
    }
}

/// Names a recording in a state, so that whoever reports the same again names the same.
pub fn recording_state(event_type: &str, id: &str) -> String {
    let state = event_type.split('.').next_back().unwrap_or(event_type);
    format!("{state}#{id}")
}

/// Names a transfer to a leg in a state.
pub fn transfer_state(event_type: &str, leg: &str) -> String {
    format!("{event_type}#{leg}")
}
