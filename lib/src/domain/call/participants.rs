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
    leg::{Left, Leg, LegKey, LegOutcome},
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
    Colleague,
    WebUser,
}

#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    pub(super) key: &'a LegKey,
    pub(super) role: Role,
    leg: &'a Leg,
    /// The leg of the same identity from a sender that does not distinguish phones from persons.
    twin: Option<&'a Leg>,
    reports: Vec<&'a Report>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Gone<'a> {
    Left(&'a Left),
    HungUp(&'a Hangup),
    /// The room was closed, and no leaving was reported before.
    Closed(Timestamp),
}

impl Gone<'_> {
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Left(left) => left.at(),
            Self::HungUp(hangup) => hangup.at,
            Self::Closed(at) => *at,
        }
    }
}

impl<'a> Member<'a> {
    fn parts(&self) -> impl Iterator<Item = &'a Leg> {
        [Some(self.leg), self.twin].into_iter().flatten()
    }

    pub(super) fn joined_at(&self) -> Option<Timestamp> {
        self.parts().filter_map(|leg| leg.joined.first()).min()
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
    pub(super) fn may_have_been_there(&self) -> bool {
        let rang = || self.leg.ringing.get().is_some() || !self.leg.missed.is_empty();
        self.is_answered() || (self.joined_at().is_some() && !rang())
    }

    /// `over` is when the room was closed.
    pub(super) fn is_there(&self, over: Option<Timestamp>) -> bool {
        self.joined_at().is_some() && self.gone(over).is_none()
    }

    /// `None` while it is present, or if only its existence is known.
    pub(super) fn gone(&self, over: Option<Timestamp>) -> Option<Gone<'a>> {
        // A leaving may be reported twice with different precision: both legs must agree.
        let left = self.parts().filter_map(Leg::leaving).max();
        let is_back = match self.twin {
            None => self.leg.is_there(),
            Some(_) => self.parts().filter_map(|leg| leg.joined.last()).max() > left.map(Left::at),
        };
        let hung_up = || {
            let hangup = best(self.reports.iter().map(|report| &report.hangup))?.value();
            let goes_on = self.reports.iter().any(|report| report.goes_on());
            Some(Gone::HungUp(hangup)).filter(|_| !goes_on)
        };
        let joined = self.parts().filter_map(|leg| leg.joined.last()).max();
        let closed = || {
            over.filter(|over| joined.is_some_and(|joined| joined <= *over))
                .map(Gone::Closed)
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
            .map(Gone::Left)
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
        let gone = || self.gone(over).is_some().then_some(LegOutcome::NoAnswer);
        verdict
            .map(LegOutcome::from)
            .or_else(|| self.parts().filter_map(Leg::outcome).max())
            .or_else(gone)
    }

    fn view(&self, over: Option<Timestamp>) -> LegView {
        let identity = Some(self.key.identity()).filter(|identity| !identity.is_empty());
        LegView {
            role: self.role,
            joined_at: self.joined_at(),
            identity: identity.map(str::to_owned),
            number: self.number().cloned(),
            answered_at: self.answered_at(),
            left_at: self.gone(over).map(|gone| gone.at()),
            outcome: self.outcome(over),
        }
    }

    pub(super) fn reports(&self) -> &[&'a Report] {
        &self.reports
    }

    pub(super) fn number(&self) -> Option<&'a PhoneNumber> {
        let told = || {
            best(self.reports.iter().map(|report| &report.number)).map(super::claims::Claim::value)
        };
        self.leg.numbers.iter().next().or_else(told)
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
    pub(super) members: Vec<Member<'a>>,
    pub(super) direction: Option<Direction>,
    /// A person was present before any phone was dialled: it is the person's call.
    is_of_person: bool,
}

impl<'a> Participants<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let mut members: Vec<Member<'a>> = Vec::new();
        for (key, leg) in facts.legs.iter() {
            let of_phone = |member: &&mut Member<'a>| member.key.identity() == key.identity();
            match members
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
                    members.push(Member {
                        key,
                        role: Role::WebUser,
                        leg,
                        twin: None,
                        reports,
                    });
                }
            }
        }
        let is_of_person = is_of_person(facts, &members);
        let direction = direction(facts, &members, is_of_person);
        let mut cast = Self {
            members,
            direction,
            is_of_person,
        };
        cast.give_roles(facts);
        cast
    }

    fn give_roles(&mut self, facts: &Facts) {
        let rule_known = self.members.iter().any(|member| member.leg.by_rule)
            || facts.direction.claim().is_some_and(|claim| {
                claim.rank() >= BY_RULE && *claim.value() == Direction::Inbound
            });
        let first_answered = self.first_answered().map(|first| {
            let gone = first.gone(None).map(|gone| gone.at());
            (first.key.clone(), first.answered_at(), gone)
        });
        let inbound = self.direction == Some(Direction::Inbound);
        let is_of_person = self.is_of_person;
        for member in self
            .members
            .iter_mut()
            .filter(|member| member.key.is_phone())
        {
            let was_added = || {
                // Dialled while the first one that had answered was present.
                first_answered
                    .as_ref()
                    .is_some_and(|(first, answered, gone)| {
                        let joined = member.joined_at();
                        member.key != first
                            && joined > *answered
                            && gone.is_none_or(|gone| joined <= Some(gone))
                    })
            };
            member.role = match inbound {
                _ if is_of_person => Role::Colleague,
                true if member.leg.by_rule => Role::Caller,
                true if rule_known || member.leg.dialled => Role::Colleague,
                true => Role::Caller,
                false if was_added() => Role::Colleague,
                false if self.direction.is_none() && !member.leg.dialled => Role::Caller,
                false => Role::Callee,
            };
        }
    }

    fn phones(&self) -> impl Iterator<Item = &Member<'a>> {
        self.members.iter().filter(|member| member.key.is_phone())
    }

    fn first_answered(&self) -> Option<&Member<'a>> {
        let answered = self
            .phones()
            .filter_map(|member| Some((member.answered_at()?, member)));
        answered
            .min_by_key(|(at, member)| (*at, member.key))
            .map(|(_, member)| member)
    }

    /// The phones whose leaving may end the call. In an outbound call all phones that answered are
    /// on the line, dialled-in legs too.
    pub(super) fn deciding_phones(&self) -> impl Iterator<Item = &Member<'a>> {
        let inbound = self.direction == Some(Direction::Inbound);
        self.phones().filter(move |member| match member.role {
            Role::Caller | Role::Callee => true,
            Role::Colleague => !inbound && !self.is_of_person,
            Role::WebUser => false,
        })
    }

    pub(super) fn persons(&self) -> impl Iterator<Item = &Member<'a>> {
        self.members.iter().filter(|member| !member.key.is_phone())
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
    pub(super) fn principal(&self) -> Option<&Member<'a>> {
        let is_principal =
            |member: &&Member<'a>| matches!(member.role, Role::Caller | Role::Callee);
        let callers = self.phones().filter(|member| member.role == Role::Caller);
        let first_caller = callers
            .min_by_key(|member| (member.joined_at().is_none(), member.joined_at(), member.key));
        let answered = || self.first_answered().filter(is_principal);
        let last = || {
            self.phones()
                .filter(is_principal)
                .max_by_key(|member| (member.leg.joined.last(), member.key))
        };
        first_caller.or_else(answered).or_else(last)
    }
}

