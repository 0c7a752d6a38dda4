//! The statements that facts consist of: every value with its place and with what it is compared by.

use serde_json::Value;

use std::mem::discriminant;

use super::{claim::LostBecause, fact::Fact};
use crate::domain::{
    call::{
        claims::{EarliestTime, Latest},
        direction::Direction,
        facts::{BY_RULE, Facts, LegacyDisconnection},
        leg::{Leg, LegKey},
        outcome::Outcome,
        report::{ConversationReport, Hangup, Report},
    },
    phone::PhoneNumber,
    timestamp::Timestamp,
};

/// The rank of what a leg shows, unless a dispatch rule let it in.
const OF_LEG: u8 = 1;
/// The rank of ids, and of what only the way in which a leg was connected shows.
const LOWEST: u8 = 0;

/// One value of one fact. The facts of an event and those of its call are taken apart alike, so a
/// statement of an event is still in force if it is among those of the call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) fact: Fact,
    pub(super) place: Place,
    pub(super) value: Value,
    pub(super) weight: Weight,
    /// The end that it is about, if it is about one.
    pub(super) ends_at: Option<Timestamp>,
}

impl Statement {
    /// Why it gives way to another one.
    pub(super) fn gives_way(&self, to: &Self) -> LostBecause {
        let is_alike = discriminant(&self.place) == discriminant(&to.place);
        match (self.weight, to.weight) {
            _ if self.value == to.value => LostBecause::Repeated,
            (Weight::Rank(ours, _), Weight::Rank(theirs, _)) if ours < theirs => {
                LostBecause::LowerRank
            }
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
}

/// What a statement is about. Statements about the same place replace each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Whole,
    Leg(LegKey),
    Report(String),
    Room(String),
    Talk(String),
}

/// What decides between two statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// The higher rank; of equal ranks, the later claim.
    Rank(u8, Option<Timestamp>),
    /// The earliest time.
    Earliest(Timestamp),
    /// The latest time.
    Latest(Timestamp),
}

impl Weight {
    /// 0 where no rank decides.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Rank(rank, _) => rank,
            Self::Earliest(_) | Self::Latest(_) => 0,
        }
    }
}

struct Collector {
    place: Place,
    statements: Vec<Statement>,
}

/// Takes `facts` apart. `call` has the facts of the whole call: they show how a leg was let in.
pub(super) fn of(facts: &Facts, call: &Facts) -> Vec<Statement> {
    let mut all = Collector {
        place: Place::Whole,
        statements: Vec::new(),
    };
    all.whole(facts);
    for (key, leg) in facts.legs.iter() {
        all.place = Place::Leg(key.clone());
        let by_rule = call.legs.get(key.as_str()).is_some_and(|leg| leg.by_rule);
        all.leg(leg, if by_rule { BY_RULE } else { OF_LEG });
    }
    for (sid, report) in facts.reports.iter() {
        all.place = Place::Report(sid.clone());
        all.named(Fact::CallSid, sid);
        all.report(report);
    }
    for (sid, room) in facts.rooms.iter() {
        all.place = Place::Room(sid.clone());
        all.earliest(Fact::Start, &room.created);
        all.closed(room.finished.get().map(Weight::Earliest));
    }
    for (id, talk) in facts.talks.iter() {
        all.place = Place::Talk(id.clone());
        all.named(Fact::Conversation, id);
        all.talk(talk);
    }
    all.statements
}

impl Collector {
    fn whole(&mut self, facts: &Facts) {
        let text = |text: &String| text.as_str().into();
        self.latest(Fact::Room, &facts.room_name, text);
        self.latest(Fact::CallSid, &facts.call_sid, text);
        self.latest(Fact::Conversation, &facts.conversation_id, text);
        self.latest(Fact::Agent, &facts.agent_id, text);
        self.latest(Fact::OtherSide, &facts.phone_number, number);
        self.latest(Fact::OurLine, &facts.line_number, number);
        self.latest(Fact::Direction, &facts.direction, direction);
        self.latest(Fact::Campaign, &facts.campaign_id, text);
        self.latest(Fact::Recording, &facts.recording_url, text);
        self.latest(Fact::Lead, &facts.lead_id, |id| id.as_str().into());
        self.latest(Fact::Employee, &facts.employee_id, text);
        self.latest(Fact::Status, &facts.agent_status, |status| {
            status.word.as_str().into()
        });
        self.latest(Fact::FollowUp, &facts.follow_up, |follow_up| {
            let due = follow_up.as_ref().map(|follow_up| time(&follow_up.due_at));
            due.unwrap_or(Value::Bool(false))
        });
        self.latest(Fact::Results, &facts.results, results);
        self.latest(Fact::Failure, &facts.failure_reason, text);
        self.latest(Fact::Verdict, &facts.verdict, outcome);
        self.latest(Fact::Duration, &facts.reported_seconds, seconds);
        self.latest(Fact::Start, &facts.started, time);
        self.earliest(Fact::Start, &facts.room_created);
        self.earliest(Fact::Start, &facts.joined);
        self.earliest(Fact::Ringing, &facts.ringing);
        self.earliest(Fact::Answered, &facts.answered);
        self.hangup(&facts.hangup);
        self.conversation_ended(&facts.conversation_ended);
        let closed = [&facts.room_finished, &facts.silent_since];
        for at in closed.into_iter().filter_map(EarliestTime::get) {
            self.closed(Some(Weight::Earliest(at)));
        }
        let before_legs = [facts.phone_left.claim(), facts.standard_left.claim()];
        for claim in before_legs.into_iter().flatten() {
            let LegacyDisconnection { reason, .. } = claim.value();
            self.end(Weight::Latest(claim.at()), claim.at(), reason.as_deref());
        }
    }

