//! How a call ended, when, and with which outcome: computed from its facts. docs/who-ends-a-call.md
//! has the rules and the sequences that they come from.

use super::{
    claims::{Claim, Latest, best},
    facts::{BY_RULE, Facts, Leaving},
    leg::Left,
    outcome::{End, Outcome},
    participants::{Gone, Member, Participants, Role},
    report::{ConversationReport, Report},
};
use crate::domain::{
    call::{direction::Direction, report::Hangup},
    timestamp::Timestamp,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    pub at: Timestamp,
    how: How<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How<'a> {
    Left {
        left: &'a Left,
        identity: &'a str,
        connected: bool,
    },
    /// From a record of an earlier version, which kept no legs.
    LeftBefore(&'a Leaving),
    HungUp(&'a Hangup),
    /// Only the closing of the room or the end of the conversation is known.
    Closed,
    /// No event reported an end, and no event arrived for hours.
    Silent,
}

/// The reason of a call whose end no event reported.
const NO_TERMINAL_EVENT: &str = "NO_TERMINAL_EVENT";
const NO_END_REPORTED: &str = "No event reported the end of the call";

impl<'a> Ending<'a> {
    fn of(gone: Gone<'a>, member: &Member<'a>, connected: bool) -> Self {
        let how = match gone {
            Gone::Left(left) => How::Left {
                left,
                identity: member.key.identity(),
                connected,
            },
            Gone::HungUp(hangup) => How::HungUp(hangup),
            Gone::Closed(_) => How::Closed,
        };
        Self { at: gone.at(), how }
    }

    fn before(claim: &'a Claim<Leaving>) -> Self {
        Self {
            at: claim.at(),
            how: How::LeftBefore(claim.value()),
        }
    }

    fn closed(at: Timestamp) -> Self {
        Self {
            at,
            how: How::Closed,
        }
    }

    /// The identity of the participant whose leaving ended the call.
    pub fn identity(&self) -> Option<&'a str> {
        match self.how {
            How::Left { identity, .. } => Some(identity).filter(|identity| !identity.is_empty()),
            How::LeftBefore(leaving) => leaving.identity.as_deref(),
            How::HungUp(_) | How::Closed | How::Silent => None,
        }
    }

    /// Why the call failed, if Ringpost itself closed it.
    pub(super) fn failure(&self) -> Option<&'static str> {
        (self.how == How::Silent).then_some(NO_END_REPORTED)
    }

    /// The provider's reason in its spelling; Ringpost's own if it closed the call.
    pub fn reason(&self) -> Option<&'a str> {
        match self.how {
            How::Left { left, .. } => left.reason(),
            How::LeftBefore(leaving) => leaving.reason.as_deref(),
            How::HungUp(hangup) => hangup.reason.as_deref(),
            How::Closed => None,
            How::Silent => Some(NO_TERMINAL_EVENT),
        }
    }
}

