//! How a call ended, when, and with which outcome: computed from its facts. docs/who-ends-a-call.md
//! has the rules and the sequences that they come from.

use super::{
    claims::{Claim, Latest, best},
    facts::{BY_RULE, Facts, LegacyDisconnection},
    leg::Disconnection,
    outcome::{End, Outcome, Rule},
    participants::{Departure, Participant, Participants, Role},
    report::{ConversationReport, Report},
};
use crate::domain::{
    call::{direction::Direction, report::Hangup},
    timestamp::Timestamp,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    pub at: Timestamp,
    cause: EndCause<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndCause<'a> {
    Left {
        left: &'a Disconnection,
        identity: &'a str,
        connected: bool,
    },
    /// From a record of an earlier version, which kept no legs.
    BeforeLegs(&'a LegacyDisconnection),
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
    fn of(departure: Departure<'a>, participant: &Participant<'a>, connected: bool) -> Self {
        let cause = match departure {
            Departure::Left(left) => EndCause::Left {
                left,
                identity: participant.key.identity(),
                connected,
            },
            Departure::HungUp(hangup) => EndCause::HungUp(hangup),
            Departure::Closed(_) => EndCause::Closed,
        };
        Self {
            at: departure.at(),
            cause,
        }
    }

    fn before(claim: &'a Claim<LegacyDisconnection>) -> Self {
        Self {
            at: claim.at(),
            cause: EndCause::BeforeLegs(claim.value()),
        }
    }

    fn closed(at: Timestamp) -> Self {
        Self {
            at,
            cause: EndCause::Closed,
        }
    }

    /// The identity of the participant whose leaving ended the call.
    pub fn identity(&self) -> Option<&'a str> {
        match self.cause {
            EndCause::Left { identity, .. } => {
                Some(identity).filter(|identity| !identity.is_empty())
            }
            EndCause::BeforeLegs(leaving) => leaving.identity.as_deref(),
            EndCause::HungUp(_) | EndCause::Closed | EndCause::Silent => None,
        }
    }

    /// Whether a carrier, the agent platform or a dialer reported it, and not the room.
    pub(super) fn is_hangup(&self) -> bool {
        matches!(self.cause, EndCause::HungUp(_))
    }

    /// Why the call failed, if Ringpost itself closed it.
    pub(super) fn failure(&self) -> Option<&'static str> {
        (self.cause == EndCause::Silent).then_some(NO_END_REPORTED)
    }

    /// The provider's reason in its spelling; Ringpost's own if it closed the call.
    pub fn reason(&self) -> Option<&'a str> {
        match self.cause {
            EndCause::Left { left, .. } => left.reason(),
            EndCause::BeforeLegs(leaving) => leaving.reason.as_deref(),
            EndCause::HungUp(hangup) => hangup.reason.as_deref(),
            EndCause::Closed => None,
            EndCause::Silent => Some(NO_TERMINAL_EVENT),
        }
    }
}

