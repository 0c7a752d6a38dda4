//! The participants of a call and their roles.
//!
//! A dispatch rule lets in the caller of an inbound call. In an outbound call, the phones that the
//! platform dialled before one answered are callees. A phone that is dialled into an ongoing
//! conversation is a dialled-in leg (in the API `colleague`): a transfer or a consultation. It does
//! not end the caller's call, and its keys and its carrier's verdict do not count for the call.

use serde::Serialize;

use super::{
    claims::best,
    facts::{BY_RULE, Facts},
    leg::{Disconnection, Leg, LegKey, LegOutcome},
    report::Report,
};
use crate::domain::{
    call::{direction::Direction, report::Hangup},
    phone::PhoneNumber,
    timestamp::Timestamp,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Caller,
    Callee,
    /// A leg that was dialled into an ongoing call.
    #[serde(rename = "colleague")]
    DialledIn,
    WebUser,
}

#[derive(Debug, Clone)]
pub(super) struct Participant<'a> {
    pub(super) key: &'a LegKey,
    pub(super) role: Role,
    leg: &'a Leg,
    /// The leg of the same identity from a sender that does not distinguish phones from persons.
    twin: Option<&'a Leg>,
    reports: Vec<&'a Report>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Departure<'a> {
    Left(&'a Disconnection),
    HungUp(&'a Hangup),
    /// The room was closed, and no leaving was reported before.
    Closed(Timestamp),
}

impl<'a> Departure<'a> {
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Left(left) => left.at(),
            Self::HungUp(hangup) => hangup.at,
            Self::Closed(at) => *at,
        }
    }

    /// The disconnection, if the room reported it.
    pub(super) fn disconnection(&self) -> Option<&'a Disconnection> {
        match self {
            Self::Left(left) => Some(left),
            Self::HungUp(_) | Self::Closed(_) => None,
        }
    }
}

impl<'a> Participant<'a> {
    fn parts(&self) -> impl Iterator<Item = &'a Leg> {
        [Some(self.leg), self.twin].into_iter().flatten()
    }

    pub(super) fn joined_at(&self) -> Option<Timestamp> {
        self.parts().filter_map(|leg| leg.joined.first()).min()
    }

    pub(super) fn last_joined_at(&self) -> Option<Timestamp> {
        self.parts().filter_map(|leg| leg.joined.last()).max()
    }

    pub(super) fn ringing_at(&self) -> Option<Timestamp> {
        let carriers = self
            .reports
            .iter()
            .filter_map(|report| report.ringing.get());
        self.leg.ringing.get().into_iter().chain(carriers).min()
    }

    pub(super) fn answered_at(&self) -> Option<Timestamp> {
        let carriers = self
            .reports
            .iter()
            .filter_map(|report| report.answered.get());
        self.leg.answered.get().into_iter().chain(carriers).min()
    }

    /// For a person: whether it was present.
    pub(super) fn is_answered(&self) -> bool {
        if !self.key.is_phone() {
            return self.leg.joined.first().is_some() || !self.leg.left.is_empty();
        }
        self.parts().any(Leg::is_answered) || self.reports.iter().any(|report| report.is_answered())
    }

    /// LiveKit does not report that a phone answered.
    pub(super) fn may_have_been_present(&self) -> bool {
        let rang = || self.leg.ringing.get().is_some() || !self.leg.missed.is_empty();
        self.is_answered() || (self.joined_at().is_some() && !rang())
    }

    /// `over` is when the room was closed.
    pub(super) fn is_present(&self, over: Option<Timestamp>) -> bool {
        self.joined_at().is_some() && self.departure(over).is_none()
    }

    /// `None` while it is present, or if only its existence is known.
    pub(super) fn departure(&self, over: Option<Timestamp>) -> Option<Departure<'a>> {
        // A leaving may be reported twice with different precision: both legs must agree.
        let left = self.parts().filter_map(Leg::last_disconnection).max();
        let is_back = match self.twin {
            None => self.leg.is_present(),
            Some(_) => self.last_joined_at() > left.map(Disconnection::at),
        };
        let hung_up = || {
            let hangup = best(self.reports.iter().map(|report| &report.hangup))?.value();
            let is_ongoing = self.reports.iter().any(|report| report.is_ongoing());
            Some(Departure::HungUp(hangup)).filter(|_| !is_ongoing)
        };
        let joined = self.last_joined_at();
        let closed = || {
            over.filter(|over| joined.is_some_and(|joined| joined <= *over))
                .map(Departure::Closed)
        };
        // A participant that the room shows is present until the room reports its leaving.
        let hung_up = || {
            if joined.is_none() || closed().is_some() {
                hung_up()
            } else {
                None
            }
        };
        left.filter(|_| !is_back)
            .map(Departure::Left)
            .or_else(hung_up)
            .or_else(closed)
    }

    pub(super) fn outcome(&self, over: Option<Timestamp>) -> Option<LegOutcome> {
        if !self.key.is_phone() {
            return self
                .is_answered()
                .then_some(LegOutcome::Connected)
                .or_else(|| self.leg.outcome());
        }
        if self.is_answered() {
            return Some(LegOutcome::Connected);
        }
        // The carrier distinguishes a busy line from a declined call.
        let verdict =
            best(self.reports.iter().map(|report| &report.verdict)).map(|claim| *claim.value());
        let departed = || {
            self.departure(over)
                .is_some()
                .then_some(LegOutcome::NoAnswer)
        };
        verdict
            .map(LegOutcome::from)
            .or_else(|| self.parts().filter_map(Leg::outcome).max())
            .or_else(departed)
    }

    /// Whether this is the participant's leg, or that of its twin.
    pub(super) fn is_known_as(&self, key: &LegKey) -> bool {
        self.key == key || (self.twin.is_some() && self.key.identity() == key.identity())
    }

    pub(super) fn reports(&self) -> &[&'a Report] {
        &self.reports
    }

    pub(super) fn number(&self) -> Option<&'a PhoneNumber> {
        let reported = || {
            best(self.reports.iter().map(|report| &report.number)).map(super::claims::Claim::value)
        };
        self.leg.numbers.iter().next().or_else(reported)
    }

    pub(super) fn line(&self) -> Option<&'a PhoneNumber> {
        self.leg.lines.iter().next()
    }

    /// LiveKit's own id before the carrier's.
    pub(super) fn sip_call(&self) -> Option<&'a String> {
        let ours = self.leg.sip_calls.iter().find(|id| id.starts_with("SCL_"));
        ours.or_else(|| self.leg.sip_calls.iter().next())
    }

    pub(super) fn call_sid(&self) -> Option<&'a String> {
        self.leg.call_sids.iter().next()
    }

    pub(super) fn rank(&self) -> u8 {
        if self.leg.by_rule { BY_RULE } else { 1 }
    }
}

