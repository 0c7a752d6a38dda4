//! The roles of phones and persons, and when each has left.

use super::*;
use crate::domain::{
    bounded::{BoundedMap, BoundedSet},
    call::{
        claims::{EarliestTime, FirstLast, Highest, Latest},
        tests::at,
    },
};

/// A leg that joined at this second.
fn joined(second: i64) -> Leg {
    Leg {
        joined: FirstLast::of(Some(at(second))),
        ..Leg::default()
    }
}

fn dialled(second: i64) -> Leg {
    Leg {
        dialled: true,
        ..joined(second)
    }
}

fn by_rule(second: i64) -> Leg {
    Leg {
        by_rule: true,
        ..joined(second)
    }
}

fn answered(leg: Leg, second: i64) -> Leg {
    Leg {
        answered: EarliestTime::claimed(Some(at(second))),
        ..leg
    }
}

fn left(leg: Leg, second: i64) -> Leg {
    let since = leg.joined.last();
    let left = Disconnection::new(at(second), since, Some("CLIENT_INITIATED".to_owned()));
    Leg {
        left: Highest::of(Some(left)),
        ..leg
    }
}

fn facts(legs: &[(LegKey, Leg)]) -> Facts {
    let mut facts = Facts::default();
    for (key, leg) in legs {
        facts.legs.merge(BoundedMap::of(key.clone(), leg.clone()));
    }
    facts
}

fn directed(facts: Facts, rank: u8, direction: Direction) -> Facts {
    Facts {
        direction: Latest::of(rank, at(1), Some(direction)),
        ..facts
    }
}

fn phone(name: &str) -> LegKey {
    LegKey::phone(name)
}

/// The roles of the phones, by their names.
fn roles(facts: &Facts) -> Vec<(String, Role)> {
    Participants::of(facts)
        .phones()
        .map(|phone| (phone.key.identity().to_owned(), phone.role))
        .collect()
}

fn named(roles: &[(&str, Role)]) -> Vec<(String, Role)> {
    roles
        .iter()
        .map(|(name, role)| ((*name).to_owned(), *role))
        .collect()
}

#[test]
fn a_lone_phone_is_a_caller_unless_it_was_dialled() {
    use Role::{Callee, Caller, DialledIn};
    let one = |leg| facts(&[(phone("a"), leg)]);
    for (facts, role) in [
        (one(joined(5)), Caller),
        (one(by_rule(5)), Caller),
        (one(dialled(5)), Callee),
        (directed(one(joined(5)), 1, Direction::Outbound), Callee),
        (directed(one(joined(5)), 1, Direction::Inbound), Caller),
        (
            directed(one(joined(5)), BY_RULE, Direction::Inbound),
            DialledIn,
        ),
        (
            directed(one(by_rule(5)), BY_RULE, Direction::Inbound),
            Caller,
        ),
        (directed(one(dialled(5)), 1, Direction::Inbound), DialledIn),
        (
            directed(one(joined(5)), BY_RULE, Direction::Outbound),
            Callee,
        ),
    ] {
        assert_eq!(roles(&facts), named(&[("a", role)]), "{facts:?}");
    }
}

#[test]
fn beside_a_caller_whom_a_rule_let_in_every_phone_was_dialled_in() {
    let call = facts(&[
        (phone("a"), by_rule(5)),
        (phone("b"), joined(6)),
        (phone("c"), dialled(7)),
    ]);
    let expected = [
        ("a", Role::Caller),
        ("b", Role::DialledIn),
        ("c", Role::DialledIn),
    ];
    assert_eq!(roles(&call), named(&expected));
    let participants = Participants::of(&call);
    let deciding: Vec<_> = participants
        .deciding_phones()
        .map(|phone| phone.key)
        .collect();
    assert_eq!(deciding, [&phone("a")]);
    assert!(call.is_principal(&phone("a")));
    assert!(!call.is_principal(&phone("b")) && !call.is_principal(&phone("x")));
}

#[test]
fn a_phone_that_is_dialled_after_an_answer_is_dialled_in_while_that_phone_is_there() {
    use Role::{Callee, DialledIn};
    for (second_joins, first_leaves, role) in [
        (9, None, Callee),
        (10, None, Callee),
        (11, None, DialledIn),
        (11, Some(12), DialledIn),
        (12, Some(12), DialledIn),
        (13, Some(12), Callee),
    ] {
        let first = answered(dialled(5), 10);
        let first = match first_leaves {
            Some(second) => left(first, second),
            None => first,
        };
        let call = facts(&[(phone("a"), first), (phone("b"), dialled(second_joins))]);
        assert_eq!(
            roles(&call),
            named(&[("a", Callee), ("b", role)]),
            "{second_joins} {first_leaves:?}"
        );
        let participants = Participants::of(&call);
        assert_eq!(
            participants.deciding_phones().count(),
            2,
            "both are on the line"
        );
    }
}

