//! What a provider's event reports apart from the call's lifecycle. It may happen many times in a
//! call.

use std::collections::BTreeMap;

use crate::domain::scalar::Scalar;

/// Something that happened in a call: a recording, the voice, the agent, a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCallEvent {
    pub event_type: String,
    pub details: BTreeMap<&'static str, Scalar>,
}

impl InCallEvent {
    /// Details without a value are left out.
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

    /// The member of the payload that holds the details: the family of the type.
    pub fn subject(&self) -> &str {
        self.event_type.split('.').next().unwrap_or_default()
    }
}

/// Names a recording in a state. Events that report the same state of a recording get the same
/// name.
pub fn recording_state(event_type: &str, id: &str) -> String {
    let state = event_type.split('.').next_back().unwrap_or(event_type);
    format!("{state}#{id}")
}

/// Names a transfer to a leg in a state.
pub fn transfer_state(event_type: &str, leg: &str) -> String {
    format!("{event_type}#{leg}")
}