    fn leg(&mut self, leg: &Leg, rank: u8) {
        if leg.by_rule {
            let value = direction(&Direction::Inbound);
            self.push(Fact::Direction, value, Weight::Rank(BY_RULE, None));
        }
        if leg.dialled {
            let value = direction(&Direction::Outbound);
            self.push(Fact::Direction, value, Weight::Rank(LOWEST, None));
        }
        for theirs in leg.numbers.iter() {
            self.push(Fact::OtherSide, number(theirs), Weight::Rank(rank, None));
        }
        for ours in leg.lines.iter() {
            self.push(Fact::OurLine, number(ours), Weight::Rank(rank, None));
        }
        for sid in leg.call_sids.iter() {
            self.named(Fact::CallSid, sid);
        }
        if let Some(joined) = leg.joined.first() {
            self.push(Fact::Start, time(&joined), Weight::Earliest(joined));
        }
        self.earliest(Fact::Ringing, &leg.ringing);
        self.earliest(Fact::Answered, &leg.answered);
        for left in [leg.left.get(), leg.missed.get()].into_iter().flatten() {
            self.end(Weight::Latest(left.at()), left.at(), left.reason());
        }
    }

    fn report(&mut self, report: &Report) {
        self.latest(Fact::Direction, &report.direction, direction);
        self.latest(Fact::OtherSide, &report.number, number);
        self.latest(Fact::OurLine, &report.line, number);
        self.latest(Fact::Start, &report.started, time);
        self.earliest(Fact::Ringing, &report.ringing);
        self.earliest(Fact::Answered, &report.answered);
        self.hangup(&report.hangup);
        self.latest(Fact::Verdict, &report.verdict, outcome);
        self.latest(Fact::Duration, &report.seconds, seconds);
        self.latest(Fact::Failure, &report.failure, |text| text.as_str().into());
    }

    fn talk(&mut self, talk: &ConversationReport) {
        self.latest(Fact::Agent, &talk.agent_id, |id| id.as_str().into());
        self.latest(Fact::Results, &talk.results, results);
        self.conversation_ended(&talk.ended);
        self.report(&talk.report);
    }

    fn push(&mut self, fact: Fact, value: Value, weight: Weight) {
        self.push_of_end(fact, value, weight, None);
    }

    fn push_of_end(
        &mut self,
        fact: Fact,
        value: Value,
        weight: Weight,
        ends_at: Option<Timestamp>,
    ) {
        self.statements.push(Statement {
            fact,
            place: self.place.clone(),
            value,
            weight,
            ends_at,
        });
    }

    fn named(&mut self, fact: Fact, name: &str) {
        self.push(fact, name.into(), Weight::Rank(LOWEST, None));
    }

    fn latest<T>(&mut self, fact: Fact, register: &Latest<T>, value: impl Fn(&T) -> Value) {
        if let Some(claim) = register.claim() {
            let weight = Weight::Rank(claim.rank(), Some(claim.at()));
            self.push(fact, value(claim.value()), weight);
        }
    }

    fn earliest(&mut self, fact: Fact, register: &EarliestTime) {
        if let Some(at) = register.get() {
            self.push(fact, time(&at), Weight::Earliest(at));
        }
    }

    fn hangup(&mut self, register: &Latest<Hangup>) {
        if let Some(claim) = register.claim() {
            let Hangup { at, reason } = claim.value();
            let weight = Weight::Rank(claim.rank(), Some(claim.at()));
            self.end(weight, *at, reason.as_deref());
        }
    }

