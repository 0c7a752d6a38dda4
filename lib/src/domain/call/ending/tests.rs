//! Ends, durations and outcomes of calls of which each fact is set by hand.

use super::*;
use crate::domain::{
    bounded::BoundedMap,
    call::{
        claims::{EarliestTime, FirstLast, Highest},
        leg::{Leg, LegKey},
        report::RoomSpan,
        tests::at,
    },
    key::EventKey,
};

fn latest<T: Ord>(value: T) -> Latest<T> {
    Latest::of(1, at(1), Some(value))
}

fn when(second: i64) -> EarliestTime {
    EarliestTime::claimed(Some(at(second)))
}

fn hung_up(second: i64) -> Latest<Hangup> {
    latest(Hangup {
        at: at(second),
        reason: None,
    })
}

/// Ends at 30; it began at 10, as far as its carrier knows.
fn of_carrier() -> Facts {
    Facts {
        started: latest(at(10)),
        hangup: hung_up(30),
        ..Facts::default()
    }
}

#[test]
fn a_carriers_call_lasts_from_the_answer_and_not_at_all_without_one() {
    for (facts, millis, outcome) in [
        (of_carrier(), None, Outcome::NoAnswer),
        (
            Facts {
                answered: when(12),
                ..of_carrier()
            },
            Some(18_000),
            Outcome::Completed,
        ),
        (
            Facts {
                reported_seconds: latest(17),
                ..of_carrier()
            },
            Some(17_000),
            Outcome::Completed,
        ),
        (
            Facts {
                verdict: latest(Outcome::Completed),
                ..of_carrier()
            },
            Some(20_000),
            Outcome::Completed,
        ),
        (
            Facts {
                verdict: latest(Outcome::Busy),
                ..of_carrier()
            },
            None,
            Outcome::Busy,
        ),
    ] {
        assert_eq!(facts.duration_millis(), millis, "{facts:?}");
        assert_eq!(facts.outcome(), Some(outcome), "{facts:?}");
    }
}

#[test]
fn a_hangup_of_unknown_beginning_may_have_been_answered_unless_it_rang() {
    let ended = |ringing: EarliestTime| Facts {
        hangup: hung_up(30),
        ringing,
        ..Facts::default()
    };
    assert_eq!(ended(EarliestTime::default()).rule(), Rule::Undecided);
    assert_eq!(ended(when(11)).rule(), Rule::NeverConnected);
}

#[test]
fn a_room_is_known_by_its_span_its_sid_or_its_name() {
    let span = RoomSpan::default();
    assert!(!Facts::default().has_room());
    for facts in [
        Facts {
            rooms: BoundedMap::of("RM_1".to_owned(), span),
            ..Facts::default()
        },
        Facts {
            room_sid: latest("RM_1".to_owned()),
            ..Facts::default()
        },
        Facts {
            room_name: latest("room".to_owned()),
            ..Facts::default()
        },
    ] {
        assert!(facts.has_room(), "{facts:?}");
    }
}

#[test]
fn a_room_that_was_closed_held_a_call_only_if_something_shows_a_person() {
    let closed = || Facts {
        room_name: latest("room".to_owned()),
        room_created: when(0),
        room_finished: when(60),
        ..Facts::default()
    };
    assert_eq!(closed().outcome(), Some(Outcome::NoAnswer));
    for facts in [
        Facts {
            joined: when(1),
            ..closed()
        },
        Facts {
            answered: when(1),
            ..closed()
        },
        Facts {
            conversation_ended: latest(at(50)),
            ..closed()
        },
        Facts {
            transcript: latest(EventKey::of("elevenlabs", "conv_1")),
            ..closed()
        },
    ] {
        assert_eq!(facts.outcome(), Some(Outcome::Completed), "{facts:?}");
        assert_eq!(facts.duration_millis(), Some(60_000));
    }
}

#[test]
fn a_call_that_fell_silent_has_failed_unless_a_carrier_reported_its_end() {
    let silent = Facts {
        silent_since: when(50),
        ..Facts::default()
    };
    let ending = silent.ending().unwrap();
    assert_eq!(
        (ending.at, ending.reason()),
        (at(50), Some(NO_TERMINAL_EVENT))
    );
    assert_eq!(ending.failure(), Some(NO_END_REPORTED));
    assert_eq!(silent.outcome(), Some(Outcome::Failed));
    let room_is_open = Facts {
        legs: BoundedMap::of(
            LegKey::phone("ann"),
            Leg {
                joined: FirstLast::of(Some(at(1))),
                ..Leg::default()
            },
        ),
        hangup: hung_up(30),
        ..silent
    };
    let ending = room_is_open.ending().unwrap();
    assert_eq!((ending.at, ending.is_hangup()), (at(30), true));
    assert_eq!(ending.failure(), None);
    let still_open = Facts {
        silent_since: EarliestTime::default(),
        ..room_is_open
    };
    assert_eq!(still_open.ending(), None, "the room shows a phone");
}

#[test]
fn only_a_hangup_is_one() {
    let by_room = Facts {
        room_name: latest("room".to_owned()),
        room_finished: when(60),
        ..Facts::default()
    };
    assert!(!by_room.ending().unwrap().is_hangup());
    assert!(of_carrier().ending().unwrap().is_hangup());
}

#[test]
fn a_machine_dials_again_while_it_is_in_the_room_of_a_call_that_is_not_inbound() {
    for (joined, left, direction, may) in [
        (None, None, None, false),
        (Some(10), None, None, true),
        (Some(10), Some(9), None, true),
        (Some(10), Some(10), None, false),
        (Some(10), Some(11), None, false),
        (Some(10), None, Some(Direction::Outbound), true),
        (Some(10), None, Some(Direction::Inbound), false),
    ] {
        let highest = |second: Option<i64>| Highest::of(second.map(at));
        let facts = Facts {
            machine_joined: highest(joined),
            machine_left: highest(left),
            direction: Latest::of(BY_RULE, at(1), direction),
            ..Facts::default()
        };
        let participants = Participants::of(&facts);
        assert_eq!(facts.may_dial_again(&participants), may, "{facts:?}");
    }
}

/// Records of earlier versions hold the last leaving of a phone, of any role.
#[test]
fn in_an_inbound_call_only_the_leaving_of_a_phone_that_a_rule_let_in_counts() {
    for (direction, rank_of_direction, rank, counts) in [
        (None, 0, 0, true),
        (Some(Direction::Outbound), BY_RULE, 0, true),
        (Some(Direction::Inbound), BY_RULE - 1, 0, true),
        (Some(Direction::Inbound), BY_RULE, BY_RULE - 1, false),
        (Some(Direction::Inbound), BY_RULE, BY_RULE, true),
    ] {
        let facts = Facts {
            direction: Latest::of(rank_of_direction, at(1), direction),
            ..Facts::default()
        };
        let leaving = LegacyDisconnection {
            reason: None,
            identity: None,
            connected: true,
        };
        let left = Claim::new(rank, at(20), leaving);
        assert_eq!(facts.was_of_caller(&left), counts, "{direction:?} {rank}");
    }
}

#[test]
fn a_call_of_an_earlier_version_starts_when_its_first_participant_joined() {
    let facts = Facts {
        joined: when(5),
        ..Facts::default()
    };
    assert_eq!(facts.started_at(), Some(at(5)));
}
