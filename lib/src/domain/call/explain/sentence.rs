//! The rule that decided an outcome, and its grounds, in plain English.

use std::collections::BTreeSet;

use serde_json::Value;

use super::claim::ExplainedClaim;
use crate::domain::{
    call::{
        Call,
        outcome::{Outcome, Rule},
    },
    summary::display_name,
};

/// A longer reason is cut: it is a provider's text.
const MAX_REASON_CHARS: usize = 80;

pub(super) fn of(rule: Rule, call: &Call, claims: &[ExplainedClaim]) -> String {
    let lasted = lasted(call);
    let means = rule.outcome().map_or("", in_words);
    match rule {
        Rule::Ongoing => "The call has not ended.".to_owned(),
        Rule::ReasonBusy | Rule::ReasonUnavailable | Rule::ReasonError => {
            let reason = call.facts.ending().and_then(|ending| ending.reason());
            let reason = cut(reason.unwrap_or_default());
            let source =
                winner(claims, "reason").map_or("A provider", |claim| display_name(&claim.source));
            format!("{source} gave the reason {reason} for the end, which means {means}.")
        }
        Rule::Verdict(_) => match winner(claims, "outcome") {
            Some(claim) => {
                let source = display_name(&claim.source);
                let reported = format!("{source} reported {means} (rank {}).", claim.rank);
                [reported, others(claim, claims)]
                    .join(" ")
                    .trim_end()
                    .to_owned()
            }
            None => format!("A provider reported {means}."),
        },
        Rule::TooShort => format!("The call {lasted}; less than 3 seconds means {means}."),
        Rule::NeverAnswered => format!("The call {lasted}; less than 10 seconds means {means}."),
        Rule::NeverConnected => format!("The phone never connected, which means {means}."),
        Rule::Talked => {
            format!("The call {lasted} and was connected; 10 seconds or more mean {means}.")
        }
        Rule::Silent => {
            format!(
                "No event reported the end, and no event arrived for hours, which means {means}."
            )
        }
        Rule::Undecided => {
            "The call has ended, and neither a reason, nor a provider, nor a duration decides its \
                            outcome."
                .to_owned()
        }
    }
}

fn cut(reason: &str) -> String {
    reason.chars().take(MAX_REASON_CHARS).collect()
}

fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::NoAnswer => "no answer",
        Outcome::Busy => "busy",
        Outcome::Failed => "failed",
    }
}

fn lasted(call: &Call) -> String {
    match call.duration_seconds() {
        Some(1) => "lasted 1 second".to_owned(),
        Some(seconds) => format!("lasted {seconds} seconds"),
        None => "has no known duration".to_owned(),
    }
}

fn winner<'a>(claims: &'a [ExplainedClaim], fact: &str) -> Option<&'a ExplainedClaim> {
    claims.iter().find(|claim| claim.won && claim.fact == fact)
}

/// What the other providers say of the outcome: another one, or nothing although they report an end.
fn others(winner: &ExplainedClaim, claims: &[ExplainedClaim]) -> String {
    let sources: BTreeSet<&str> = claims
        .iter()
        .filter(|claim| matches!(claim.fact, "outcome" | "end") && claim.source != winner.source)
        .map(|claim| claim.source.as_str())
        .collect();
    let sentences = sources.into_iter().filter_map(|source| {
        let name = display_name(source);
        let of_source = |fact| {
            let mut all = claims.iter().rev();
            all.find(|claim| claim.source == source && claim.fact == fact)
        };
        match of_source("outcome") {
            Some(claim) if claim.value == winner.value => None,
            Some(ExplainedClaim {
                value: Value::String(other),
                rank,
                ..
            }) => Some(format!(
                "{name} reported {} (rank {rank}).",
                other.replace('_', " ")
            )),
            _ => Some(
                match of_source("reason").and_then(|claim| claim.value.as_str()) {
                    Some(reason) => format!("{name}'s reason {} implies no outcome.", cut(reason)),
                    None => format!("{name} gave no reason."),
                },
            ),
        }
    });
    sentences.collect::<Vec<_>>().join(" ")
}
