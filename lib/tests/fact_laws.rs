//! The laws that facts keep, for registers of every content: a merge is commutative, associative and
//! idempotent, and nothing merged changes nothing.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use proptest::{option, prelude::*};
use ringpost::domain::{
    facts::{Direction, Facts, Leaving},
    phone::PhoneNumber,
    register::{Claim, Earliest, EarliestTime, Latest},
    timestamp::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};

/// So few moments that many claims are about the same one.
fn moment() -> impl Strategy<Value = Timestamp> {
    (0..3_i64).prop_map(|seconds| Timestamp::from_seconds(seconds).expect("a time"))
}

/// Claims that agree in some of rank, time and value more often than not.
fn claim<T: Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Option<Claim<T>>> {
    option::of((0..3_u8, moment(), value).prop_map(|(rank, at, value)| Claim::new(rank, at, value)))
}

fn word() -> impl Strategy<Value = String> {
    "[ab]{1,2}"
}

fn latest<T: Ord + Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Latest<T>> {
    claim(value).prop_map(Latest::claimed)
}

fn earliest<T: Ord + Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Earliest<T>> {
    claim(value).prop_map(Earliest::claimed)
}

fn earliest_time() -> impl Strategy<Value = EarliestTime> {
    option::of(moment()).prop_map(EarliestTime::claimed)
}

fn number() -> impl Strategy<Value = PhoneNumber> {
    "\\+1510555012[01]".prop_map(|text| PhoneNumber::parse(&text).expect("a number"))
}

fn leaving() -> impl Strategy<Value = Leaving> {
    (option::of(word()), option::of(word()), any::<bool>())
        .prop_map(|(reason, identity, connected)| Leaving { reason, identity, connected })
}

prop_compose! {
    fn facts()(
        (room_name, room_sid, sip_call_id, campaign_id, recording_url) in
            (latest(word()), latest(word()), latest(word()), latest(word()), latest(word())),
        (phone_number, line_number) in (latest(number()), latest(number())),
        direction in latest(prop_oneof![Just(Direction::Inbound), Just(Direction::Outbound)]),
        (first_event, room_created, joined) in (earliest_time(), earliest_time(), earliest_time()),
        (ringing, answered, room_finished) in (earliest_time(), earliest_time(), earliest_time()),
        has_phone: bool,
        phone_left in latest(leaving()),
        standard_left in earliest(leaving()),
    ) -> Facts {
        // Without `..`, so that a new fact cannot be forgotten here.
        Facts {
            room_name, room_sid, sip_call_id, phone_number, line_number, direction, campaign_id,
            recording_url, first_event, room_created, joined, ringing, answered, has_phone, phone_left,
            standard_left, room_finished,
        }
    }
}

/// Checks every law for three values.
fn check<T: Clone + Debug + PartialEq + Default>(
    merge: impl Fn(&T, &T) -> T,
    [a, b, c]: [&T; 3],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(merge(a, b), merge(b, a), "the order matters");
    prop_assert_eq!(merge(&merge(a, b), c), merge(a, &merge(b, c)), "the grouping matters");
    prop_assert_eq!(&merge(a, a), a, "a repetition matters");
    prop_assert_eq!(&merge(&merge(a, b), b), &merge(a, b), "a later repetition matters");
    prop_assert_eq!(&merge(a, &T::default()), a, "nothing matters");
    prop_assert_eq!(&merge(&T::default(), a), a, "nothing is not empty");
    Ok(())
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).expect("JSON")).expect("the value again")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_latest_claim_wins_however_claims_are_merged(
        a in latest(word()), b in latest(word()), c in latest(word()),
    ) {
        let merge = |a: &Latest<String>, b: &Latest<String>| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        prop_assert!(merge(&a, &b).claim() >= a.claim());
    }

    #[test]
    fn the_earliest_claim_wins_however_claims_are_merged(
        a in earliest(word()), b in earliest(word()), c in earliest(word()),
    ) {
        let merge = |a: &Earliest<String>, b: &Earliest<String>| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        if let (Some(merged), Some(a)) = (merge(&a, &b).claim(), a.claim()) {
            prop_assert!(merged.at() <= a.at());
        }
    }

    #[test]
    fn the_earliest_time_wins_however_times_are_merged(
        a in earliest_time(), b in earliest_time(), c in earliest_time(),
    ) {
        let merge = |a: &EarliestTime, b: &EarliestTime| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        prop_assert!(a.get().is_none_or(|a_time| merge(&a, &b).get() <= Some(a_time)));
    }

    #[test]
    fn facts_keep_every_law(a in facts(), b in facts(), c in facts()) {
        let merge = |a: &Facts, b: &Facts| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
    }

    #[test]
    fn facts_survive_storage(a in facts(), b in facts()) {
        prop_assert_eq!(&round_trip(&a), &a);
        let mut merged = a.clone();
        merged.merge(b.clone());
        let mut stored = round_trip(&a);
        stored.merge(round_trip(&b));
        prop_assert_eq!(stored, merged);
    }
}
