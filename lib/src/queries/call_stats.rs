//! Counting the calls of a window by status and outcome.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;

use super::call::readable;
use crate::{
    auth::token::Caller,
    domain::{call::Call, timestamp::Timestamp},
    store::{
        StoreError,
        call_list::{CallList, Window},
    },
};

const STRIDE: usize = 400;
/// Reasons are free text of up to 2 KB each; only the most frequent are returned.
const MAX_REASONS: usize = 100;

#[derive(Debug)]
pub struct CallStats {
    pub calls: usize,
    pub by_status: BTreeMap<&'static str, usize>,
    pub by_agent_status: BTreeMap<&'static str, usize>,
    pub by_outcome: BTreeMap<&'static str, usize>,
    /// The most frequent first.
    pub by_failure_reason: Vec<Reason>,
    /// Includes calls that the caller may not read.
    pub examined: usize,
    /// When the oldest examined call was created, if there are older ones.
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
        if let Some(status) = call.facts.agent_status.get() {
            *self
                .by_agent_status
                .entry(status.word.as_str())
                .or_default() += 1;
        }
        if let Some(outcome) = call.facts.outcome() {
            *self.by_outcome.entry(outcome.as_str()).or_default() += 1;
        }
        if let Some(reason) = call.failure_reason() {
            *self.by_reason.entry(reason.to_owned()).or_default() += 1;
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
    // Reads one more call, because `cut_at` must be exact.
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