#[derive(Debug)]
pub(super) struct Participants<'a> {
    pub(super) all: Vec<Participant<'a>>,
    pub(super) direction: Option<Direction>,
    /// A person was present before any phone was dialled: it is the person's call.
    is_of_person: bool,
}

impl<'a> Participants<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let mut all: Vec<Participant<'a>> = Vec::new();
        for (key, leg) in facts.legs.iter() {
            let of_phone =
                |participant: &&mut Participant<'a>| participant.key.identity() == key.identity();
            match all
                .iter_mut()
                .find(of_phone)
                .filter(|_| !key.identity().is_empty())
            {
                Some(phone) => phone.twin = Some(leg),
                None => {
                    let reports = leg
                        .call_sids
                        .iter()
                        .filter_map(|sid| facts.reports.get(sid))
                        .collect();
                    all.push(Participant {
                        key,
                        role: Role::WebUser,
                        leg,
                        twin: None,
                        reports,
                    });
                }
            }
        }
        let is_of_person = is_of_person(facts, &all);
        let direction = direction(facts, &all, is_of_person);
        let mut participants = Self {
            all,
            direction,
            is_of_person,
        };
        participants.give_roles(facts);
        participants
    }

    fn give_roles(&mut self, facts: &Facts) {
        let rule_known = self.all.iter().any(|participant| participant.leg.by_rule)
            || facts.direction.claim().is_some_and(|claim| {
                claim.rank() >= BY_RULE && *claim.value() == Direction::Inbound
            });
        let first_answered = self.first_answered().map(|first| {
            let departed = first.departure(None).map(|departure| departure.at());
            (first.key.clone(), first.answered_at(), departed)
        });
        let inbound = self.direction == Some(Direction::Inbound);
        let is_of_person = self.is_of_person;
        for participant in self
            .all
            .iter_mut()
            .filter(|participant| participant.key.is_phone())
        {
            let was_added = || {
                // Dialled while the first one that had answered was present.
                first_answered
                    .as_ref()
                    .is_some_and(|(first, answered, departed)| {
                        let joined = participant.joined_at();
                        participant.key != first
                            && joined > *answered
                            && departed.is_none_or(|departed| joined <= Some(departed))
                    })
            };
            participant.role = match inbound {
                _ if is_of_person => Role::DialledIn,
                true if participant.leg.by_rule => Role::Caller,
                true if rule_known || participant.leg.dialled => Role::DialledIn,
                true => Role::Caller,
                false if was_added() => Role::DialledIn,
                false if self.direction.is_none() && !participant.leg.dialled => Role::Caller,
                false => Role::Callee,
            };
        }
    }

    pub(super) fn phones(&self) -> impl Iterator<Item = &Participant<'a>> {
        self.all
            .iter()
            .filter(|participant| participant.key.is_phone())
    }

    fn first_answered(&self) -> Option<&Participant<'a>> {
        let answered = self
            .phones()
            .filter_map(|participant| Some((participant.answered_at()?, participant)));
        answered
            .min_by_key(|(at, participant)| (*at, participant.key))
            .map(|(_, participant)| participant)
    }

    /// The phones whose leaving may end the call. In an outbound call all phones that answered are
    /// on the line, dialled-in legs too.
    pub(super) fn deciding_phones(&self) -> impl Iterator<Item = &Participant<'a>> {
        let inbound = self.direction == Some(Direction::Inbound);
        self.phones()
            .filter(move |participant| match participant.role {
                Role::Caller | Role::Callee => true,
                Role::DialledIn => !inbound && !self.is_of_person,
                Role::WebUser => false,
            })
    }

    pub(super) fn persons(&self) -> impl Iterator<Item = &Participant<'a>> {
        self.all
            .iter()
            .filter(|participant| !participant.key.is_phone())
    }

    /// In a phone call, persons end nothing.
    pub(super) fn is_phone_call(&self, facts: &Facts) -> bool {
        !self.is_of_person
            && (facts.has_phone
                || self.phones().next().is_some()
                || facts.unlinked().any(|report| report.is_phone))
    }

    /// The party whose call it is: the caller who came first, or the callee who answered first;
    /// while no phone has answered, the one that was dialled last.
    pub(super) fn principal(&self) -> Option<&Participant<'a>> {
        let is_principal = |participant: &&Participant<'a>| {
            matches!(participant.role, Role::Caller | Role::Callee)
        };
        let callers = self
            .phones()
            .filter(|participant| participant.role == Role::Caller);
        let first_caller = callers.min_by_key(|participant| {
            (
                participant.joined_at().is_none(),
                participant.joined_at(),
                participant.key,
            )
        });
        let answered = || self.first_answered().filter(is_principal);
        let last = || {
            self.phones()
                .filter(is_principal)
                .max_by_key(|participant| (participant.leg.joined.last(), participant.key))
        };
        first_caller.or_else(answered).or_else(last)
    }
}

