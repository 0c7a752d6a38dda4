//! How a call ended, when, and with which outcome: computed from its facts. docs/who-ends-a-call.md has
//! the rules, with the sequences that they come from.

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
    /// As a record tells it that was written before legs were kept.
    LeftBefore(&'a Leaving),
    HungUp(&'a Hangup),
    /// Only the closing of the room or the end of the conversation is known.
    Closed,
    /// Nobody reported an end, and nothing was heard of the call any more.
    Silent,
}

/// The reason of a call that was closed because nobody reported its end.
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

    /// The identity of whose leaving ended it, if one did.
    pub fn identity(&self) -> Option<&'a str> {
        match self.how {
            How::Left { identity, .. } => Some(identity).filter(|identity| !identity.is_empty()),
            How::LeftBefore(leaving) => leaving.identity.as_deref(),
            How::HungUp(_) | How::Closed | How::Silent => None,
        }
    }

    /// Why the call failed, where Ringpost itself closed it.
    pub(super) fn failure(&self) -> Option<&'static str> {
        (self.how == How::Silent).then_some(NO_END_REPORTED)
    }

    /// The provider's reason, as it spells it; Ringpost's own where it closed the call.
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
    /// How the call ended. `None` while it goes on.
    ///
    /// The first who can tell decides: the phones of its room, its carrier, the persons of its room,
    /// the closing of the room, the end of its conversation. Whoever closes calls of which nothing was
    /// heard any more stands after all of them.
    ///
    /// A phone that a room shows is there until the room tells its leaving or is closed: its carrier may
    /// tell the end a moment earlier, but less exactly, and customers would be told twice.
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

    /// The last of the phones that answered has left. If nobody answered, the last attempt is over, and
    /// nobody is there to make another: an agent who has not reached anybody may dial again.
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
        // If only the closing of its room is known of the last one, its carrier may know more.
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

    /// Whoever knows the call's carrier tells that it was hung up. Of several legs those decide that
    /// were answered, once all of them are over.
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

    /// The last person has left. Who never came in ends nothing while the room may let him in.
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

    /// Without a room, and unless its carrier will tell more, a call ends with its conversation: one that
    /// hands the caller over ends before the call does.
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

    /// Nothing was heard of the call any more. A carrier that reported its end knows better, though its
    /// room still shows a phone.
    fn by_silence(&self) -> Option<Ending<'_>> {
        let since = self.silent_since.get()?;
        self.by_carrier().or(Some(Ending {
            at: since,
            how: How::Silent,
        }))
    }

    /// When all rooms that are known were closed.
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

    /// The legs of carriers that count, where no phone of a room is known to be them.
    fn counting_reports(&self) -> Vec<&Report> {
        let (answered, others): (Vec<_>, Vec<_>) =
            self.unlinked().partition(|report| report.is_answered());
        if answered.is_empty() {
            others
        } else {
            answered
        }
    }

    /// The conversation that counts: of two of one call the longer one, for the other never came about.
    pub(super) fn talk(&self) -> Option<(&String, &ConversationReport)> {
        let length = |talk: &ConversationReport| talk.report.seconds.get().copied();
        self.talks.iter().max_by(|(one, a), (other, b)| {
            (length(a), a.ended.claim(), one).cmp(&(length(b), b.ended.claim(), other))
        })
    }

    fn talk_report(&self) -> Option<&Report> {
        self.talk().map(|(_, talk)| &talk.report)
    }

    /// All who may tell of the call as a whole: of the phone whose call it is, of legs that are no
    /// phone's, and of its conversation.
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

    /// When the call started: with its room, as somebody else told, with the first person in it, or so
    /// long before its end as it is told to have lasted.
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

    /// When the call started, as others than its room tell it.
    pub fn start_told(&self) -> Option<Timestamp> {
        self.told(&Participants::of(self), &self.started, |report| {
            &report.started
        })
        .copied()
    }

    /// How many seconds it lasted, as others than its room tell it.
    pub fn stated_seconds(&self) -> Option<u64> {
        self.reported_seconds(&Participants::of(self)).copied()
    }

    /// The outcome, as providers that judge calls tell it.
    pub fn verdict_told(&self) -> Option<Outcome> {
        self.verdict(&Participants::of(self))
    }

    /// Whether a phone has the call: then persons end nothing.
    pub fn is_phone_call(&self) -> bool {
        Participants::of(self).is_phone_call(self)
    }

    /// From start to end, in milliseconds: the room's span where one is known, else what was told.
    pub fn duration_millis(&self) -> Option<u64> {
        let cast = Participants::of(self);
        self.duration_of(&cast, self.ending_of(&cast)?)
    }

    fn duration_of(&self, cast: &Participants<'_>, ending: Ending<'_>) -> Option<u64> {
        if let (None, Some(seconds)) = (self.room_created(), self.reported_seconds(cast)) {
            return Some(seconds.saturating_mul(1_000));
        }
        let start = match (self.room_created(), ending.how) {
            // Ringing is no duration: a carrier's call lasts from the answer on.
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

    /// The outcome of the ended call; `None` while it goes on or when nothing decides.
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
                // Not told by who only tells the end; but who saw it begin would have seen the answer.
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

    /// Whether anybody is known, or may be taken, to have been in the room that was closed.
    fn may_have_met(&self, cast: &Participants<'_>) -> bool {
        let talked = || self.conversation_ended_at().is_some() || self.transcript().is_some();
        !self.has_room()
            || cast.members.iter().any(Member::may_have_been_there)
            || self.joined.get().is_some()
            || self.is_answered(cast)
            || talked()
    }
}