/// The latest departure of those that were answered, or of those that were not.
fn last_departure<'a: 'b, 'b>(
    participants: impl Iterator<Item = &'b Participant<'a>>,
    answered: bool,
    over: Option<Timestamp>,
) -> Option<Ending<'a>> {
    participants
        .filter(|participant| participant.is_answered() == answered)
        .filter_map(|participant| Some((participant.departure(over)?, participant)))
        // LiveKit reports whole seconds. Within one, the connections decide, and not the participants' names.
        .max_by_key(|(departure, participant)| {
            let (left, joined) = (departure.disconnection(), participant.last_joined_at());
            (departure.at(), joined, left)
        })
        .map(|(departure, participant)| Ending::of(departure, participant, answered))
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

    fn ending_of<'a>(&'a self, participants: &Participants<'a>) -> Option<Ending<'a>> {
        let with_room = || self.rooms_closed_at().map(Ending::closed);
        self.by_phones(participants)
            .or_else(|| {
                self.by_carrier()
                    .filter(|_| !self.shows_phone(participants))
            })
            .or_else(|| self.by_persons(participants))
            .or_else(with_room)
            .or_else(|| self.with_conversation())
            .or_else(|| self.by_silence())
    }

    /// The last of the phones that answered has left. If none answered, the last attempt is over
    /// and no agent or person is present who could dial again.
    fn by_phones<'a>(&'a self, participants: &Participants<'a>) -> Option<Ending<'a>> {
        let over = self.rooms_closed_at();
        if self.legs_overflowed || self.shows_phone(participants) {
            return None;
        }
        let departure = |answered| last_departure(participants.deciding_phones(), answered, over);
        // If only the closing of the room is known, the carrier may know more.
        let is_reported = |ending: &Ending<'a>| ending.cause != EndCause::Closed;
        let before = self
            .phone_left
            .claim()
            .filter(|left| self.was_of_caller(left))
            .map(Ending::before);
        let answered = departure(true)
            .into_iter()
            .chain(before)
            .max_by_key(|ending| ending.at);
        let last = answered.or_else(|| {
            departure(false).filter(|_| over.is_some() || !self.may_dial_again(participants))
        });
        last.filter(is_reported)
    }

    fn shows_phone(&self, participants: &Participants<'_>) -> bool {
        let over = self.rooms_closed_at();
        participants
            .deciding_phones()
            .any(|phone| phone.is_present(over))
    }

    fn may_dial_again(&self, participants: &Participants<'_>) -> bool {
        let machine = self
            .machine_joined
            .get()
            .is_some_and(|joined| self.machine_left.get() < Some(joined));
        participants.direction != Some(Direction::Inbound)
            && (machine || participants.persons().any(|person| person.is_present(None)))
    }

    fn was_of_caller(&self, left: &Claim<LegacyDisconnection>) -> bool {
        let rule = self.direction.claim();
        let by_rule = rule
            .is_some_and(|claim| *claim.value() == Direction::Inbound && claim.rank() >= BY_RULE);
        !by_rule || left.rank() >= BY_RULE
    }

    /// The carrier reported the hangup. Of several legs the answered ones decide, once all of them
    /// are over.
    fn by_carrier(&self) -> Option<Ending<'_>> {
        let legs = self.counting_reports();
        let is_ongoing = legs
            .iter()
            .any(|report| report.is_ongoing() && report.is_answered());
        let of_legs = legs.into_iter().filter(|_| !is_ongoing);
        let reported = best(
            of_legs
                .chain(self.talk_report())
                .map(|report| &report.hangup)
                .chain([&self.hangup]),
        );
        reported.map(|claim| Ending {
            at: claim.value().at,
            cause: EndCause::HungUp(claim.value()),
        })
    }

    /// The last person has left. A person who never got in ends nothing while the room is open.
    fn by_persons<'a>(&'a self, participants: &Participants<'a>) -> Option<Ending<'a>> {
        let over = self.rooms_closed_at();
        if participants.is_phone_call(self)
            || self.legs_overflowed
            || participants.persons().any(|person| person.is_present(over))
        {
            return None;
        }
        let departure = |answered| last_departure(participants.persons(), answered, over);
        let before = self.standard_left.claim().map(Ending::before);
        let left = departure(true)
            .into_iter()
            .chain(before)
            .max_by_key(|ending| ending.at);
        left.or_else(|| departure(false).filter(|_| over.is_some()))
    }

    /// Without a room, a call ends with its conversation, unless its carrier will report more: an
    /// agent that hands the caller over ends its conversation before the call ends.
    fn with_conversation(&self) -> Option<Ending<'_>> {
        let is_ongoing = self.reports.iter().any(|(_, report)| report.is_ongoing());
        let ended = self
            .talk()
            .map(|(_, talk)| &talk.ended)
            .filter(|ended| !ended.is_empty());
        let ended = ended.unwrap_or(&self.conversation_ended).get();
        ended
            .filter(|_| !self.has_room() && !is_ongoing)
            .copied()
            .map(Ending::closed)
    }

    /// No event arrived for hours. If a carrier reported the end, that counts even though the room
    /// still shows a phone.
    fn by_silence(&self) -> Option<Ending<'_>> {
        let since = self.silent_since.get()?;
        self.by_carrier().or(Some(Ending {
            at: since,
            cause: EndCause::Silent,
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
    pub(super) fn reporters<'a>(&'a self, participants: &Participants<'a>) -> Vec<&'a Report> {
        let principal = participants
            .principal()
            .into_iter()
            .flat_map(Participant::reports)
            .copied();
        principal
            .chain(self.counting_reports())
            .chain(self.talk_report())
            .collect()
    }

    fn reported<'a, T: Ord + 'a>(
        &'a self,
        participants: &Participants<'a>,
        whole: &'a Latest<T>,
        of: impl Fn(&'a Report) -> &'a Latest<T>,
    ) -> Option<&'a T> {
        best(
            self.reporters(participants)
                .into_iter()
                .map(of)
                .chain([whole]),
        )
        .map(Claim::value)
    }

    /// When the call started: the room's creation, else a reported start, else when the first
    /// person joined, else the end minus the reported duration.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started_at_of(&Participants::of(self))
    }

    fn started_at_of(&self, participants: &Participants<'_>) -> Option<Timestamp> {
        let reported = || {
            self.reported(participants, &self.started, |report| &report.started)
                .copied()
        };
        let before_end = || {
            self.ending_of(participants)?
                .at
                .minus_seconds(*self.reported_seconds(participants)?)
        };
        self.room_created()
            .or_else(reported)
            .or_else(|| self.joined_at_of(participants))
            .or_else(before_end)
    }

    fn joined_at_of(&self, participants: &Participants<'_>) -> Option<Timestamp> {
        let all = participants
            .all
            .iter()
            .filter(|participant| participant.role != Role::DialledIn);
        all.filter_map(Participant::joined_at)
            .chain(self.joined.get())
            .min()
    }

    fn reported_seconds<'a>(&'a self, participants: &Participants<'a>) -> Option<&'a u64> {
        self.reported(participants, &self.reported_seconds, |report| {
            &report.seconds
        })
    }

    fn verdict(&self, participants: &Participants<'_>) -> Option<Outcome> {
        self.reported(participants, &self.verdict, |report| &report.verdict)
            .copied()
    }

    /// The start that a source other than the room reported.
    pub fn reported_start(&self) -> Option<Timestamp> {
        self.reported(&Participants::of(self), &self.started, |report| {
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
        let participants = Participants::of(self);
        self.duration_of(&participants, self.ending_of(&participants)?)
    }

    fn duration_of(&self, participants: &Participants<'_>, ending: Ending<'_>) -> Option<u64> {
        if let Some(seconds) = self.deciding_seconds(participants) {
            return Some(seconds.saturating_mul(1_000));
        }
        let start = match (self.room_created(), ending.cause) {
            // Ringing does not count: a carrier's call lasts from the answer on.
            (None, EndCause::HungUp(_)) if !self.is_answered(participants) => return None,
            (None, EndCause::HungUp(_)) => self
                .answered_at()
                .or_else(|| self.started_at_of(participants))?,
            _ => self.started_at_of(participants)?,
        };
        Some(ending.at.millis_since(start))
    }

    /// The reported duration, if it is the call's: a room measures more exactly.
    pub(super) fn deciding_seconds(&self, participants: &Participants<'_>) -> Option<u64> {
        let seconds = self.reported_seconds(participants).copied();
        seconds.filter(|_| self.room_created().is_none())
    }

    fn is_answered(&self, participants: &Participants<'_>) -> bool {
        self.answered_at().is_some()
            || self.reported_seconds(participants).is_some()
            || self.verdict(participants) == Some(Outcome::Completed)
    }

    /// `None` while the call is ongoing, or when nothing decides.
    pub fn outcome(&self) -> Option<Outcome> {
        self.rule().outcome()
    }

    /// The rule that decides the outcome.
    pub fn rule(&self) -> Rule {
        let participants = Participants::of(self);
        let Some(ending) = self.ending_of(&participants) else {
            return Rule::Ongoing;
        };
        if ending.cause == EndCause::Silent {
            return Rule::Silent;
        }
        Rule::decide(End {
            reason: ending.reason(),
            verdict: self.verdict(&participants),
            duration_millis: self.duration_of(&participants, ending),
            connected: match ending.cause {
                EndCause::Left { connected, .. } => connected,
                EndCause::BeforeLegs(leaving) => leaving.connected,
                // A source that only reports the end does not report the answer; one that reported
                // the start would have.
                EndCause::HungUp(_) => {
                    let began = self
                        .reported(&participants, &self.started, |report| &report.started)
                        .is_some();
                    self.is_answered(&participants) || (self.ringing_at().is_none() && !began)
                }
                EndCause::Closed | EndCause::Silent => self.may_have_been_attended(&participants),
            },
        })
    }

    /// Whether someone was, or may have been, in the room that was closed.
    fn may_have_been_attended(&self, participants: &Participants<'_>) -> bool {
        let talked = || self.conversation_ended_at().is_some() || self.transcript().is_some();
        !self.has_room()
            || participants
                .all
                .iter()
                .any(Participant::may_have_been_present)
            || self.joined.get().is_some()
            || self.is_answered(participants)
            || talked()
    }
}

#[cfg(test)]
mod tests;