/// A person talks to the agent, and every phone was dialled into that conversation.
fn is_of_person(facts: &Facts, all: &[Participant<'_>]) -> bool {
    let person = all
        .iter()
        .filter(|participant| !participant.key.is_phone())
        .filter_map(Participant::joined_at)
        .min();
    let mut phones = all
        .iter()
        .filter(|participant| participant.key.is_phone())
        .peekable();
    phones.peek().is_some()
        && !facts.has_phone
        && facts.direction.is_empty()
        && facts.unlinked().next().is_none()
        && phones.all(|phone| {
            phone.leg.dialled
                && !phone.leg.by_rule
                && person.is_some()
                && person < phone.joined_at()
        })
}

fn direction(facts: &Facts, all: &[Participant<'_>], is_of_person: bool) -> Option<Direction> {
    if all.iter().any(|participant| participant.leg.by_rule) {
        return Some(Direction::Inbound);
    }
    let of_participants = all
        .iter()
        .filter(|participant| !participant.leg.dialled)
        .flat_map(|participant| &participant.reports)
        .copied();
    let reports = facts
        .unlinked()
        .chain(of_participants)
        .map(|report| &report.direction);
    let reported =
        best(std::iter::once(&facts.direction).chain(reports)).map(|claim| *claim.value());
    let dialled = all.iter().any(|participant| participant.leg.dialled) && !is_of_person;
    reported.or(dialled.then_some(Direction::Outbound))
}

impl Facts {
    /// The reports about legs that belong to no phone of a room.
    pub(super) fn unlinked(&self) -> impl Iterator<Item = &Report> {
        let is_linked = |sid: &String| self.legs.iter().any(|(_, leg)| leg.call_sids.contains(sid));
        self.reports
            .iter()
            .filter(move |(sid, _)| !is_linked(sid))
            .map(|(_, report)| report)
    }

    /// Whether the phone's keys and its carrier's verdict count for the call.
    pub fn is_principal(&self, key: &LegKey) -> bool {
        let participants = Participants::of(self);
        participants.all.iter().any(|participant| {
            participant.key == key && matches!(participant.role, Role::Caller | Role::Callee)
        })
    }
}

#[cfg(test)]
mod tests;
