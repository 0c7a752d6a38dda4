//! How the calls of a window ended, counted.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;

use super::call_list::readable;
use crate::{
    auth::token::Caller,
    domain::{call::Call, timestamp::Timestamp},
    store::{
        StoreError,
        call_list::{CallList, Window},
    },
};

const STRIDE: usize = 400;
/// Reasons are free text of up to 2 KB each: so many are told, the most frequent first.
const MAX_REASONS: usize = 100;

#[derive(Debug)]
pub struct CallStats {
    pub calls: usize,
    pub by_status: BTreeMap<&'static str, usize>,
    pub by_agent_status: BTreeMap<&'static str, usize>,
    pub by_outcome: BTreeMap<&'static str, usize>,
    /// By the reason of their failure, of the calls that have one: the most frequent first.
    pub by_failure_reason: Vec<Reason>,
    /// How many calls were looked at, those that the caller may not read included.
    pub examined: usize,
    /// When the oldest of these was created, if there are older ones that were not looked at.
    pub cut_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The provider's words.
    pub reason: String,
    pub count: usize,
}

#[derive(Default)]
struct Counts {
    calls: usize,
    by_status: BTreeMap<&'static str, usize>,
    by_agent_status: BTreeMap<&'static str, usize>,
    by_outcome: BTreeMap<&'static str, usize>,
    by_reason: BTreeMap<String, usize>,
}

impl Counts {
    fn add(&mut self, call: &Call) {
        self.calls += 1;
        *self.by_status.entry(call.status().as_str()).or_default() += 1;
        if let Some(told) = call.facts.agent_status.get() {
            *self.by_agent_status.entry(told.word.as_str()).or_default() += 1;
        }
        if let Some(outcome) = call.facts.outcome() {
            *self.by_outcome.entry(outcome.as_str()).or_default() += 1;
        }
        if let Some(reason) = call.failure_reason() {
            match self.by_reason.get_mut(reason) {
                Some(count) => *count += 1,
                None => drop(self.by_reason.insert(reason.to_owned(), 1)),
            }
        }
    }
}

/// Counts the window's calls that the caller may read, the newest first and at most `at_most`.
pub async fn count_calls(
    list: &CallList,
    caller: &Caller,
    window: Window,
    at_most: usize,
) -> Result<CallStats, StoreError> {
    let tenant_id = caller.tenant_id();
    let mut newest = list.newest(&tenant_id, window, None);
    let (mut counts, mut examined, mut oldest) = (Counts::default(), 0, None);
    while examined < at_most {
        let listed = newest.next(STRIDE.min(at_most - examined)).await?;
        if listed.is_empty() {
            break;
        }
        for entry in listed {
            (examined, oldest) = (examined + 1, Some(entry.created_at));
            if let Some((call, _)) = entry.call.and_then(|call| readable(caller, call)) {
                counts.add(&call);
            }
        }
    }
    // One look ahead: whether calls are left out must be told exactly.
    let is_whole = newest.is_at_end() || newest.next(1).await?.is_empty();
    Ok(CallStats {
        calls: counts.calls,
        by_status: counts.by_status,
        by_agent_status: counts.by_agent_status,
        by_outcome: counts.by_outcome,
        by_failure_reason: most_frequent(counts.by_reason),
        examined,
        cut_at: oldest.filter(|_| !is_whole),
    })
}

fn most_frequent(by_reason: BTreeMap<String, usize>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = by_reason
        .into_iter()
        .map(|(reason, count)| Reason { reason, count })
        .collect();
    reasons.sort_by_key(|reason| Reverse(reason.count));
    reasons.truncate(MAX_REASONS);
    reasons
}
