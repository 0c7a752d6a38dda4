//! Why a call shows what it shows: what every event claimed of every fact, which claim won, and why
//! the others lost.
//!
//! No rule of the merge is repeated here. The call's own facts show which statements are in force,
//! and its views ([`super::views`], [`super::ending`]) show which of those the call shows.

mod sentence;
mod shown;
mod statements;

use std::mem::discriminant;

use serde::Serialize;
use serde_json::Value;

use self::{
    shown::Shown,
    statements::{Statement, Weight},
};
use super::{Call, direction::Direction, facts::Facts, outcome::Rule};
use crate::domain::timestamp::Timestamp;

/// What an event of the call reported.
#[derive(Debug, Clone)]
pub struct ReportedFacts {
    /// The id of the event's row in the history.
    pub event_id: Option<u64>,
    /// The provider.
    pub source: String,
    pub event_type: String,
    pub occurred_at: Timestamp,
    pub facts: Facts,
    /// The tenant, if the sender's key names it.
    pub tenant_id: Option<String>,
}

/// What a call shows that events can claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
enum Fact {
    /// The outcome that a provider reported.
    Verdict,
    /// The outcome that the reason for the end implies.
    ReasonedOutcome,
    Reason,
    End,
    Duration,
    Start,
    Ringing,
    Answered,
    Direction,
    OtherSide,
    OurLine,
    Owner,
    Agent,
    Conversation,
    ConversationEnd,
    CallSid,
    Room,
    Status,
    Failure,
    Results,
    Campaign,
    Lead,
    Employee,
    Recording,
    FollowUp,
}

impl Fact {
    /// The public name in a call of this direction.
    fn name(self, direction: Direction) -> &'static str {
        match (self, direction) {
            (Self::Verdict | Self::ReasonedOutcome, _) => "outcome",
            (Self::Reason, _) => "reason",
            (Self::End, _) => "end",
            (Self::Duration, _) => "duration",
            (Self::Start, _) => "start",
            (Self::Ringing, _) => "ringing",
            (Self::Answered, _) => "answered",
            (Self::Direction, _) => "direction",
            (Self::OtherSide, Direction::Inbound) | (Self::OurLine, Direction::Outbound) => "from",
            (Self::OtherSide, Direction::Outbound) | (Self::OurLine, Direction::Inbound) => "to",
            (Self::Owner, _) => "owner",
            (Self::Agent, _) => "agent",
            (Self::Conversation, _) => "conversation",
            (Self::ConversationEnd, _) => "conversation_end",
            (Self::CallSid, _) => "call_sid",
            (Self::Room, _) => "room",
            (Self::Status, _) => "status",
            (Self::Failure, _) => "failure",
            (Self::Results, _) => "results",
            (Self::Campaign, _) => "campaign",
            (Self::Lead, _) => "lead",
            (Self::Employee, _) => "employee",
            (Self::Recording, _) => "recording",
            (Self::FollowUp, _) => "follow_up",
        }
    }
}

/// Why a claim does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LostBecause {
    /// A better source claims something else.
    LowerRank,
    /// An equally good source claimed something later, and the latest claim counts.
    Earlier,
    /// The earliest time counts, and another one is earlier.
    Later,
    /// It is about a leg or a conversation that does not count for the call.
    WrongLeg,
    /// The winner says the same.
    Repeated,
    /// The rule that decides the fact does not look at it.
    NotDecisive,
}

/// What an event claimed of a fact.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedClaim {
    pub fact: &'static str,
    pub value: Value,
    pub source: String,
    /// Higher is better; 0 where no rank decides.
    pub rank: u8,
    pub occurred_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<u64>,
    pub event_type: String,
    pub won: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_because: Option<LostBecause>,
}

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

/// Why one statement gives way to another.
fn why_it_gives_way(statement: &Statement, to: &Statement) -> LostBecause {
    let is_alike = discriminant(&statement.place) == discriminant(&to.place);
    match (statement.weight, to.weight) {
        _ if statement.value == to.value => LostBecause::Repeated,
        (Weight::Rank(ours, _), Weight::Rank(theirs, _)) if ours < theirs => LostBecause::LowerRank,
        (Weight::Rank(ours, Some(at)), Weight::Rank(theirs, Some(later)))
            if ours == theirs && at < later =>
        {
            LostBecause::Earlier
        }
        // The end of a conversation is not compared with the leaving of a phone.
        (Weight::Latest(at), Weight::Latest(later)) if at < later && is_alike => {
            LostBecause::Earlier
        }
        (Weight::Earliest(at), Weight::Earliest(earlier)) if at > earlier => LostBecause::Later,
        _ => LostBecause::NotDecisive,
    }
}
