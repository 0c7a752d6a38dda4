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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::{facts::Facts, owner::Owner, tests::update};

    fn call(agent_status: Option<StatusWord>, outcome: Option<Outcome>) -> Counted<'static> {
        Counted {
            tenant_id: "acme",
            status: CallStatus::Ended,
            agent_status,
            outcome,
            failure_reason: None,
        }
    }

    #[test]
    fn a_call_failed_by_its_agents_status_or_by_any_outcome_but_completed() {
        for (agent_status, outcome, failed) in [
            (None, None, false),
            (None, Some(Outcome::Completed), false),
            (None, Some(Outcome::NoAnswer), true),
            (None, Some(Outcome::Busy), true),
            (None, Some(Outcome::Failed), true),
            (Some(StatusWord::Initiated), None, false),
            (Some(StatusWord::Answered), None, false),
            (Some(StatusWord::Completed), None, false),
            (Some(StatusWord::Canceled), None, false),
            (Some(StatusWord::Busy), None, true),
            (Some(StatusWord::NoAnswer), None, true),
            (Some(StatusWord::Failed), None, true),
            (Some(StatusWord::Unreachable), None, true),
            (Some(StatusWord::Rejected), None, true),
            (Some(StatusWord::InitiationFailed), None, true),
            (Some(StatusWord::Busy), Some(Outcome::Completed), true),
            (Some(StatusWord::Completed), Some(Outcome::Busy), true),
        ] {
            let mut counts = Counts::default();
            counts.add(&call(agent_status, outcome));
            assert_eq!(
                (counts.calls, counts.failed),
                (1, usize::from(failed)),
                "{agent_status:?} {outcome:?}"
            );
        }
    }

    #[test]
    fn counts_of_parts_add_up_to_the_counts_of_all() {
        let busy = Counted {
            status: CallStatus::Failed,
            failure_reason: Some("USER_REJECTED"),
            ..call(Some(StatusWord::Busy), Some(Outcome::Busy))
        };
        let completed = call(None, Some(Outcome::Completed));
        let calls = [busy, completed, busy, busy, completed];
        let count = |calls: &[Counted<'_>]| {
            let mut counts = Counts::default();
            calls.iter().for_each(|call| counts.add(call));
            counts
        };
        let all = count(&calls);
        assert_eq!((all.calls, all.failed), (5, 3));
        let kinds = |counts: &[(&str, usize)]| -> BTreeMap<String, usize> {
            let owned = counts
                .iter()
                .map(|(kind, count)| ((*kind).to_owned(), *count));
            owned.collect()
        };
        assert_eq!(all.by_status, kinds(&[("ended", 2), ("failed", 3)]));
        assert_eq!(all.by_agent_status, kinds(&[("busy", 3)]));
        assert_eq!(all.by_outcome, kinds(&[("busy", 3), ("completed", 2)]));
        assert_eq!(all.by_failure_reason, kinds(&[("USER_REJECTED", 3)]));
        for split in 0..=calls.len() {
            let (some, others) = calls.split_at(split);
            let mut united = count(some);
            united.add_all(&count(others));
            assert_eq!(united, all, "{split}");
        }
    }

    #[test]
    fn a_call_without_an_owner_is_in_no_tenants_list() {
        let update = update("CA-one", 10, Facts::default());
        let mut call = Call::begin(&update, None);
        assert_eq!(Counted::of(&call), None);
        call.apply(&update, Some(&Owner::tenant("acme")));
        let counted = Counted::of(&call).unwrap();
        assert_eq!(
            (counted.tenant_id, counted.status),
            ("acme", CallStatus::Active)
        );
    }
}
