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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        call::{claims::Latest, facts::Facts, report::Hangup, tests::update},
        timestamp::Timestamp,
    };

    fn claim(fact: &'static str, source: &str, value: &str, won: bool) -> ExplainedClaim {
        ExplainedClaim {
            fact,
            value: value.into(),
            source: source.to_owned(),
            rank: if won { 3 } else { 1 },
            occurred_at: String::new(),
            event_id: None,
            event_type: String::new(),
            won,
            lost_because: None,
        }
    }

    /// A call that lasted this long, and ended for this reason.
    fn lasting(seconds: Option<u64>, reason: &str) -> Call {
        let at = Timestamp::from_seconds(60).unwrap();
        let hangup = Hangup {
            at,
            reason: Some(reason.to_owned()),
        };
        let facts = Facts {
            hangup: Latest::of(1, at, Some(hangup)),
            reported_seconds: Latest::of(1, at, seconds),
            ..Facts::default()
        };
        Call::begin(&update("CA1", 1, facts), None)
    }

    #[test]
    fn every_rule_has_a_sentence_that_names_its_grounds() {
        let reason = [claim("reason", "livekit", "USER_REJECTED", true)];
        let verdict = [claim("outcome", "signalwire", "no_answer", true)];
        let no_answer = Rule::Verdict(Outcome::NoAnswer);
        let ended = lasting(Some(2), "USER_REJECTED");
        let none: &[ExplainedClaim] = &[];
        for (rule, call, claims, expected) in [
            (Rule::Ongoing, &ended, none, "The call has not ended."),
            (
                Rule::ReasonBusy,
                &ended,
                &reason,
                "LiveKit gave the reason USER_REJECTED for the end, which means busy.",
            ),
            (
                Rule::ReasonUnavailable,
                &ended,
                none,
                "A provider gave the reason USER_REJECTED for the end, which means no answer.",
            ),
            (
                no_answer,
                &ended,
                &verdict,
                "SignalWire reported no answer (rank 3).",
            ),
            (no_answer, &ended, none, "A provider reported no answer."),
            (
                Rule::TooShort,
                &ended,
                none,
                "The call lasted 2 seconds; less than 3 seconds means failed.",
            ),
            (
                Rule::NeverAnswered,
                &lasting(Some(1), ""),
                none,
                "The call lasted 1 second; less than 10 seconds means no answer.",
            ),
            (
                Rule::Talked,
                &lasting(None, ""),
                none,
                "The call has no known duration and was connected; 10 seconds or more mean completed.",
            ),
            (
                Rule::NeverConnected,
                &ended,
                none,
                "The phone never connected, which means no answer.",
            ),
            (
                Rule::Silent,
                &ended,
                none,
                "No event reported the end, and no event arrived for hours, which means failed.",
            ),
        ] {
            assert_eq!(of(rule, call, claims), expected, "{rule:?}");
        }
    }

    #[test]
    fn a_long_reason_is_cut() {
        let sentence = of(Rule::ReasonError, &lasting(None, &"é".repeat(81)), &[]);
        let (reason, cut) = ("é".repeat(80), "é".repeat(81));
        assert!(sentence.contains(&reason) && !sentence.contains(&cut));
    }

    #[test]
    fn the_others_are_quoted_where_they_reported_something_else_or_no_outcome() {
        let won = || claim("outcome", "signalwire", "busy", true);
        for (others, expected) in [
            (vec![], ""),
            (vec![claim("outcome", "livekit", "busy", false)], ""),
            (
                vec![claim("outcome", "livekit", "no_answer", false)],
                " LiveKit reported no answer (rank 1).",
            ),
            (
                vec![
                    claim("outcome", "livekit", "busy", false),
                    claim("outcome", "livekit", "failed", false),
                ],
                " LiveKit reported failed (rank 1).",
            ),
            (
                vec![
                    claim("end", "livekit", "", false),
                    claim("reason", "livekit", "CLIENT_INITIATED", false),
                ],
                " LiveKit's reason CLIENT_INITIATED implies no outcome.",
            ),
            (
                vec![claim("end", "elevenlabs", "", false)],
                " ElevenLabs gave no reason.",
            ),
            // Neither the same provider's end nor other facts of another one.
            (
                vec![
                    claim("end", "signalwire", "", false),
                    claim("reason", "livekit", "x", false),
                ],
                "",
            ),
        ] {
            let claims: Vec<_> = std::iter::once(won()).chain(others).collect();
            let sentence = of(Rule::Verdict(Outcome::Busy), &lasting(None, ""), &claims);
            assert_eq!(
                sentence,
                format!("SignalWire reported busy (rank 3).{expected}")
            );
        }
    }
}
