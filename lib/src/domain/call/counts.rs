//! Counting calls by how they ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Call, CallStatus, agent_status::StatusWord, outcome::Outcome};

/// What is counted of a call. A change of anything else changes no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'a> {
    pub tenant_id: &'a str,
    status: CallStatus,
    agent_status: Option<StatusWord>,
    outcome: Option<Outcome>,
    failure_reason: Option<&'a str>,
}

/// How many calls there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    pub calls: usize,
    pub failed: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_status: BTreeMap<String, usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_agent_status: BTreeMap<String, usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_outcome: BTreeMap<String, usize>,
    /// By the provider's words.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_failure_reason: BTreeMap<String, usize>,
}

impl<'a> Counted<'a> {
    /// `None` while the call has no owner: no tenant's list has it.
    pub fn of(call: &'a Call) -> Option<Self> {
        Some(Self {
            tenant_id: &call.owner.as_ref()?.tenant_id,
            status: call.status(),
            agent_status: call.facts.agent_status.get().map(|status| status.word),
            outcome: call.facts.outcome(),
            failure_reason: call.failure_reason(),
        })
    }

    /// Whether the ElevenLabs document counts it among the failed calls.
    fn is_failed(&self) -> bool {
        let of_agent = matches!(
            self.agent_status,
            Some(
                StatusWord::Busy
                    | StatusWord::NoAnswer
                    | StatusWord::Failed
                    | StatusWord::Unreachable
                    | StatusWord::Rejected
                    | StatusWord::InitiationFailed
            )
        );
        of_agent
            || self
                .outcome
                .is_some_and(|outcome| outcome != Outcome::Completed)
    }
}

impl Counts {
    pub fn add(&mut self, call: &Counted<'_>) {
        self.calls += 1;
        self.failed += usize::from(call.is_failed());
        add(&mut self.by_status, Some(call.status.as_str()), 1);
        let agent_status = call.agent_status.map(StatusWord::as_str);
        add(&mut self.by_agent_status, agent_status, 1);
        add(&mut self.by_outcome, call.outcome.map(Outcome::as_str), 1);
        add(&mut self.by_failure_reason, call.failure_reason, 1);
    }

    /// Adds the counts of other calls.
    pub fn add_all(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        for (own, other) in [
            (&mut self.by_status, &other.by_status),
            (&mut self.by_agent_status, &other.by_agent_status),
            (&mut self.by_outcome, &other.by_outcome),
            (&mut self.by_failure_reason, &other.by_failure_reason),
        ] {
            for (kind, count) in other {
                add(own, Some(kind), *count);
            }
        }
    }
}

fn add(counts: &mut BTreeMap<String, usize>, kind: Option<&str>, count: usize) {
    let Some(kind) = kind else { return };
    match counts.get_mut(kind) {
        Some(known) => *known += count,
        None => {
            counts.insert(kind.to_owned(), count);
        }
    }
}
