//! What a call shows, and which of the statements in force it shows.

use serde_json::Value;

use super::{
    claim::{LostBecause, ReportedFacts},
    fact::Fact,
    statements::{self, Place, Statement, Weight, direction, number, outcome, results, time},
};
use crate::domain::{
    call::{
        Call,
        ending::Ending,
        outcome::{Outcome, Rule},
        participants::{Participant, Participants},
    },
    timestamp::Timestamp,
};

/// A call's statements in force, and whether they count.
pub(super) struct Shown<'a> {
    call: &'a Call,
    participants: Participants<'a>,
    ending: Option<Ending<'a>>,
    in_force: Vec<Statement>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(call: &'a Call) -> Self {
        let facts = &call.facts;
        let owner = call.owner.as_ref().map(|owner| owner.tenant_id.as_str());
        Self {
            call,
            participants: Participants::of(facts),
            ending: facts.ending(),
            in_force: with_owner(statements::of(facts, facts), owner),
        }
    }

    /// What an event states about the call.
    pub(super) fn statements(&self, report: &ReportedFacts) -> Vec<Statement> {
        let stated = statements::of(&report.facts, &self.call.facts);
        with_owner(stated, report.tenant_id.as_deref())
    }

    /// The statement that the call shows. Of several that say the same, the best.
    pub(super) fn winner(&self, fact: Fact) -> Option<&Statement> {
        let value = self.value(fact)?;
        let candidates = self.in_force.iter().filter(|statement| {
            statement.fact == fact
                && statement.value == value
                && self.counts(&statement.place)
                && self.is_of_end(statement)
        });
        // A room's own times, then the rank; of equally good ones, what the room shows of a leg.
        candidates.max_by_key(|statement| {
            let at = match statement.weight {
                Weight::Rank(_, at) => at,
                Weight::Earliest(at) | Weight::Latest(at) => Some(at),
            };
            let place = &statement.place;
            (
                matches!(place, Place::Room(_)),
                statement.weight.rank(),
                matches!(place, Place::Leg(_)),
                *place != Place::Whole,
                at,
            )
        })
    }

    pub(super) fn why_lost(
        &self,
        statement: &Statement,
        winner: Option<&Statement>,
    ) -> LostBecause {
        if !self.in_force.contains(statement) {
            let successors = self.in_force.iter().filter(|other| {
                other.fact == statement.fact
                    && other.place == statement.place
                    && other.value != statement.value
            });
            let reasons = successors.map(|other| statement.gives_way(other));
            let replaced = reasons
                .into_iter()
                .find(|reason| *reason != LostBecause::NotDecisive);
            if let Some(reason) = replaced {
                return reason;
            }
        }
        if !self.counts(&statement.place) {
            return LostBecause::WrongLeg;
        }
        winner.map_or(LostBecause::NotDecisive, |winner| {
            statement.gives_way(winner)
        })
    }

    /// Whether it is about the call's end, if it is about an end at all.
    fn is_of_end(&self, statement: &Statement) -> bool {
        let Some(ends_at) = statement.ends_at else {
            return true;
        };
        let is_hangup = matches!(statement.weight, Weight::Rank(..));
        self.ending
            .is_some_and(|ending| ending.at == ends_at && ending.is_hangup() == is_hangup)
    }

    fn counts(&self, place: &Place) -> bool {
        let facts = &self.call.facts;
        match place {
            Place::Whole | Place::Room(_) => true,
            Place::Leg(key) => {
                let mut deciding = self.participants.deciding_phones();
                let is_person = !key.is_phone() && !self.participants.is_phone_call(facts);
                is_person || deciding.any(|phone| phone.is_known_as(key))
            }
            Place::Report(sid) => facts.reports.get(sid).is_some_and(|report| {
                let counting = self.participants.deciding_phones();
                let of_phones = counting.flat_map(Participant::reports).copied();
                let counting = facts.reporters(&self.participants).into_iter();
                counting
                    .chain(of_phones)
                    .any(|one| std::ptr::eq(one, report))
            }),
            Place::Talk(id) => facts.talk().is_some_and(|(known, _)| known == id),
        }
    }

    /// The value that the call shows; `None` if it shows none, or if no claim of the fact decides.
    fn value(&self, fact: Fact) -> Option<Value> {
        let facts = &self.call.facts;
        let text = |text: &str| Value::from(text);
        let of_time = |at: Timestamp| time(&at);
        match fact {
            Fact::Verdict => match facts.rule() {
                Rule::Verdict(verdict) => Some(outcome(&verdict)),
                _ => None,
            },
            Fact::ReasonedOutcome => {
                let reason = self.ending?.reason()?;
                Outcome::of_reason(reason).map(|implied| outcome(&implied))
            }
            Fact::Reason => self.ending?.reason().map(text),
            Fact::End => self.ending.map(|ending| of_time(ending.at)),
            Fact::Duration => facts.deciding_seconds(&self.participants).map(Value::from),
            Fact::Start => facts.started_at().map(of_time),
            Fact::Ringing => facts.ringing_at().map(of_time),
            Fact::Answered => facts.answered_at().map(of_time),
            Fact::Direction => facts.direction().map(|known| direction(&known)),
            Fact::OtherSide => facts.phone_number().map(number),
            Fact::OurLine => facts.line_number().map(number),
            Fact::Owner => self.call.owner.as_ref().map(|owner| text(&owner.tenant_id)),
            Fact::Agent => facts.agent_id().map(|id| text(id)),
            Fact::Conversation => facts.conversation_id().map(|id| text(id)),
            Fact::ConversationEnd => facts.conversation_ended_at().map(of_time),
            Fact::CallSid => facts.call_sid().map(text),
            Fact::Failure => facts.failure_reason().map(text),
            Fact::Results => facts.results().map(results),
            Fact::Room
            | Fact::Status
            | Fact::Campaign
            | Fact::Lead
            | Fact::Employee
            | Fact::Recording
            | Fact::FollowUp => self.only(fact),
        }
    }

    /// The value of a fact that is only reported about the call as a whole.
    fn only(&self, fact: Fact) -> Option<Value> {
        let mut stated = self.in_force.iter();
        let statement = stated.find(|statement| statement.fact == fact)?;
        Some(statement.value.clone())
    }
}

fn with_owner(mut statements: Vec<Statement>, tenant_id: Option<&str>) -> Vec<Statement> {
    statements.extend(tenant_id.map(|tenant_id| Statement {
        fact: Fact::Owner,
        place: Place::Whole,
        value: tenant_id.into(),
        weight: Weight::Rank(0, None),
        ends_at: None,
    }));
    statements
}