/// A person talks to the agent, and every phone was dialled into that conversation.
fn is_of_person(facts: &Facts, members: &[Member<'_>]) -> bool {
    let person = members
        .iter()
        .filter(|member| !member.key.is_phone())
        .filter_map(Member::joined_at)
        .min();
    let mut phones = members
        .iter()
        .filter(|member| member.key.is_phone())
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

fn direction(facts: &Facts, members: &[Member<'_>], is_of_person: bool) -> Option<Direction> {
    if members.iter().any(|member| member.leg.by_rule) {
        return Some(Direction::Inbound);
    }
    let of_members = members
        .iter()
        .filter(|member| !member.leg.dialled)
        .flat_map(|member| &member.reports)
        .copied();
    let reports = facts
        .unlinked()
        .chain(of_members)
        .map(|report| &report.direction);
    let told = best(std::iter::once(&facts.direction).chain(reports)).map(|claim| *claim.value());
    let dialled = members.iter().any(|member| member.leg.dialled) && !is_of_person;
    told.or(dialled.then_some(Direction::Outbound))
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegView {
    pub role: Role,
    /// A phone joins when it is dialled.
    pub joined_at: Option<Timestamp>,
    /// In the room, or the carrier's call SID.
    pub identity: Option<String>,
    pub number: Option<PhoneNumber>,
    pub answered_at: Option<Timestamp>,
    pub left_at: Option<Timestamp>,
    pub outcome: Option<LegOutcome>,
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

    /// In the order in which they joined.
    pub fn legs(&self) -> Vec<LegView> {
        let (cast, over) = (Participants::of(self), self.rooms_closed_at());
        let mut legs: Vec<LegView> = cast
            .members
            .iter()
            .map(|member| member.view(over))
            .collect();
        // If a room shows phones, the carrier's unlinked leg is one of them.
        if cast.phones().next().is_none() {
            legs.extend(
                self.reports
                    .iter()
                    .filter(|(_, report)| report.is_phone)
                    .map(of_carrier),
            );
        }
        legs.sort_by(|one, other| {
            (one.joined_at.is_none(), one.joined_at, one).cmp(&(
                other.joined_at.is_none(),
                other.joined_at,
                other,
            ))
        });
        legs
    }

    /// Whether the phone's keys and its carrier's verdict count for the call.
    pub fn is_principal(&self, key: &LegKey) -> bool {
        let cast = Participants::of(self);
        cast.members
            .iter()
            .any(|member| member.key == key && matches!(member.role, Role::Caller | Role::Callee))
    }

    /// The dialled-in legs of the room, and the legs that another leg dialled, each with a stable
    /// name.
    pub fn transfers(&self) -> Vec<(String, LegView)> {
        let (cast, over) = (Participants::of(self), self.rooms_closed_at());
        let colleagues = cast
            .members
            .iter()
            .filter(|member| member.role == Role::Colleague);
        let of_room = colleagues.map(|member| (member.key.as_str().to_owned(), member.view(over)));
        let dialled = self.reports.iter().filter(|(_, report)| report.was_dialled);
        let of_carriers = dialled.map(|told| (format!("c{}", told.0), of_carrier(told)));
        of_room.chain(of_carriers).collect()
    }
}

fn of_carrier((sid, report): (&String, &Report)) -> LegView {
    let role = match report.direction.get() {
        _ if report.was_dialled => Role::Colleague,
        Some(Direction::Outbound) => Role::Callee,
        _ => Role::Caller,
    };
    let verdict = report.verdict.get().copied().map(LegOutcome::from);
    LegView {
        role,
        joined_at: report
            .started
            .get()
            .copied()
            .or(report.ringing.get())
            .or(report.answered.get()),
        identity: Some(sid.clone()),
        number: report.number.get().cloned(),
        answered_at: report.answered.get(),
        left_at: report.hangup.get().map(|hangup| hangup.at),
        outcome: report
            .is_answered()
            .then_some(LegOutcome::Connected)
            .or(verdict),
    }
}