    fn conversation_ended(&mut self, register: &Latest<Timestamp>) {
        self.latest(Fact::ConversationEnd, register, time);
        self.closed(register.get().copied().map(Weight::Latest));
    }

    /// An end of which only the time is known.
    fn closed(&mut self, at: Option<Weight>) {
        if let Some(weight @ (Weight::Earliest(at) | Weight::Latest(at))) = at {
            self.end(weight, at, None);
        }
    }

    fn end(&mut self, weight: Weight, at: Timestamp, reason: Option<&str>) {
        self.push_of_end(Fact::End, time(&at), weight, Some(at));
        let Some(reason) = reason else { return };
        self.push_of_end(Fact::Reason, reason.into(), weight, Some(at));
        if let Some(implied) = Outcome::of_reason(reason) {
            self.push_of_end(Fact::ReasonedOutcome, outcome(&implied), weight, Some(at));
        }
    }
}

pub(super) fn time(at: &Timestamp) -> Value {
    at.to_string().into()
}

pub(super) fn number(number: &PhoneNumber) -> Value {
    number.as_str().into()
}

pub(super) fn outcome(outcome: &Outcome) -> Value {
    outcome.as_str().into()
}

pub(super) fn direction(direction: &Direction) -> Value {
    match direction {
        Direction::Inbound => "inbound".into(),
        Direction::Outbound => "outbound".into(),
    }
}

pub(super) fn results(results: &std::collections::BTreeSet<String>) -> Value {
    let words: Vec<&str> = results.iter().map(String::as_str).collect();
    words.join(", ").into()
}

fn seconds(seconds: &u64) -> Value {
    (*seconds).into()
}

#[cfg(test)]
mod tests {
    use super::{
        LostBecause::{Earlier, Later, LowerRank, NotDecisive, Repeated},
        Weight::{Earliest, Latest, Rank},
        *,
    };

    fn statement(place: Place, value: &str, weight: Weight) -> Statement {
        Statement {
            fact: Fact::Reason,
            place,
            value: value.into(),
            weight,
            ends_at: None,
        }
    }

    #[test]
    fn a_statement_gives_way_by_rank_then_by_time_and_only_to_what_it_is_compared_with() {
        let at = |second| Timestamp::from_seconds(second).unwrap();
        let ranked = |rank, second| Rank(rank, Some(at(second)));
        for (ours, theirs, expected) in [
            (ranked(1, 9), ranked(2, 1), LowerRank),
            (ranked(1, 9), Rank(2, None), LowerRank),
            (ranked(2, 1), ranked(1, 9), NotDecisive),
            (ranked(1, 1), ranked(1, 2), Earlier),
            (ranked(1, 2), ranked(1, 2), NotDecisive),
            (ranked(1, 2), ranked(1, 1), NotDecisive),
            (ranked(1, 1), Rank(1, None), NotDecisive),
            (Rank(1, None), ranked(1, 1), NotDecisive),
            (Latest(at(1)), Latest(at(2)), Earlier),
            (Latest(at(2)), Latest(at(2)), NotDecisive),
            (Latest(at(2)), Latest(at(1)), NotDecisive),
            (Earliest(at(2)), Earliest(at(1)), Later),
            (Earliest(at(2)), Earliest(at(2)), NotDecisive),
            (Earliest(at(1)), Earliest(at(2)), NotDecisive),
            (Earliest(at(1)), Latest(at(2)), NotDecisive),
            (Latest(at(1)), ranked(3, 2), NotDecisive),
        ] {
            let place = |sid: &str| Place::Report(sid.to_owned());
            let loser = statement(place("CA1"), "busy", ours);
            let winner = statement(place("CA2"), "failed", theirs);
            assert_eq!(loser.gives_way(&winner), expected, "{ours:?} {theirs:?}");
            let alike = statement(place("CA2"), "busy", theirs);
            assert_eq!(loser.gives_way(&alike), Repeated, "{ours:?} {theirs:?}");
        }
        // The end of a conversation, and the leaving of a phone.
        let talk = statement(Place::Talk("conv_1".to_owned()), "busy", Latest(at(1)));
        let whole = statement(Place::Whole, "failed", Latest(at(2)));
        assert_eq!(talk.gives_way(&whole), NotDecisive);
    }

    #[test]
    fn only_a_claim_with_a_rank_has_one() {
        let at = Timestamp::from_seconds(1).unwrap();
        let ranks = [Rank(0, None), Rank(3, Some(at)), Earliest(at), Latest(at)].map(Weight::rank);
        assert_eq!(ranks, [0, 3, 0, 0]);
    }
}