#[test]
fn it_is_a_persons_call_if_every_phone_was_dialled_after_the_person_came() {
    let person = || (LegKey::person("ann"), joined(5));
    let with = |leg| facts(&[person(), (phone("a"), leg)]);
    let of_person = with(dialled(6));
    assert_eq!(roles(&of_person), named(&[("a", Role::DialledIn)]));
    assert!(!of_person.is_phone_call());
    assert_eq!(of_person.direction(), None);
    assert_eq!(Participants::of(&of_person).deciding_phones().count(), 0);
    let reported = Facts {
        reports: BoundedMap::of("CA1".to_owned(), Report::default()),
        ..of_person.clone()
    };
    let has_phone = Facts {
        has_phone: true,
        ..of_person.clone()
    };
    for other in [
        with(dialled(5)),
        with(dialled(4)),
        with(joined(6)),
        with(Leg {
            dialled: true,
            ..by_rule(6)
        }),
        facts(&[(phone("a"), dialled(6))]),
        facts(&[person(), (phone("a"), dialled(6)), (phone("b"), joined(7))]),
        directed(of_person, 1, Direction::Outbound),
        has_phone,
        reported,
    ] {
        assert!(other.is_phone_call(), "{other:?}");
        let all = roles(&other);
        assert!(
            all.iter().any(|(_, role)| *role != Role::DialledIn),
            "{other:?}"
        );
    }
    let nobody_dialled = facts(&[person()]);
    assert!(!nobody_dialled.is_phone_call());
}

/// When the phone "a" left, if the room was closed at `over`.
fn departed(facts: &Facts, over: Option<i64>) -> Option<Timestamp> {
    let participants = Participants::of(facts);
    let phone = participants.phones().next()?;
    Some(phone.departure(over.map(at))?.at())
}

#[test]
fn a_phone_has_left_when_its_room_says_so_or_is_closed_or_its_carrier_reports_the_end() {
    let linked = |leg: Leg| Leg {
        call_sids: BoundedSet::of(["CA1".to_owned()]),
        ..leg
    };
    let report = |ended: Option<i64>| Report {
        by_carrier: true,
        hangup: Latest::of(
            1,
            at(1),
            ended.map(|second| Hangup {
                at: at(second),
                reason: None,
            }),
        ),
        ..Report::default()
    };
    let call = |leg: Leg, ended: Option<i64>| Facts {
        reports: BoundedMap::of("CA1".to_owned(), report(ended)),
        ..facts(&[(phone("a"), linked(leg))])
    };
    for (leg, ended, over, expected) in [
        (joined(5), None, None, None),
        (joined(5), None, Some(20), Some(20)),
        (joined(5), None, Some(5), Some(5)),
        (joined(5), None, Some(4), None),
        (joined(5), Some(15), None, None),
        (joined(5), Some(15), Some(20), Some(15)),
        (left(joined(5), 12), Some(15), Some(20), Some(12)),
        (Leg::default(), Some(15), None, Some(15)),
        (Leg::default(), None, None, None),
    ] {
        let facts = call(leg, ended);
        assert_eq!(
            departed(&facts, over).map(Timestamp::as_seconds),
            expected,
            "{facts:?}"
        );
    }
}

#[test]
fn a_phone_that_another_sender_calls_a_person_is_one_participant_and_both_must_agree() {
    let call = |of_phone, of_person| {
        facts(&[
            (phone("a"), of_phone),
            (LegKey::person("a"), of_person),
            (phone("b"), joined(1)),
        ])
    };
    let gone = call(left(joined(5), 12), left(joined(5), 13));
    let participants = Participants::of(&gone);
    assert_eq!(participants.all.len(), 2);
    let first = participants.phones().next().unwrap();
    assert!(first.is_known_as(&phone("a")) && first.is_known_as(&LegKey::person("a")));
    assert!(!first.is_known_as(&phone("b")));
    let other = participants.phones().nth(1).unwrap();
    assert!(other.is_known_as(&phone("b")) && !other.is_known_as(&LegKey::person("b")));
    assert_eq!(departed(&gone, None), Some(at(13)));
    let back = call(left(joined(5), 12), joined(14));
    assert_eq!(departed(&back, None), None, "it joined after it had left");
    let at_once = call(left(joined(5), 12), joined(12));
    assert_eq!(departed(&at_once, None), Some(at(12)));
    let nameless = facts(&[(phone(""), joined(5)), (LegKey::person(""), joined(6))]);
    assert_eq!(Participants::of(&nameless).all.len(), 2);
}

#[test]
fn a_participant_may_have_been_present_if_it_answered_or_joined_without_ringing() {
    let missed = Leg {
        missed: Highest::of(Some(Disconnection::new(at(9), None, None))),
        ..joined(5)
    };
    let ringing = Leg {
        ringing: EarliestTime::claimed(Some(at(6))),
        ..joined(5)
    };
    for (leg, may) in [
        (joined(5), true),
        (Leg::default(), false),
        (ringing.clone(), false),
        (answered(ringing, 7), true),
        (missed, false),
    ] {
        let facts = facts(&[(phone("a"), leg)]);
        let participants = Participants::of(&facts);
        let phone = participants.phones().next().unwrap();
        assert_eq!(phone.may_have_been_present(), may, "{facts:?}");
        let rank = phone.rank();
        assert_eq!(rank, 1);
    }
    let let_in = facts(&[(phone("a"), by_rule(5))]);
    let participants = Participants::of(&let_in);
    assert_eq!(participants.phones().next().unwrap().rank(), BY_RULE);
}