impl Facts {
    /// How the call ended; `None` while it is ongoing.
    ///
    /// The first of these that knows the end decides: the phones of the room, the carrier, the
    /// persons of the room, the closing of the room, the end of the conversation, and last the
    /// sweep that closes silent calls.
    ///
    /// A phone in a room is present until the room reports its leaving or is closed. Its carrier
    /// may report the end a moment earlier but less exactly; using that would announce the end
    /// twice.
    pub fn ending(&self) -> Option<Ending<'_>> {
        self.ending_of(&Participants::of(self))
    }

    fn ending_of<'a>(&'a self, cast: &Participants<'a>) -> Option<Ending<'a>> {
        let with_room = || self.rooms_closed_at().map(Ending::closed);
        self.by_phones(cast)
            .or_else(|| self.by_carrier().filter(|_| !self.shows_phone(cast)))
            .or_else(|| self.by_persons(cast))
            .or_else(with_room)
            .or_else(|| self.with_conversation())
            .or_else(|| self.by_silence())
    }

    /// The last of the phones that answered has left. If none answered, the last attempt is over
    /// and no agent or person is present who could dial again.
    fn by_phones<'a>(&'a self, cast: &Participants<'a>) -> Option<Ending<'a>> {
        let over = self.rooms_closed_at();
        if self.crowded || self.shows_phone(cast) {
            return None;
        }
        let gone = |answered: bool| {
            let phones = cast
                .deciding_phones()
                .filter(move |phone| phone.is_answered() == answered);
            let gone =
                phones.filter_map(|phone| Some(Ending::of(phone.gone(over)?, phone, answered)));
            gone.max_by_key(|ending| ending.at)
        };
        // If only the closing of the room is known, the carrier may know more.
        let is_told = |ending: &Ending<'a>| ending.how != How::Closed;
        let before = self
            .phone_left
            .claim()
            .filter(|left| self.was_the_callers(left))
            .map(Ending::before);
        let answered = gone(true)
            .into_iter()
            .chain(before)
            .max_by_key(|ending| ending.at);
        let last = answered
            .or_else(|| gone(false).filter(|_| over.is_some() || !self.may_dial_again(cast)));
        last.filter(is_told)
    }

    fn shows_phone(&self, cast: &Participants<'_>) -> bool {
        let over = self.rooms_closed_at();
        cast.deciding_phones().any(|phone| phone.is_there(over))
    }

    fn may_dial_again(&self, cast: &Participants<'_>) -> bool {
        let machine = self
            .machine_joined
            .get()
            .is_some_and(|joined| self.machine_left.get() < Some(joined));
        cast.direction != Some(Direction::Inbound)
            && (machine || cast.persons().any(|person| person.is_there(None)))
    }

    fn was_the_callers(&self, left: &Claim<Leaving>) -> bool {
        let rule = self.direction.claim();
        let by_rule = rule
            .is_some_and(|claim| *claim.value() == Direction::Inbound && claim.rank() >= BY_RULE);
        !by_rule || left.rank() >= BY_RULE
    }

    /// The carrier reported the hangup. Of several legs the answered ones decide, once all of them
    /// are over.
    fn by_carrier(&self) -> Option<Ending<'_>> {
        let legs = self.counting_reports();
        let goes_on = legs
            .iter()
            .any(|report| report.goes_on() && report.is_answered());
        let of_legs = legs.into_iter().filter(|_| !goes_on);
        let told = best(
            of_legs
                .chain(self.talk_report())
                .map(|report| &report.hangup)
                .chain([&self.hangup]),
        );
        told.map(|claim| Ending {
            at: claim.value().at,
            how: How::HungUp(claim.value()),
        })
    }

    /// The last person has left. A person who never got in ends nothing while the room is open.
    fn by_persons<'a>(&'a self, cast: &Participants<'a>) -> Option<Ending<'a>> {
        let over = self.rooms_closed_at();
        if cast.is_phone_call(self)
            || self.crowded
            || cast.persons().any(|person| person.is_there(over))
        {
            return None;
        }
        let gone = |came: bool| {
            let persons = cast
                .persons()
                .filter(move |person| person.is_answered() == came);
            let gone =
                persons.filter_map(|person| Some(Ending::of(person.gone(over)?, person, came)));
            gone.max_by_key(|ending| ending.at)
        };
        let before = self.standard_left.claim().map(Ending::before);
        let left = gone(true)
            .into_iter()
            .chain(before)
            .max_by_key(|ending| ending.at);
        left.or_else(|| gone(false).filter(|_| over.is_some()))
    }

    /// Without a room, a call ends with its conversation, unless its carrier will report more: an
    /// agent that hands the caller over ends its conversation before the call ends.
    fn with_conversation(&self) -> Option<Ending<'_>> {
        let goes_on = self.reports.iter().any(|(_, report)| report.goes_on());
        let ended = self
            .talk()
            .map(|(_, talk)| &talk.ended)
            .filter(|ended| !ended.is_empty());
        let ended = ended.unwrap_or(&self.conversation_ended).get();
        ended
            .filter(|_| !self.has_room() && !goes_on)
            .copied()
            .map(Ending::closed)
    }

    /// No event arrived for hours. If a carrier reported the end, that counts even though the room
    /// still shows a phone.
    fn by_silence(&self) -> Option<Ending<'_>> {
        let since = self.silent_since.get()?;
        self.by_carrier().or(Some(Ending {
            at: since,
            how: How::Silent,
        }))
    }

    /// When all known rooms were closed.
    pub(super) fn rooms_closed_at(&self) -> Option<Timestamp> {
        let all: Option<Vec<_>> = self
            .rooms
            .iter()
            .map(|(_, room)| room.finished.get())
            .collect();
        let of_rooms = all.and_then(|times| times.into_iter().max());
        of_rooms.max(self.room_finished.get())
    }

    pub(super) fn has_room(&self) -> bool {
        !(self.rooms.is_empty() && self.room_sid.is_empty() && self.room_name.is_empty())
    }

    /// The carriers' legs that count: those that belong to no phone of a room.
    fn counting_reports(&self) -> Vec<&Report> {
        let (answered, others): (Vec<_>, Vec<_>) =
            self.unlinked().partition(|report| report.is_answered());
        if answered.is_empty() {
            others
        } else {
            answered
        }
    }

    /// Of two conversations of one call, the longer one counts: the other was never established.
    pub(super) fn talk(&self) -> Option<(&String, &ConversationReport)> {
        let length = |talk: &ConversationReport| talk.report.seconds.get().copied();
        self.talks.iter().max_by(|(one, a), (other, b)| {
            (length(a), a.ended.claim(), one).cmp(&(length(b), b.ended.claim(), other))
        })
    }

    fn talk_report(&self) -> Option<&Report> {
        self.talk().map(|(_, talk)| &talk.report)
    }

    /// The reports about the call as a whole: those about the principal's phone, about legs without
    /// a phone in the room, and about the conversation.
    pub(super) fn reporters<'a>(&'a self, cast: &Participants<'a>) -> Vec<&'a Report> {
        let principal = cast
            .principal()
            .into_iter()
            .flat_map(Member::reports)
            .copied();
        principal
            .chain(self.counting_reports())
            .chain(self.talk_report())
            .collect()
    }

    fn told<'a, T: Ord + 'a>(
        &'a self,
        cast: &Participants<'a>,
        whole: &'a Latest<T>,
        of: impl Fn(&'a Report) -> &'a Latest<T>,
    ) -> Option<&'a T> {
        best(self.reporters(cast).into_iter().map(of).chain([whole])).map(Claim::value)
    }

    /// When the call started: the room's creation, else a reported start, else when the first
    /// person joined, else the end minus the reported duration.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started_at_of(&Participants::of(self))
    }

    fn started_at_of(&self, cast: &Participants<'_>) -> Option<Timestamp> {
        let told = || {
            self.told(cast, &self.started, |report| &report.started)
                .copied()
        };
        let before_end = || {
            self.ending_of(cast)?
                .at
                .minus_seconds(*self.reported_seconds(cast)?)
        };
        self.room_created()
            .or_else(told)
            .or_else(|| self.joined_at_of(cast))
            .or_else(before_end)
    }

    fn joined_at_of(&self, cast: &Participants<'_>) -> Option<Timestamp> {
        let members = cast
            .members
            .iter()
            .filter(|member| member.role != Role::Colleague);
        members
            .filter_map(Member::joined_at)
            .chain(self.joined.get())
            .min()
    }

    fn reported_seconds<'a>(&'a self, cast: &Participants<'a>) -> Option<&'a u64> {
        self.told(cast, &self.reported_seconds, |report| &report.seconds)
    }

    fn verdict(&self, cast: &Participants<'_>) -> Option<Outcome> {
        self.told(cast, &self.verdict, |report| &report.verdict)
            .copied()
    }

    /// The start that a source other than the room reported.
    pub fn reported_start(&self) -> Option<Timestamp> {
        self.told(&Participants::of(self), &self.started, |report| {
            &report.started
        })
        .copied()
    }

    /// The duration that a source other than the room reported.
    pub fn stated_seconds(&self) -> Option<u64> {
        self.reported_seconds(&Participants::of(self)).copied()
    }

    pub fn reported_verdict(&self) -> Option<Outcome> {
        self.verdict(&Participants::of(self))
    }

    /// In a phone call, persons end nothing.
    pub fn is_phone_call(&self) -> bool {
        Participants::of(self).is_phone_call(self)
    }

    /// In milliseconds, from the room's creation to the end; without a room, the reported duration.
    pub fn duration_millis(&self) -> Option<u64> {
        let cast = Participants::of(self);
        self.duration_of(&cast, self.ending_of(&cast)?)
    }

    fn duration_of(&self, cast: &Participants<'_>, ending: Ending<'_>) -> Option<u64> {
        if let (None, Some(seconds)) = (self.room_created(), self.reported_seconds(cast)) {
            return Some(seconds.saturating_mul(1_000));
        }
        let start = match (self.room_created(), ending.how) {
            // Ringing does not count: a carrier's call lasts from the answer on.
            (None, How::HungUp(_)) if !self.is_answered(cast) => return None,
            (None, How::HungUp(_)) => self.answered_at().or_else(|| self.started_at_of(cast))?,
            _ => self.started_at_of(cast)?,
        };
        Some(ending.at.millis_since(start))
    }

    fn is_answered(&self, cast: &Participants<'_>) -> bool {
        self.answered_at().is_some()
            || self.reported_seconds(cast).is_some()
            || self.verdict(cast) == Some(Outcome::Completed)
    }

    /// `None` while the call is ongoing, or when nothing decides.
    pub fn outcome(&self) -> Option<Outcome> {
        let cast = Participants::of(self);
        let ending = self.ending_of(&cast)?;
        if ending.how == How::Silent {
            return Some(Outcome::Failed);
        }
        Outcome::decide(End {
            reason: ending.reason(),
            verdict: self.verdict(&cast),
            duration_millis: self.duration_of(&cast, ending),
            connected: match ending.how {
                How::Left { connected, .. } => connected,
                How::LeftBefore(leaving) => leaving.connected,
                // A source that only reports the end does not report the answer; one that reported
                // the start would have.
                How::HungUp(_) => {
                    let began = self
                        .told(&cast, &self.started, |report| &report.started)
                        .is_some();
                    self.is_answered(&cast) || (self.ringing_at().is_none() && !began)
                }
                How::Closed | How::Silent => self.may_have_met(&cast),
            },
        })
    }

    /// Whether someone was, or may have been, in the room that was closed.
    fn may_have_met(&self, cast: &Participants<'_>) -> bool {
        let talked = || self.conversation_ended_at().is_some() || self.transcript().is_some();
        !self.has_room()
            || cast.members.iter().any(Member::may_have_been_there)
            || self.joined.get().is_some()
            || self.is_answered(cast)
            || talked()
    }
}
