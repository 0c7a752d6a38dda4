//! The values that a call shows: each combines the reports of all sources.

use crate::domain::{
    call::{agent_status::StatusWord, direction::Direction, outcome::Outcome},
    key::EventKey,
    phone::PhoneNumber,
    timestamp::Timestamp,
};
use std::collections::BTreeSet;

use super::{
    claims::{Claim, Latest, best},
    facts::{FROM_ROOM_NAME, Facts},
    participants::{Participant, Participants},
};

impl Facts {
    /// Of the first room, if the call was in several.
    pub fn room_sid(&self) -> Option<&str> {
        let first = self
            .rooms
            .iter()
            .min_by_key(|(sid, room)| (room.created.is_empty(), room.created.get(), *sid));
        first
            .map(|(sid, _)| sid)
            .or(self.room_sid.get())
            .map(String::as_str)
    }

    pub fn was_in(&self, room_sid: &str) -> bool {
        self.rooms.get(room_sid).is_some()
            || self.room_sid.get().is_some_and(|known| known == room_sid)
    }

    /// Whether both calls have rooms and no room in common: then they are two calls.
    pub fn are_in_other_rooms(&self, other: &Self) -> bool {
        let sids = |facts: &'_ Self| -> Vec<String> {
            facts
                .rooms
                .iter()
                .map(|(sid, _)| sid)
                .chain(facts.room_sid.get())
                .cloned()
                .collect()
        };
        let (ours, theirs) = (sids(self), sids(other));
        !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|sid| theirs.contains(sid))
    }

    pub fn room_created(&self) -> Option<Timestamp> {
        let rooms = self.rooms.iter().filter_map(|(_, room)| room.created.get());
        rooms.chain(self.room_created.get()).min()
    }

    /// Whether only an empty room is known until now: the first participant may show the owner.
    pub fn may_learn_owner(&self) -> bool {
        let no_participant =
            self.legs.is_empty() && self.reports.is_empty() && self.talks.is_empty();
        let nothing = self.conversation_id.is_empty() && self.call_sid.is_empty();
        no_participant && nothing && !self.has_phone && self.ending().is_none()
    }

    /// Whether the directory can be asked for the owner.
    pub fn names_owner(&self) -> bool {
        self.line_number().is_some() || self.agent_id().is_some()
    }

    pub fn direction(&self) -> Option<Direction> {
        Participants::of(self).direction
    }

    /// The number of the other side.
    pub fn phone_number(&self) -> Option<&PhoneNumber> {
        self.number(&self.phone_number, Participant::number, |report| {
            &report.number
        })
        .map(|(_, number)| number)
    }

    /// The number of the other side, unless it is only the number in the room's name: a room that
    /// is named after our line shows our number.
    pub fn other_side(&self) -> Option<&PhoneNumber> {
        let (rank, number) = self.number(&self.phone_number, Participant::number, |report| {
            &report.number
        })?;
        let is_ours = rank == FROM_ROOM_NAME && self.line_number() == Some(number);
        (!is_ours).then_some(number)
    }

    /// Our own number, by which the directory finds the owner.
    pub fn line_number(&self) -> Option<&PhoneNumber> {
        self.number(&self.line_number, Participant::line, |report| &report.line)
            .map(|(_, number)| number)
    }

    fn number<'a>(
        &'a self,
        whole: &'a Latest<PhoneNumber>,
        of_member: impl Fn(&Participant<'a>) -> Option<&'a PhoneNumber>,
        of_report: impl Fn(&'a super::report::Report) -> &'a Latest<PhoneNumber>,
    ) -> Option<(u8, &'a PhoneNumber)> {
        let participants = Participants::of(self);
        let reported = best(
            self.reporters(&participants)
                .into_iter()
                .map(of_report)
                .chain([whole]),
        );
        let known = participants
            .principal()
            .and_then(|participant| Some((participant.rank(), of_member(participant)?)));
        match (known, reported) {
            (Some(known), Some(claim)) if known.0 >= claim.rank() => Some(known),
            (Some(known), None) => Some(known),
            (_, reported) => reported.map(|claim| (claim.rank(), claim.value())),
        }
    }

    /// The SIP call id of the principal's phone.
    pub fn sip_call_id(&self) -> Option<&str> {
        let participants = Participants::of(self);
        participants
            .principal()
            .and_then(Participant::sip_call)
            .or(self.sip_call_id.get())
            .map(String::as_str)
    }

    /// The carrier's call SID of the principal's phone.
    pub fn call_sid(&self) -> Option<&str> {
        let participants = Participants::of(self);
        let is_linked = |sid: &String| self.legs.iter().any(|(_, leg)| leg.call_sids.contains(sid));
        let unlinked = || {
            let sids = self.reports.iter().filter(|(sid, _)| !is_linked(sid));
            sids.max_by_key(|(sid, report)| (report.is_answered(), std::cmp::Reverse(*sid)))
                .map(|(sid, _)| sid)
        };
        let reported = || self.call_sid.get().filter(|sid| !is_linked(sid));
        participants
            .principal()
            .and_then(Participant::call_sid)
            .or_else(reported)
            .or_else(unlinked)
            .map(String::as_str)
    }

    /// Whether an id names one of the call's legs.
    pub fn names_leg(&self, id: &str) -> bool {
        let of_legs =
            |ids: &super::leg::Leg| ids.sip_calls.contains(id) || ids.call_sids.contains(id);
        let whole = [&self.sip_call_id, &self.call_sid]
            .into_iter()
            .filter_map(Latest::get);
        self.legs.iter().any(|(_, leg)| of_legs(leg))
            || self.reports.get(id).is_some()
            || whole.into_iter().any(|known| known == id)
    }

    pub fn has_leg_ids(&self) -> bool {
        let of_leg = |leg: &super::leg::Leg| !leg.sip_calls.is_empty() || !leg.call_sids.is_empty();
        !(self.sip_call_id.is_empty() && self.call_sid.is_empty() && self.reports.is_empty())
            || self.legs.iter().any(|(_, leg)| of_leg(leg))
    }

    pub fn conversation_id(&self) -> Option<&String> {
        self.talk().map(|(id, _)| id).or(self.conversation_id.get())
    }

    pub fn agent_id(&self) -> Option<&String> {
        self.talk()
            .and_then(|(_, talk)| talk.agent_id.get())
            .or(self.agent_id.get())
    }

    pub fn transcript(&self) -> Option<&EventKey> {
        self.talk()
            .and_then(|(_, talk)| talk.transcript.get())
            .or(self.transcript.get())
    }

    /// The latest report, in snake case.
    pub fn results(&self) -> Option<&BTreeSet<String>> {
        let talk = self.talk().map(|(_, talk)| &talk.results);
        best(talk.into_iter().chain([&self.results])).map(Claim::value)
    }

    /// The call may continue after it.
    pub fn conversation_ended_at(&self) -> Option<Timestamp> {
        let talk = self.talk().and_then(|(_, talk)| talk.ended.get());
        talk.or(self.conversation_ended.get()).copied()
    }

    /// When a deciding phone was first seen ringing.
    pub fn ringing_at(&self) -> Option<Timestamp> {
        let participants = Participants::of(self);
        let phones = participants
            .deciding_phones()
            .filter_map(Participant::ringing_at);
        let reported = self.reporters(&participants);
        let reported = reported.iter().filter_map(|report| report.ringing.get());
        phones.chain(reported).chain(self.ringing.get()).min()
    }

    /// When a deciding phone was first seen answered.
    pub fn answered_at(&self) -> Option<Timestamp> {
        let participants = Participants::of(self);
        let phones = participants
            .deciding_phones()
            .filter_map(Participant::answered_at);
        let reported = self.reporters(&participants);
        let reported = reported.iter().filter_map(|report| report.answered.get());
        phones.chain(reported).chain(self.answered.get()).min()
    }

    /// Why the call failed, in the provider's words.
    pub fn failure_reason(&self) -> Option<&str> {
        let participants = Participants::of(self);
        let reported = self
            .reporters(&participants)
            .into_iter()
            .map(|report| &report.failure)
            .chain([&self.failure_reason]);
        let reported = best(reported).map(|claim| claim.value().as_str());
        reported.or_else(|| self.ending()?.failure())
    }

    /// The status as the call status document names it: ElevenLabs' own, unless other reports show
    /// that the call progressed further.
    pub fn status_word(&self) -> StatusWord {
        let (reported, observed) = (
            self.agent_status.get().map(|status| status.word),
            self.observed_status(),
        );
        reported
            .filter(|word| word.is_terminal() || word.progress() >= observed.progress())
            .unwrap_or(observed)
    }

    /// The status as the carrier, the room and the dialer show it.
    fn observed_status(&self) -> StatusWord {
        if self.ending().is_some() {
            return match self.outcome() {
                Some(Outcome::Completed) => StatusWord::Completed,
                Some(Outcome::NoAnswer) => StatusWord::NoAnswer,
                Some(Outcome::Busy) => StatusWord::Busy,
                Some(Outcome::Failed) => StatusWord::Failed,
                None => StatusWord::Ended,
            };
        }
        if self.answered_at().is_some() {
            StatusWord::Answered
        } else if self.ringing_at().is_some() {
            StatusWord::Ringing
        } else {
            StatusWord::Initiated
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        bounded::{BoundedMap, BoundedSet},
        call::{
            agent_status::AgentStatus,
            claims::{Claim, EarliestTime, Latest},
            leg::{Leg, LegKey},
            report::{ConversationReport, Hangup, Report, RoomSpan},
        },
        timestamp::Timestamp,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn reported(word: StatusWord) -> Facts {
        let status = AgentStatus {
            word,
            event: EventKey::of("elevenlabs-call-status", "1"),
        };
        let agent_status = Latest::claimed(Some(Claim::new(word.progress(), at(100), status)));
        Facts {
            agent_status,
            ..Facts::default()
        }
    }

    fn hung_up(verdict: Option<Outcome>) -> Facts {
        let hangup = Hangup {
            at: at(160),
            reason: None,
        };
        Facts {
            hangup: Latest::claimed(Some(Claim::new(3, at(160), hangup))),
            verdict: Latest::claimed(verdict.map(|verdict| Claim::new(3, at(160), verdict))),
            ..Facts::default()
        }
    }

    #[test]
    fn without_elevenlabs_the_call_itself_shows_its_status() {
        let mut facts = Facts::default();
        assert_eq!(facts.status_word(), StatusWord::Initiated);
        facts.ringing = EarliestTime::claimed(Some(at(101)));
        assert_eq!(facts.status_word(), StatusWord::Ringing);
        facts.answered = EarliestTime::claimed(Some(at(105)));
        assert_eq!(facts.status_word(), StatusWord::Answered);
        for (verdict, word) in [
            (None, StatusWord::Ended),
            (Some(Outcome::Completed), StatusWord::Completed),
            (Some(Outcome::NoAnswer), StatusWord::NoAnswer),
            (Some(Outcome::Busy), StatusWord::Busy),
            (Some(Outcome::Failed), StatusWord::Failed),
        ] {
            assert_eq!(hung_up(verdict).status_word(), word);
        }
    }

    #[test]
    fn a_report_of_elevenlabs_counts_until_later_reports() {
        let mut facts = reported(StatusWord::Ringing);
        assert_eq!(facts.status_word(), StatusWord::Ringing);
        facts.answered = EarliestTime::claimed(Some(at(105)));
        assert_eq!(facts.status_word(), StatusWord::Answered);
        facts.merge(hung_up(Some(Outcome::Completed)));
        assert_eq!(facts.status_word(), StatusWord::Completed);
        let mut unreachable = reported(StatusWord::Unreachable);
        unreachable.merge(hung_up(Some(Outcome::NoAnswer)));
        assert_eq!(unreachable.status_word(), StatusWord::Unreachable);
        let mut ended = reported(StatusWord::Ended);
        ended.merge(hung_up(Some(Outcome::Completed)));
        assert_eq!(ended.status_word(), StatusWord::Ended);
    }

    fn latest(text: &str) -> Latest<String> {
        Latest::claimed(Some(Claim::new(0, at(1), text.to_owned())))
    }

    fn in_room(sid: &str) -> Facts {
        Facts {
            rooms: BoundedMap::of(sid.to_owned(), RoomSpan::default()),
            ..Facts::default()
        }
    }

    fn of_earlier_version(sid: &str) -> Facts {
        Facts {
            room_sid: latest(sid),
            ..Facts::default()
        }
    }

    #[test]
    fn calls_are_in_other_rooms_if_both_have_rooms_and_none_in_common() {
        for one in [in_room("RM_1"), of_earlier_version("RM_1")] {
            assert!(one.was_in("RM_1") && !one.was_in("RM_2"));
            for (other, apart) in [
                (in_room("RM_1"), false),
                (of_earlier_version("RM_1"), false),
                (in_room("RM_2"), true),
                (of_earlier_version("RM_2"), true),
                (Facts::default(), false),
            ] {
                assert_eq!(one.are_in_other_rooms(&other), apart, "{other:?}");
                assert_eq!(other.are_in_other_rooms(&one), apart, "{other:?}");
            }
        }
        assert!(!Facts::default().was_in("RM_1"));
    }

    fn with_leg(leg: Leg) -> Facts {
        Facts {
            legs: BoundedMap::of(LegKey::phone("a"), leg),
            ..Facts::default()
        }
    }

    #[test]
    fn a_leg_is_named_by_any_of_its_ids() {
        let ids = || BoundedSet::of(["id-1".to_owned()]);
        for facts in [
            with_leg(Leg {
                sip_calls: ids(),
                ..Leg::default()
            }),
            with_leg(Leg {
                call_sids: ids(),
                ..Leg::default()
            }),
            Facts {
                reports: BoundedMap::of("id-1".to_owned(), Report::default()),
                ..Facts::default()
            },
            Facts {
                sip_call_id: latest("id-1"),
                ..Facts::default()
            },
            Facts {
                call_sid: latest("id-1"),
                ..Facts::default()
            },
        ] {
            assert!(facts.has_leg_ids(), "{facts:?}");
            assert!(
                facts.names_leg("id-1") && !facts.names_leg("id-2"),
                "{facts:?}"
            );
        }
        for facts in [Facts::default(), with_leg(Leg::default()), in_room("RM_1")] {
            assert!(
                !facts.has_leg_ids() && !facts.names_leg("id-1"),
                "{facts:?}"
            );
        }
    }

    #[test]
    fn only_an_empty_room_may_still_learn_its_owner() {
        for facts in [Facts::default(), in_room("RM_1")] {
            assert!(facts.may_learn_owner() && !facts.names_owner(), "{facts:?}");
        }
        for facts in [
            with_leg(Leg::default()),
            Facts {
                reports: BoundedMap::of("CA1".to_owned(), Report::default()),
                ..Facts::default()
            },
            Facts {
                talks: BoundedMap::of("conv_1".to_owned(), ConversationReport::default()),
                ..Facts::default()
            },
            Facts {
                conversation_id: latest("conv_1"),
                ..Facts::default()
            },
            Facts {
                call_sid: latest("CA1"),
                ..Facts::default()
            },
            Facts {
                has_phone: true,
                ..Facts::default()
            },
            Facts {
                room_finished: EarliestTime::claimed(Some(at(9))),
                ..Facts::default()
            },
        ] {
            assert!(!facts.may_learn_owner(), "{facts:?}");
        }
    }

    #[test]
    fn the_directory_knows_owners_by_our_number_and_by_the_agent() {
        let line = PhoneNumber::parse("+18588796658");
        let of_line = Facts {
            line_number: Latest::claimed(Some(Claim::new(0, at(1), line.unwrap()))),
            ..Facts::default()
        };
        let of_agent = Facts {
            agent_id: latest("agent_1"),
            ..Facts::default()
        };
        assert!(of_line.names_owner() && of_agent.names_owner());
    }
}
