//! Why a call shows what it shows: what every event claimed of every fact, which claim won, and why
//! the others lost.
//!
//! No rule of the merge is repeated here. The call's own facts show which statements are in force,
//! and its views ([`super::views`], [`super::ending`]) show which of those the call shows.

mod claim;
mod fact;
mod sentence;
mod shown;
mod statements;

pub use self::claim::{ExplainedClaim, LostBecause, ReportedFacts};
use self::{fact::Fact, shown::Shown, statements::Statement};
use super::{Call, direction::Direction, facts::Facts, outcome::Rule};

/// Why a call shows what it shows.
#[derive(Debug)]
pub struct Explanation {
    /// The rule that decides the outcome.
    pub rule: Rule,
    /// The rule and its grounds in plain English.
    pub sentence: String,
    /// By fact, and of a fact in the order of the events.
    pub claims: Vec<ExplainedClaim>,
    /// Whether the reports, folded again, give exactly the call's facts: none is missing.
    pub is_complete: bool,
}

impl Explanation {
    /// Of a call, from what its events reported, in the order in which they happened.
    pub fn of(call: &Call, reports: &[ReportedFacts]) -> Self {
        let mut folded = Facts::default();
        for report in reports {
            folded.merge(report.facts.clone());
        }
        let shown = Shown::of(call);
        let claims = claims(call, &shown, reports);
        let rule = call.facts.rule();
        Self {
            rule,
            sentence: sentence::of(rule, call, &claims),
            claims,
            is_complete: folded == call.facts,
        }
    }
}

fn claims(call: &Call, shown: &Shown<'_>, reports: &[ReportedFacts]) -> Vec<ExplainedClaim> {
    let direction = call.facts.direction().unwrap_or(Direction::Inbound);
    let made: Vec<(&ReportedFacts, Vec<Statement>)> = reports
        .iter()
        .map(|report| (report, shown.statements(report)))
        .collect();
    let mut claims: Vec<ExplainedClaim> = Vec::new();
    for fact in <Fact as strum::VariantArray>::VARIANTS {
        let (name, winner) = (fact.name(direction), shown.winner(*fact));
        let mut has_won = false;
        for (report, statements) in &made {
            let mut of_event: Vec<ExplainedClaim> = Vec::new();
            let of_fact = statements
                .iter()
                .filter(|statement| statement.fact == *fact);
            for statement in of_fact {
                let won = !has_won && Some(statement) == winner;
                has_won |= won;
                let lost_because = (!won).then(|| shown.why_lost(statement, winner));
                add(
                    &mut of_event,
                    explained(report, name, statement, lost_because),
                );
            }
            claims.extend(of_event);
        }
    }
    claims
}

/// An event that says the same of several of its ids makes one claim.
fn add(claims: &mut Vec<ExplainedClaim>, claim: ExplainedClaim) {
    match claims.iter_mut().find(|known| known.value == claim.value) {
        Some(known) if claim.won => *known = claim,
        Some(_) => {}
        None => claims.push(claim),
    }
}

fn explained(
    report: &ReportedFacts,
    fact: &'static str,
    statement: &Statement,
    lost_because: Option<LostBecause>,
) -> ExplainedClaim {
    ExplainedClaim {
        fact,
        value: statement.value.clone(),
        source: report.source.clone(),
        rank: statement.weight.rank(),
        occurred_at: report.occurred_at.to_string(),
        event_id: report.event_id,
        event_type: report.event_type.clone(),
        won: lost_because.is_none(),
        lost_because,
    }
}
